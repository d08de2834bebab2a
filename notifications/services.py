"""The public face: say something to somebody, and nothing of it gets lost."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from integrations.whatsapp_templates import format_template_components
from notifications import blockades, delivery, doorbell, outbox, transitions
from notifications.claims import claim_one
from notifications.content import Address, Content, TemplateContent, Variable
from notifications.exceptions import NotRetryable
from notifications.models import DeliveryAttempt, Notification
from notifications.outbox import GIVEN_ONCE, Draft
from notifications.pseudonyms import is_pseudonym
from notifications.secrets import SecretRef
from notifications.states import CALLED_OFF, PROOF, Lane, State
from notifications.transitions import Move, Next
from tenants.models import Tenant
from tenants.services import default_tenant

logger = logging.getLogger(__name__)

REDACTED = "••••••"


def notify(
    event: str,
    *,
    to: Address | None = None,
    content: Content | None = None,
    secrets: Mapping[str, SecretRef] | None = None,
    recipient: AbstractBaseUser | None = None,
    tenant: Tenant | None = None,
    language: str | None = None,
    channels: Sequence[str] | None = None,
    sender: str | None = None,
    reply_to: str = "",
    lane: str = Lane.TRANSACTIONAL,
    idempotency_key: str | None = None,
    deadline: datetime | None = None,
    expires_at: datetime | None = None,
    phone_number: str | None = None,
    template_name: str | None = None,
    variables: Mapping[str, Variable] | None = None,
) -> Notification:
    """Write a message into the outbox, in the caller's transaction; it leaves after the commit.

    `to` and `content` say whom and what (shorthand: `phone_number`, `template_name`, `variables`); `secrets`
    maps variables to references that are resolved only while the payload is built. With the `idempotency_key`
    of an earlier call of the same tenant and content, that call's message is returned and nothing is written.
    `reply_to` is the wamid of the inbound message that it quotes. Without `expires_at` a transactional message is
    given up after 24 hours, a bulk one after 72.

    Raises ValueError for a bad number, an unknown template, a missing or malformed variable, and
    IdempotencyConflict when the key belongs to another message.
    """
    draft = Draft(
        event=event,
        to=to or Address(phone=phone_number or ""),
        content=content or TemplateContent(template_name or "", variables or {}),
        tenant=tenant or default_tenant(),
        secrets=secrets or {},
        recipient=recipient,
        language=language or "",
        channels=tuple(channels or (Notification.Channel.WHATSAPP,)),
        sender=sender or "",
        reply_to=reply_to,
        lane=lane,
        idempotency_key=idempotency_key or "",
        deadline=deadline,
        expires_at=expires_at,
    )
    with transaction.atomic():
        message, new = outbox.write(draft)
        if new:
            doorbell.ring(lane)
    return message


def send_whatsapp_template(
    phone_number: str,
    template_name: str,
    variables: Mapping[str, Variable],
    *,
    language: str | None = None,
    tenant: Tenant | None = None,
) -> dict[str, Any]:
    """Send a template now and wait for Meta's answer, which is returned; the row is kept either way.

    Returns `{"error": {…}}` when it could not be sent: no credentials or switched off, template not approved,
    refused, or unknown whether sent; the row then says PENDING, SKIPPED, FAILED or UNCERTAIN with the reason,
    and what can be sent later will be. The variables of an authentication template are used for this one call
    and stored only as a placeholder.

    Raises ValueError for a bad number, an unknown template or a missing variable, and RuntimeError inside an
    open transaction, whose rollback would forget a message that is already on the wire: use notify() there.
    """
    _refuse_open_transaction()
    code = outbox.is_authentication(template_name)
    if code:
        outbox.check_variables(template_name, {}, dict.fromkeys(variables, GIVEN_ONCE))
        format_template_components(template_name, dict(variables))
    draft = Draft(
        event="direct",
        to=Address(phone=phone_number),
        content=TemplateContent(template_name, {} if code else variables),
        tenant=tenant or default_tenant(),
        secrets=dict.fromkeys(variables, GIVEN_ONCE) if code else {},
        language=language or "",
        lane=Lane.OTP if code else Lane.TRANSACTIONAL,
    )
    with transaction.atomic():
        # Not due for others while this call has it; if this process dies, a worker takes it up then.
        message, _ = outbox.write(draft, due_in=settings.DELIVERY_LEASE_SECONDS)
        if code:
            Notification.objects.filter(pk=message.pk).update(
                metadata={"given_once": dict.fromkeys(variables, REDACTED)}
            )
    attempt = DeliveryAttempt.objects.get(notification=message)
    delivery.process(claim_one(attempt.pk), {attempt.pk: dict(variables)} if code else None)
    message.refresh_from_db()
    return _answer(message)


def _answer(message: Notification) -> dict[str, Any]:
    if message.status in PROOF:
        return message.provider_response or {}
    attempt = message.attempts.exclude(error=None).last()
    error = dict(attempt.error or {}) if attempt else {}
    error.setdefault("code", None)
    return {"error": error | {"message": message.error_message, "status": message.status, "notification": message.pk}}


def _refuse_open_transaction() -> None:
    blocks = transaction.get_connection().atomic_blocks
    if any(not getattr(block, "_from_testcase", False) for block in blocks):
        raise RuntimeError(
            "send_whatsapp_template() inside a transaction would send what a rollback forgets: "
            "use notifications.services.notify(), which sends after the commit."
        )


def retry(message: Notification) -> DeliveryAttempt:
    """An operator's decision: try a failed, uncertain, skipped or expired message once more, or a held one now.

    Raises NotRetryable for what is under way, arrived, or carried a code that is no longer valid.
    """
    with transaction.atomic():
        message = Notification.objects.select_for_update().get(pk=message.pk)
        status = State(message.status)
        held = message.attempts.filter(state=State.PENDING).exclude(hold="").last()
        if held:
            blockades.probe_soon(held.hold_ref)
            transitions.apply([Move(held.pk, "release")])
            doorbell.ring(message.lane)
            return held
        if status not in {State.FAILED, State.UNCERTAIN, *CALLED_OFF}:
            raise NotRetryable(f"Notification {message.pk} is {status.label.lower()}: there is nothing to try again.")
        if any(map(is_pseudonym, (message.recipient_phone, message.recipient_bsuid, message.recipient_email))):
            raise NotRetryable(f"Notification {message.pk} was blanked: its text and number are not known any more.")
        if message.lane == Lane.OTP:
            raise NotRetryable("A one-time code is asked for again by the person, not sent again by an operator.")
        now = timezone.now()
        if message.expires_at <= now:
            Notification.objects.filter(pk=message.pk).update(expires_at=now + outbox.LIFETIMES[Lane(message.lane)])
        last = message.attempts.latest("number")
        unproven = status is State.UNCERTAIN
        transitions.apply([Move(last.pk, "again", then=Next(reason="An operator asked for it.", unproven=unproven))])
        doorbell.ring(message.lane)
    return message.attempts.latest("number")
