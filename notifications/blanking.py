"""Taking what is personal out of messages: texts go, numbers become pseudonyms, states and counters stay.

Every column of these tables stands either among what is kept or among what is blanked; a test sees to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from notifications import bulk
from notifications.models import (
    ArchivedAttempt,
    ArchivedNotification,
    DeliveryAttempt,
    DeliveryEvent,
    InboundMessage,
    Notification,
)
from notifications.pseudonyms import MARK, pseudonym

Blank = Callable[[Any], Any]


def _scrubbed_error(error: dict[str, Any] | None) -> dict[str, Any] | None:
    """What an error was, without Meta's words on whom it concerned."""
    kept = ("code", "subcode", "fault", "retryable")
    return {name: error[name] for name in kept if name in error} if error else error


def _scrubbed_details(details: dict[str, Any]) -> dict[str, Any]:
    scrubbed: dict[str, Any] = {}
    if details.get("pricing"):
        scrubbed["pricing"] = details["pricing"]
    if details.get("errors"):
        scrubbed["errors"] = [{"code": one.get("code")} for one in details["errors"]]
    return scrubbed


MESSAGE: Mapping[str, Blank] = {
    "recipient_id": lambda _: None,
    "recipient_phone": lambda value: pseudonym("phone", value),
    "recipient_bsuid": lambda value: pseudonym("bsuid", value),
    "recipient_email": lambda value: pseudonym("email", value),
    "template_parameters": lambda _: {},
    "secrets": lambda _: {},
    "body": lambda _: "",
    "content": lambda _: {},
    "reply_to": lambda _: "",
    "error_message": lambda _: "",
    # Meta's message ids hold the number, in base64.
    "whatsapp_message_id": lambda _: "",
    "provider_response": lambda _: None,
    "metadata": lambda _: {},
}
ATTEMPT: Mapping[str, Blank] = {"wamid": lambda _: "", "reason": lambda _: "", "error": _scrubbed_error}
EVENT: Mapping[str, Blank] = {"details": _scrubbed_details}
INBOUND: Mapping[str, Blank] = {
    "contact_id": lambda _: None,
    # Unique, and with the number in it.
    "wamid": lambda value: pseudonym("wamid", value),
    "text": lambda _: "",
    "choice": lambda _: "",
    "context_wamid": lambda _: "",
    "payload": lambda _: {},
    "error": lambda _: "",
    "media_id": lambda _: "",
    "media_file": lambda _: "",
    "media_name": lambda _: "",
    "media_sha256": lambda _: "",
    "media_error": lambda _: "",
}

KEPT: Mapping[type[models.Model], frozenset[str]] = {
    Notification: frozenset({
        "id", "tenant_id", "event", "lane", "channel", "channels", "message_type", "template_name",
        "template_language", "sender", "status", "error_code", "resent_unproven", "deadline", "expires_at",
        "sent_at", "delivered_at", "read_at", "failed_at", "created_at", "updated_at",
    }),
    DeliveryAttempt: frozenset({
        "id", "notification_id", "tenant_id", "number", "channel", "provider", "sender", "lane", "token", "state",
        "hold", "hold_ref", "due_at", "lease_token", "lease_until", "departed_at", "uncertain_at", "sent_at",
        "delivered_at", "read_at", "failed_at", "created_at",
    }),
    DeliveryEvent: frozenset({"id", "attempt_id", "source", "kind", "at", "recorded_at"}),
    InboundMessage: frozenset({
        "id", "tenant_id", "number", "type", "at", "received_at", "handled_at", "handled_by", "answered_at", "tries",
        "due_at", "media_state", "media_mime", "media_size", "media_tries", "media_due_at",
    }),
}  # fmt: skip
BLANKED: Mapping[type[models.Model], Mapping[str, Blank]] = {
    Notification: MESSAGE,
    DeliveryAttempt: ATTEMPT,
    DeliveryEvent: EVENT,
    InboundMessage: INBOUND,
}
# Messages that still tell something of somebody.
TELLING = (
    Q(recipient_phone__startswith="+")
    | Q(recipient_email__contains="@")
    | (~Q(recipient_bsuid="") & ~Q(recipient_bsuid__startswith=MARK))
    | ~Q(whatsapp_message_id="")
    | Q(recipient__isnull=False)
)


def blank_messages(messages: Sequence[Notification]) -> None:
    """Blank these messages, which the caller has locked, with their attempts and events."""
    attempts = list(DeliveryAttempt.objects.filter(notification_id__in=[one.pk for one in messages]))
    events = list(DeliveryEvent.objects.filter(attempt_id__in=[one.pk for one in attempts]))
    for rows, table in ((messages, MESSAGE), (attempts, ATTEMPT), (events, EVENT)):
        for row in rows:
            for name, blank in table.items():
                setattr(row, name, blank(getattr(row, name)))
    bulk.write(messages, list(MESSAGE))
    bulk.write(attempts, list(ATTEMPT))
    bulk.write(events, list(EVENT))


def blank_inbound(rows: Sequence[InboundMessage]) -> None:
    """Blank what people wrote, in rows that the caller has locked; their files go with the commit."""
    files = [row.media_file.name for row in rows if row.media_file.name]
    now = timezone.now()
    for row in rows:
        for name, blank in INBOUND.items():
            setattr(row, name, blank(getattr(row, name)))
        # Nothing is left that a command or a download could work on.
        row.handled_at = row.handled_at or now
        if row.media_state == InboundMessage.Media.WAITING:
            row.media_state = InboundMessage.Media.FAILED
    bulk.write(rows, [*INBOUND, "handled_at", "media_state"])
    for name in files:
        transaction.on_commit(partial(default_storage.delete, name), robust=True)


def blank_archived(rows: Sequence[ArchivedNotification]) -> None:
    """Blank these archived messages, which the caller has locked."""
    now = timezone.now()
    for row in rows:
        row.recipient_phone = pseudonym("phone", row.recipient_phone)
        row.recipient_id = None
        row.record = _blanked(row.record, MESSAGE)
        row.attempts = [_blanked_attempt(one) for one in row.attempts]
        row.blanked_at = now
    bulk.write(rows, ["recipient_phone", "recipient_id", "record", "attempts", "blanked_at"])
    ArchivedAttempt.objects.filter(message_id__in=[row.pk for row in rows]).update(wamid="")


def _blanked_attempt(attempt: dict[str, Any]) -> dict[str, Any]:
    return _blanked(attempt, ATTEMPT) | {"events": [_blanked(event, EVENT) for event in attempt["events"]]}


def _blanked(columns: dict[str, Any], table: Mapping[str, Blank]) -> dict[str, Any]:
    return {name: table[name](value) if name in table else value for name, value in columns.items()}
