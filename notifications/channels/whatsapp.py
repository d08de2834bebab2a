from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from integrations.credentials import Credentials
from integrations.models import WhatsAppTemplate
from integrations.services import WhatsAppClient
from integrations.whatsapp.lenient import storable
from integrations.whatsapp.messages import parse_send_response, template_message, text_message
from integrations.whatsapp_templates import format_template_components, get_template_structure
from notifications import secrets
from notifications.channels.base import Held, Ready, Receipt, Skipped, Verdict
from notifications.holds import template_ref
from notifications.languages import choose
from notifications.models import Contact, DeliveryAttempt, Notification
from notifications.tokens import callback_data

FALLBACK_LANGUAGE = "en_US"


@dataclass(frozen=True, slots=True)
class WhatsAppRun:
    client: WhatsAppClient

    @property
    def fingerprint(self) -> str:
        return self.client.credentials.fingerprint

    def send(self, ready: Ready) -> Receipt:
        answer = self.client.send(ready.payload)
        return Receipt(parse_send_response(answer).wamid, storable(answer))


class WhatsAppChannel:
    def prepare(
        self, attempts: Sequence[DeliveryAttempt], overrides: Mapping[int, Mapping[str, Any]] | None = None
    ) -> tuple[dict[int, Verdict], WhatsAppRun | None]:
        client = WhatsAppClient()
        gates = _Gates(attempts, client.credentials, client, overrides or {})
        return {attempt.pk: _verdict(gates, attempt) for attempt in attempts}, WhatsAppRun(client)


def _verdict(gates: _Gates, attempt: DeliveryAttempt) -> Verdict:
    """What cannot be built is skipped alone; the rest of its batch leaves."""
    try:
        return gates.verdict(attempt)
    except ValueError as problem:
        return Skipped(str(problem))


class _Gates:
    """What is asked of the database once for a whole batch."""

    def __init__(
        self,
        attempts: Sequence[DeliveryAttempt],
        credentials: Credentials,
        client: WhatsAppClient,
        overrides: Mapping[int, Mapping[str, Any]],
    ) -> None:
        self.credentials, self.client, self.overrides = credentials, client, overrides
        messages = [attempt.notification for attempt in attempts]
        self.rows: dict[str, list[WhatsAppTemplate]] = defaultdict(list)
        rows = WhatsAppTemplate.objects.filter(name__in={message.template_name for message in messages})
        for row in rows.filter(waba_id=credentials.waba_id) if credentials.waba_id else rows:
            self.rows[row.name].append(row)
        contacts = Contact.objects.filter(phone__in={message.recipient_phone for message in messages})
        self.contacts = {(contact.tenant_id, contact.phone): contact for contact in contacts}
        wanted = [ref for message in messages for ref in _refs(message).values()]
        self.values = secrets.resolve(wanted) if wanted else {}

    def verdict(self, attempt: DeliveryAttempt) -> Verdict:
        message = attempt.notification
        if not settings.ENABLE_WHATSAPP_NOTIFICATIONS:
            return Skipped("WhatsApp is switched off: ENABLE_WHATSAPP_NOTIFICATIONS is false.")
        if not (message.tenant.is_active and message.tenant.whatsapp_enabled):
            return Skipped(f"WhatsApp is switched off for {message.tenant.name}.")
        if self.client.client is None:
            return Held("credentials", self.credentials.fingerprint, self.client.problem)
        sender = self.credentials.phone_number_id
        if message.sender not in ("", sender):
            return Skipped(f"There are no credentials for the number {message.sender}.")
        data = callback_data(attempt.token)
        if message.message_type == Notification.MessageType.TEXT:
            return Ready(text_message(message.recipient_phone, message.body, data), sender)
        return self._template(attempt, message, sender, data)

    def _template(self, attempt: DeliveryAttempt, message: Notification, sender: str, data: str) -> Verdict:
        contact = self.contacts.get((message.tenant_id, message.recipient_phone))
        approved = {row.language: row for row in self.rows[message.template_name] if row.status == "APPROVED"}
        row = approved.get(choose(self._languages(message, contact), approved) or "")
        if row is None:
            ref = template_ref(message.template_name, self.credentials.waba_id, approved)
            return Held("template", ref, self._why_not(message.template_name))
        if row.category == "MARKETING" and not (contact and contact.marketing_consent):
            return Skipped("A marketing template goes only to people who agreed to marketing messages.")
        secret = {name: self.values[ref] for name, ref in _refs(message).items() if ref in self.values}
        secret |= self.overrides.get(attempt.pk, {})
        if gone := [name for name in message.secrets if name not in secret]:
            return Skipped(f"The {' and the '.join(gone)} it was to carry is no longer valid.")
        components = format_template_components(message.template_name, message.template_parameters | secret)
        payload = template_message(message.recipient_phone, row.name, row.language, components, data)
        return Ready(payload, sender, row.language)

    def _languages(self, message: Notification, contact: Contact | None) -> list[str]:
        person = getattr(message.recipient, "language", "") if message.recipient else ""
        known = (contact.language if contact else "", person, message.tenant.default_language, FALLBACK_LANGUAGE)
        return [language for language in (message.template_language, *known) if language]

    def _why_not(self, name: str) -> str:
        rows = self.rows[name]
        if not rows:
            known = "" if get_template_structure(name) else " and is not defined here"
            return f"Template {name} is not known at Meta{known}: run manage.py sync_whatsapp_templates."
        states = ", ".join(
            f"{row.status} in {row.language}" + (f" ({row.rejection_reason})" if row.rejection_reason else "")
            for row in rows
        )
        return f"Template {name} is {states}: its messages wait until Meta approves it."


def _refs(message: Notification) -> dict[str, secrets.SecretRef]:
    return {name: secrets.SecretRef(*ref) for name, ref in message.secrets.items()}
