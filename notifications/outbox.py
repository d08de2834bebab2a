"""Writing a message into the outbox: checked first, then two rows in the caller's transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from integrations.phone import to_e164
from integrations.whatsapp.interactive import interactive_object
from integrations.whatsapp.messages import TEXT_LIMIT, media_object
from integrations.whatsapp_templates import format_template_components, get_template_structure
from notifications import secrets as resolvers
from notifications.content import Address, Content, InteractiveContent, MediaContent, TemplateContent, storable
from notifications.exceptions import IdempotencyConflict
from notifications.models import DeliveryAttempt, IdempotencyKey, Notification
from notifications.secrets import SecretRef
from notifications.states import Lane
from notifications.tokens import new_token
from tenants.models import Tenant

LIFETIMES = {Lane.TRANSACTIONAL: timedelta(hours=24), Lane.BULK: timedelta(hours=72), Lane.OTP: timedelta(minutes=5)}
# Stands for a secret variable while the others are checked; no longer than any code.
SPECIMEN = "000000"
GIVEN_ONCE = SecretRef("given-once", "")


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is checked."""

    event: str
    to: Address
    content: Content
    tenant: Tenant
    secrets: Mapping[str, SecretRef] = field(default_factory=dict)
    recipient: Any = None
    language: str = ""
    channels: Sequence[str] = (Notification.Channel.WHATSAPP,)
    sender: str = ""
    reply_to: str = ""
    lane: str = Lane.TRANSACTIONAL
    idempotency_key: str = ""
    deadline: datetime | None = None
    expires_at: datetime | None = None


def write(draft: Draft, *, due_in: float = 0) -> tuple[Notification, bool]:
    """Write the draft; returns the message and whether it is new.

    Raises ValueError (InvalidPhoneNumber, unknown template, missing or malformed variable, unknown lane or
    channel) and IdempotencyConflict. Must run inside a transaction if a key is given.
    """
    message = _checked(draft)
    if not draft.idempotency_key:
        return _insert(message, due_in), True
    mine = IdempotencyKey(tenant=draft.tenant, key=draft.idempotency_key, payload_hash=_hash(message))
    IdempotencyKey.objects.bulk_create([mine], ignore_conflicts=True)
    kept = IdempotencyKey.objects.select_related("notification").get(tenant=draft.tenant, key=draft.idempotency_key)
    if kept.payload_hash != mine.payload_hash:
        raise IdempotencyConflict(draft.idempotency_key)
    if kept.inserted_by != mine.inserted_by:
        return kept.notification or message, False
    _insert(message, due_in)
    IdempotencyKey.objects.filter(pk=kept.pk).update(notification=message)
    return message, True


def _insert(message: Notification, due_in: float) -> Notification:
    message.save(force_insert=True)
    attempt = DeliveryAttempt(
        notification=message,
        tenant_id=message.tenant_id,
        channel=message.channel,
        lane=message.lane,
        sender=message.sender,
        token=new_token(),
    )
    if due_in:
        attempt.due_at = timezone.now() + timedelta(seconds=due_in)
    attempt.save(force_insert=True)
    return message


def _checked(draft: Draft) -> Notification:
    if draft.lane not in Lane.values:
        raise ValueError(f"Unknown lane {draft.lane!r}: use {', '.join(Lane.values)}.")
    if unknown := set(draft.channels) - set(Notification.Channel.values):
        raise ValueError(f"Unknown channel {', '.join(unknown)}: use {', '.join(Notification.Channel.values)}.")
    if not draft.channels:
        raise ValueError("A message needs at least one channel.")
    message = Notification(
        tenant=draft.tenant,
        event=draft.event,
        lane=draft.lane,
        channel=draft.channels[0],
        channels=list(draft.channels),
        recipient=draft.recipient,
        recipient_phone=to_e164(draft.to.phone, draft.tenant.country) if draft.to.phone else "",
        recipient_bsuid=draft.to.bsuid,
        recipient_email=draft.to.email,
        template_language=draft.language,
        sender=draft.sender,
        reply_to=draft.reply_to,
        secrets={name: ref.as_json() for name, ref in draft.secrets.items()},
        deadline=draft.deadline,
        expires_at=draft.expires_at or timezone.now() + LIFETIMES[Lane(draft.lane)],
    )
    _require_address(message)
    _fill(message, draft)
    return message


def _require_address(message: Notification) -> None:
    if not (message.recipient_phone or message.recipient_bsuid or message.recipient_email):
        raise ValueError("A message needs an address: a phone number, a business-scoped id or an e-mail address.")
    if message.channel == Notification.Channel.WHATSAPP and not message.recipient_phone:
        raise ValueError("A WhatsApp message needs a phone number in E.164, such as +263771234567.")


def _fill(message: Notification, draft: Draft) -> None:
    content, kinds = draft.content, Notification.MessageType
    if isinstance(content, InteractiveContent):
        built = interactive_object(content.body, content.action, header=content.header, footer=content.footer)
        message.message_type, message.body, message.content = kinds.INTERACTIVE, content.body, built
        return
    if isinstance(content, MediaContent):
        built = media_object(
            content.kind, id=content.id, link=content.link, caption=content.caption, filename=content.filename
        )
        message.message_type, message.body, message.content = kinds(content.kind), content.caption, built
        return
    if not isinstance(content, TemplateContent):
        if not content.body.strip():
            raise ValueError("The text of a message may not be empty.")
        if message.channel == Notification.Channel.WHATSAPP and len(content.body) > TEXT_LIMIT:
            raise ValueError(f"A WhatsApp text holds {TEXT_LIMIT} characters; this one has {len(content.body)}.")
        message.message_type, message.body = kinds.TEXT, content.body
        return
    variables = storable(content.variables)
    check_variables(content.name, variables, draft.secrets)
    message.template_name, message.template_parameters = content.name, variables


def check_variables(name: str, variables: Mapping[str, Any], secret: Mapping[str, SecretRef]) -> None:
    """Refuse, before anything is written, what Meta would refuse or what would keep a code. Raises ValueError."""
    for variable, ref in secret.items():
        if ref != GIVEN_ONCE and not resolvers.registered(ref.resolver):
            raise ValueError(f"Nobody resolves secrets of kind {ref.resolver!r} (variable {variable!r}).")
    format_template_components(name, {**variables, **dict.fromkeys(secret, SPECIMEN)})
    if is_authentication(name) and set(variables) - set(secret):
        raise ValueError(f"The variables of {name} are codes: pass references in secrets=, never values.")


def is_authentication(name: str) -> bool:
    structure = get_template_structure(name)
    return structure is not None and structure["category"] == "AUTHENTICATION"


def _hash(message: Notification) -> str:
    payload = [
        message.event, message.lane, message.channels, message.recipient_phone, message.recipient_bsuid,
        message.recipient_email, message.template_name, message.template_parameters, message.secrets, message.body,
        message.sender,
    ]  # fmt: skip
    if message.content:
        # Keys of before this column existed still match.
        payload.append(message.content)
    return hashlib.sha256(json.dumps(payload, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
