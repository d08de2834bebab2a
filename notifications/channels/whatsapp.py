from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from integrations.models import WhatsAppTemplate
from integrations.numbers import numbers
from integrations.services import WhatsAppClient
from integrations.template_rows import rows_of
from integrations.whatsapp.lenient import storable
from integrations.whatsapp.messages import (
    interactive_message,
    media_message,
    parse_send_response,
    template_message,
    text_message,
)
from integrations.whatsapp.parameters import mismatch, with_names
from integrations.whatsapp_templates import format_template_components, get_template_structure
from notifications import alerts, blockades, gates, secrets, tier
from notifications.channels.base import Ready, Receipt, Skipped, Verdict
from notifications.gates import Case
from notifications.languages import choose
from notifications.models import Blockade, Contact, DeliveryAttempt, Notification
from notifications.states import Lane
from notifications.tokens import callback_data

FALLBACK_LANGUAGE = "en_US"


@dataclass(frozen=True, slots=True)
class WhatsAppRun:
    """One set of credentials, a client for each number that the batch is sent from."""

    client: WhatsAppClient
    by_number: Mapping[str, WhatsAppClient]

    @property
    def fingerprint(self) -> str:
        return self.client.credentials.fingerprint

    @property
    def account(self) -> str:
        return self.client.waba_id

    def send(self, ready: Ready) -> Receipt:
        answer = self.by_number[ready.sender].send(ready.payload)
        return Receipt(parse_send_response(answer).wamid, storable(answer))


class WhatsAppChannel:
    def prepare(
        self, attempts: Sequence[DeliveryAttempt], overrides: Mapping[int, Mapping[str, Any]] | None = None
    ) -> tuple[dict[int, Verdict], WhatsAppRun | None]:
        client = WhatsAppClient()
        batch = _Batch(attempts, client, overrides or {})
        verdicts = {attempt.pk: _verdict(batch, attempt) for attempt in attempts}
        batch.tell()
        senders = {verdict.sender for verdict in verdicts.values() if isinstance(verdict, Ready)}
        return verdicts, WhatsAppRun(client, {sender: client.for_number(sender) for sender in senders})


def _verdict(batch: _Batch, attempt: DeliveryAttempt) -> Verdict:
    """What cannot be built is skipped alone; the rest of its batch leaves."""
    try:
        return batch.verdict(attempt)
    except ValueError as problem:
        return Skipped(str(problem))


class _Batch:
    """What the gates ask of the database, read once for all attempts."""

    def __init__(
        self, attempts: Sequence[DeliveryAttempt], client: WhatsAppClient, overrides: Mapping[int, Mapping[str, Any]]
    ) -> None:
        self.client, self.credentials, self.overrides = client, client.credentials, overrides
        # Hashed once, not for every message.
        self.fingerprint = client.credentials.fingerprint
        self.now = timezone.now()
        messages = [attempt.notification for attempt in attempts]
        self.rows = rows_of((one.template_name for one in messages if one.template_name), self.credentials.waba_id)
        self.numbers = numbers()
        self.contacts, self.wrote_at = _people(messages)
        self.blockades = blockades.in_force(
            ref for one in messages for ref in blockades.refs_for(self.fingerprint, self._sender(one))
        )
        self.probing: set[str] = set()
        bulk = any(attempt.lane == Lane.BULK for attempt in attempts)
        self.limit, self.room = (tier.limit(), tier.room()) if bulk else ("", tier.UNLIMITED)
        self.limit_is_reached = False
        wanted = [ref for message in messages for ref in _refs(message).values()]
        self.values = secrets.resolve(wanted) if wanted else {}

    def verdict(self, attempt: DeliveryAttempt) -> Verdict:
        case = self._case(attempt)
        if objection := gates.objection(case):
            return objection
        built = self._free_form(case) if not case.is_template else self._template(case)
        return self._leave(case, built) if isinstance(built, Ready) else built

    def _case(self, attempt: DeliveryAttempt) -> Case:
        message, credentials = attempt.notification, self.credentials
        contact = self.contacts.get((message.tenant_id, message.recipient_phone))
        rows, sender = self.rows.get(message.template_name, []), self._sender(message)
        number = self.numbers.get(sender)
        ours = sender == credentials.phone_number_id or (number is not None and number.waba_id == credentials.waba_id)
        usable = {row.language: row for row in rows if row.is_usable}
        return Case(
            attempt=attempt,
            now=self.now,
            sender=sender,
            fingerprint=self.fingerprint,
            waba_id=credentials.waba_id,
            problem="" if self.client.client else self.client.problem,
            enabled=settings.ENABLE_WHATSAPP_NOTIFICATIONS,
            sender_is_ours=ours,
            number=number,
            contact=contact,
            wrote_at=self.wrote_at.get(message.recipient_phone),
            row=usable.get(choose(_languages(message, contact), usable) or "") if usable else None,
            rows=rows,
            known_here=bool(rows) or get_template_structure(message.template_name) is not None,
            blockades=self._against(sender),
        )

    def _sender(self, message: Notification) -> str:
        return message.sender or self.credentials.phone_number_id

    def _against(self, sender: str) -> dict[str, Blockade]:
        if not self.blockades:
            return {}
        refs = blockades.refs_for(self.fingerprint, sender)
        return {ref: self.blockades[ref] for ref in refs if ref in self.blockades}

    def _free_form(self, case: Case) -> Ready:
        message, data = case.message, callback_data(case.attempt.token)
        to, kind, quoted = message.recipient_phone, message.message_type, message.reply_to
        if kind == Notification.MessageType.TEXT:
            payload = text_message(to, message.body, data, reply_to=quoted)
        elif kind == Notification.MessageType.INTERACTIVE:
            payload = interactive_message(to, message.content, data, reply_to=quoted)
        else:
            payload = media_message(to, kind, message.content, data, reply_to=quoted)
        return Ready(payload, case.sender)

    def _template(self, case: Case) -> Verdict:
        message, row = case.message, case.row
        if row is None:
            raise ValueError(f"Template {message.template_name} cannot be sent.")
        secret = {name: self.values[ref] for name, ref in _refs(message).items() if ref in self.values}
        secret |= self.overrides.get(case.attempt.pk, {})
        if gone := [name for name in message.secrets if name not in secret]:
            return Skipped(f"The {' and the '.join(gone)} it was to carry is no longer valid.")
        components = _components(row, message.template_parameters | secret)
        if objection := gates.values_fit(case, mismatch(row.shape, components)):
            return objection
        data = callback_data(case.attempt.token)
        payload = template_message(message.recipient_phone, row.name, row.language, components, data)
        return Ready(payload, case.sender, row.language)

    def _leave(self, case: Case, ready: Ready) -> Verdict:
        """The last gates: those that let some through and keep others back."""
        if held := gates.within_the_tier(case, self.limit, self.room):
            self.limit_is_reached = True
            return held
        if held := gates.meta_takes_what_we_send(case):
            if not self._may_probe(case, held.ref):
                return held
            ready = replace(ready, probe=held.ref)
        if self.limit and case.attempt.lane == Lane.BULK and not case.window_is_open:
            self.room -= tier.let_go(case.message.recipient_phone)
        return ready

    def _may_probe(self, case: Case, ref: str) -> bool:
        blockade = case.blockades[ref]
        if ref in self.probing or blockade.recheck_at > self.now or case.attempt.pk in self.overrides:
            return False
        self.probing.add(ref)
        return blockades.claim_probe(blockade, case.attempt.pk)

    def tell(self) -> None:
        if self.limit_is_reached:
            alerts.tier_reached(self.limit, tier.counted())


def _people(messages: Iterable[Notification]) -> tuple[dict[tuple[int, str], Contact], dict[str, datetime]]:
    """The tenants' contacts, and when each person last wrote: a window is open whichever tenant they belong to."""
    contacts: dict[tuple[int, str], Contact] = {}
    wrote_at: dict[str, datetime] = {}
    for contact in Contact.objects.filter(phone__in={message.recipient_phone for message in messages}):
        phone = contact.phone or ""
        contacts[contact.tenant_id, phone] = contact
        if contact.last_inbound_at and (phone not in wrote_at or wrote_at[phone] < contact.last_inbound_at):
            wrote_at[phone] = contact.last_inbound_at
    return contacts, wrote_at


def _languages(message: Notification, contact: Contact | None) -> list[str]:
    person = getattr(message.recipient, "language", "") if message.recipient else ""
    known = (contact.language if contact else "", person, message.tenant.default_language, FALLBACK_LANGUAGE)
    return [language for language in (message.template_language, *known) if language]


def _components(row: WhatsAppTemplate, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    components = format_template_components(row.name, variables)
    structure = get_template_structure(row.name) if row.shape.named else None
    return with_names(components, structure["variables"]) if structure else components


def _refs(message: Notification) -> dict[str, secrets.SecretRef]:
    return {name: secrets.SecretRef(*ref) for name, ref in message.secrets.items()}
