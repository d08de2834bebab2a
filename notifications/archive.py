"""Moving what is over out of the way: finished messages, by ranges of ids, into one row each."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from notifications.key_ranges import first_key_since
from notifications.models import (
    ArchivedAttempt,
    ArchivedNotification,
    DeliveryAttempt,
    DeliveryEvent,
    IdempotencyKey,
    Notification,
)
from notifications.states import CALLED_OFF, PROOF, State

# UNCERTAIN is not over: an operator may still decide.
FINISHED = frozenset({*PROOF, *CALLED_OFF, State.FAILED})
UNFINISHED_ATTEMPT = (State.PENDING, State.CLAIMED, State.SENDING)
KEY_OUTLIVES = timedelta(days=30)
# Younger ones are still spoken of by webhooks all the time.
YOUNGEST = timedelta(days=1)
# Rows of one transaction, about half a second. SQLite has one writer: a login code must not wait long for it.
CHUNK = 500
_COLUMNS = {
    "id", "tenant_id", "event", "lane", "channel", "status", "template_name", "recipient_id", "recipient_phone",
    "created_at", "sent_at", "delivered_at", "read_at", "failed_at",
}  # fmt: skip


@dataclass(slots=True)
class Progress:
    """How far a run has come: messages moved, the last id looked at, whether nothing is left."""

    moved: int = 0
    last_id: int = 0
    finished: bool = False


def default_cutoff() -> datetime | None:
    """Messages older than this go; None when ARCHIVE_AFTER_DAYS says never."""
    days = settings.ARCHIVE_AFTER_DAYS
    return timezone.now() - timedelta(days=days) if days > 0 else None


def archive(
    before: datetime,
    *,
    limit: int | None = None,
    seconds: float | None = None,
    chunk: int = CHUNK,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Move finished messages created before `before`, oldest first, at most `limit`, for about `seconds`.

    Each chunk is a transaction of its own; rows that somebody else holds are passed over and come with the next
    run. `tell` hears of every chunk. Raises ValueError where `before` is less than a day ago.
    """
    if before > timezone.now() - YOUNGEST:
        raise ValueError("Only messages that are at least a day old can be archived: choose an earlier date.")
    progress, upper = Progress(), first_key_since(Notification, "created_at", before)
    until = time.monotonic() + seconds if seconds else None
    while not progress.finished and (until is None or time.monotonic() < until):
        size = chunk if limit is None else min(chunk, limit - progress.moved)
        if size <= 0:
            break
        ids = _move(eligible(before, upper).filter(pk__gt=progress.last_id), size)
        progress.moved += len(ids)
        progress.last_id = ids[-1] if ids else progress.last_id
        progress.finished = len(ids) < size
        tell(progress)
    return progress


def eligible(before: datetime, upper: int | None = None) -> QuerySet[Notification]:
    """Messages that are over and were last touched before `before`; `upper` spares a second look for the range."""
    upper = first_key_since(Notification, "created_at", before) if upper is None else upper
    under_way = DeliveryAttempt.objects.filter(notification=OuterRef("pk"), state__in=UNFINISHED_ATTEMPT)
    rows = Notification.objects.filter(pk__lt=upper, status__in=FINISHED, updated_at__lt=before)
    return rows.filter(~Exists(under_way))


def _move(rows: QuerySet[Notification], size: int) -> list[int]:
    with transaction.atomic():
        # Whoever changes an attempt or an event locks its message first: from here on they stand still.
        messages = list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:size])
        ids = [message.pk for message in messages]
        families = _families(ids)
        keys = dict(IdempotencyKey.objects.filter(notification_id__in=ids).values_list("notification_id", "pk"))
        now = timezone.now()
        ArchivedNotification.objects.bulk_create(_row(one, families[one.pk], keys.get(one.pk), now) for one in messages)
        ArchivedAttempt.objects.bulk_create(_name(one) for family in families.values() for one, _ in family)
        attempts = [one.pk for family in families.values() for one, _ in family]
        DeliveryEvent.objects.filter(attempt_id__in=attempts).delete()
        Notification.objects.filter(pk__in=ids).delete()
    return ids


_Family = list[tuple[DeliveryAttempt, list[DeliveryEvent]]]


def _families(ids: Sequence[int]) -> dict[int, _Family]:
    attempts = list(DeliveryAttempt.objects.filter(notification_id__in=ids).order_by("notification_id", "number"))
    events: dict[int, list[DeliveryEvent]] = defaultdict(list)
    for event in DeliveryEvent.objects.filter(attempt_id__in=[one.pk for one in attempts]).order_by("at", "id"):
        events[event.attempt_id].append(event)
    families: dict[int, _Family] = defaultdict(list)
    for attempt in attempts:
        families[attempt.notification_id].append((attempt, events[attempt.pk]))
    return families


def _row(message: Notification, family: _Family, key_id: int | None, now: datetime) -> ArchivedNotification:
    whole = plain(message)
    return ArchivedNotification(
        **{name: getattr(message, name) for name in _COLUMNS},
        record={name: value for name, value in whole.items() if name not in _COLUMNS},
        attempts=[plain(one) | {"events": [plain(event) for event in events]} for one, events in family],
        key_id=key_id,
        archived_at=now,
    )


def _name(attempt: DeliveryAttempt) -> ArchivedAttempt:
    return ArchivedAttempt(
        id=attempt.pk,
        message_id=attempt.notification_id,
        token=attempt.token,
        wamid=attempt.wamid,
        sender=attempt.sender,
    )


def plain(row: models.Model) -> dict[str, Any]:
    """Every column of the row by its name, as the JSON encoder of the archive takes it."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def restored(archived: ArchivedNotification) -> tuple[Notification, list[DeliveryAttempt]]:
    """The message and its attempts, with their events, as they were; not in the database."""
    columns = {name: getattr(archived, name) for name in _COLUMNS}
    message = _instance(Notification, archived.record | columns)
    attempts = []
    for one in archived.attempts:
        attempt = _instance(DeliveryAttempt, {name: value for name, value in one.items() if name != "events"})
        events = DeliveryEvent.objects.none()
        events._result_cache = [_instance(DeliveryEvent, event) for event in one["events"]]
        attempt._prefetched_objects_cache = {"events": events}
        attempts.append(attempt)
    return message, attempts


def _instance(model: type[models.Model], columns: dict[str, Any]) -> Any:
    """Columns that the model no longer has are left out."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return model(**{name: fields[name].to_python(value) for name, value in columns.items() if name in fields})


def purge_keys(limit: int = 10_000) -> int:
    """Forget idempotency keys whose message was archived 30 days ago. Returns how many."""
    due = ArchivedNotification.objects.filter(key_id__isnull=False, archived_at__lt=timezone.now() - KEY_OUTLIVES)
    with transaction.atomic():
        pairs = dict(due.order_by("archived_at").values_list("pk", "key_id")[:limit])
        purged, _ = IdempotencyKey.objects.filter(pk__in=_values(pairs), notification=None).delete()
        ArchivedNotification.objects.filter(pk__in=pairs).update(key_id=None)
    return purged


def _values(pairs: dict[int, int | None]) -> Iterable[int]:
    return [key for key in pairs.values() if key is not None]
