"""What people wrote is taken up: a command answers, or they are told once what they may write."""

from __future__ import annotations

import hashlib
import logging
import time
import traceback
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations import buckets
from integrations.buckets import Wish
from integrations.redaction import redact
from notifications import commands, read_receipts
from notifications.commands import Asked, Call
from notifications.content import Address, Content, TextContent
from notifications.gates import OPERATOR_REPLY, REPLY, WINDOW, WINDOW_MARGIN
from notifications.models import Contact, InboundMessage, Notification
from notifications.phrases import say
from notifications.services import notify

logger = logging.getLogger(__name__)

MAX_TRIES = 5
FIRST_PAUSE = timedelta(seconds=10)
#: Somebody whom we know is told again what they may write, but not in the midst of a conversation.
GREETING_PAUSE = timedelta(hours=24)


def answer_open(*, seconds: float = 20.0) -> int:
    """Take up what is due, the oldest first, for about `seconds`. Returns how many messages were looked at.

    Each is one transaction. A command that raises is tried again later, and after MAX_TRIES its message is parked
    with the traceback.
    """
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until and (row := _next()):
        count += 1
        if not row.tries and commands.find(row):
            # Before the answer, which would otherwise overtake it.
            read_receipts.send(row.wamid, row.number)
        try:
            _take_up(row.pk)
        except Exception as problem:  # noqa: BLE001 (commands belong to other apps and may raise anything)
            _put_off(row.pk, problem)
    return count


def _next() -> InboundMessage | None:
    return InboundMessage.objects.filter(handled_at=None, due_at__lte=timezone.now()).order_by("pk").first()


@transaction.atomic
def _take_up(pk: int) -> None:
    # The contact first: messages of one person are taken up one after the other.
    contact_id = InboundMessage.objects.values_list("contact_id", flat=True).get(pk=pk)
    contact = Contact.objects.select_for_update(no_key=True).filter(pk=contact_id).first()
    row = InboundMessage.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=pk)
    if row.handled_at is not None:
        return
    row.handled_at, row.error = timezone.now(), ""
    if contact is None:
        row.handled_by = "nobody to answer"
    elif row.handled_at > row.at + WINDOW - WINDOW_MARGIN:
        row.handled_by = "too late to answer"
    else:
        _answer(row, contact)
    row.save(update_fields=["handled_at", "handled_by", "answered_at", "error"])


def _answer(row: InboundMessage, contact: Contact) -> None:
    call = commands.find(row)
    asked = Asked(row, contact, commands.language_of(call, contact, row.tenant), argument=call.argument if call else "")
    row.handled_by = call.command.name if call else "no command"
    reply = _reply(call, asked)
    if not reply:
        return
    if not contact.phone:
        row.handled_by += ", no number to answer"
    elif not _may_reply(contact):
        row.handled_by += ", too many replies"
    else:
        _send(asked, TextContent(reply) if isinstance(reply, str) else reply)
        row.answered_at = timezone.now()


def _reply(call: Call | None, asked: Asked) -> Content | str | None:
    if call:
        return call.command.handler(asked)
    if not _wants_greeting(asked):
        return None
    asked.contact.greeted_at = timezone.now()
    asked.contact.save(update_fields=["greeted_at", "updated_at"])
    return say("greeting", asked.language, tenant=asked.tenant.name)


def _wants_greeting(asked: Asked) -> bool:
    """A stranger is told once and never again; nobody is told while an operator talks with them."""
    contact, since = asked.contact, timezone.now() - GREETING_PAUSE
    if not asked.tenant.answers_strangers or contact.messages_stopped_at:
        return False
    if contact.greeted_at and (contact.user_id is None or contact.greeted_at > since):
        return False
    talked = Notification.objects.filter(recipient_phone=asked.phone, event=OPERATOR_REPLY, created_at__gt=since)
    return not talked.exists()


def _may_reply(contact: Contact) -> bool:
    """So many a minute to one person: another machine at the other end must not keep us talking."""
    count = max(1, settings.REPLIES_PER_MINUTE)
    return buckets.take([Wish(f"replies:{contact.pk}", count / 60, count, 1)])[0].granted > 0


def _send(asked: Asked, content: Content) -> None:
    row = asked.message
    newer = InboundMessage.objects.filter(contact=asked.contact, pk__gt=row.pk).exists()
    notify(
        REPLY,
        tenant=row.tenant,
        to=Address(phone=asked.phone),
        content=content,
        recipient=asked.contact.user,
        sender=row.number,
        # Several questions in a row: the person sees which one this answers.
        reply_to=row.wamid if newer else "",
        # A wamid holds the number; the key outlives what is forgotten.
        idempotency_key=f"reply:{hashlib.sha256(row.wamid.encode()).hexdigest()[:40]}",
        expires_at=row.at + WINDOW - WINDOW_MARGIN,
    )


def _put_off(pk: int, problem: Exception) -> None:
    row = InboundMessage.objects.get(pk=pk)
    row.tries += 1
    row.error = redact("".join(traceback.format_exception(problem)))
    row.due_at = timezone.now() + FIRST_PAUSE * 2 ** (row.tries - 1)
    if row.tries >= MAX_TRIES:
        row.handled_at, row.handled_by = timezone.now(), "parked"
    row.save(update_fields=["tries", "error", "due_at", "handled_at", "handled_by"])
    logger.error("Inbound message %s could not be answered: %s", pk, type(problem).__name__)
