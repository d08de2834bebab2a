"""The inbox of webhooks: understood in batches what `webhook_store` kept, replayed at will."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models.functions import Length
from django.utils import timezone

from integrations.models import WebhookEvent
from integrations.querysets import WebhookEventQuerySet
from integrations.redaction import redact
from integrations.unhandled import count_unhandled
from integrations.webhook_kinds import MALFORMED, summary_of
from integrations.webhook_routes import announce
from integrations.webhook_store import store
from integrations.whatsapp.webhooks import Event, MalformedBody, parse

__all__ = ("DrainReport", "drain", "replay", "store")

logger = logging.getLogger(__name__)

BATCH_EVENTS = 500
# Bodies have up to 3 MB: a batch stays small in memory whatever came.
BATCH_BYTES = 8 * 1024 * 1024
# A status among a hundred of one body has about 620.
EVENT_BYTES = 600
LOCKED_AT_ONCE = 50
MAX_ATTEMPTS = 10
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)

Item = tuple[int, Event]


@dataclass(frozen=True, slots=True)
class DrainReport:
    """What one batch did: rows done, rows parked, events handed to the receivers."""

    done: int = 0
    failed: int = 0
    events: int = 0

    @property
    def empty(self) -> bool:
        return not (self.done or self.failed)


def drain(limit: int = BATCH_EVENTS) -> DrainReport:
    """Hand one batch of open rows, up to about `limit` events, to the receivers, in one transaction.

    When receivers raise, the batch is halved until the bad event stands alone; its row is parked and tried
    again later, as a whole: receivers meet its other events a second time. An error of the connection itself
    leaves everything as it was and is raised.
    """
    with transaction.atomic():
        batch = _take(limit)
        # All at once: receivers lock rows in one order, and a second call in this transaction would break it.
        _hand_over(batch.items, batch.failures)
        return _settle(batch)


def replay(rows: WebhookEventQuerySet) -> int:
    """Open rows again, done or parked, for the next drain. Returns how many.

    Rows whose body was removed have nothing left to replay and stay as they are.
    """
    return rows.exclude(body=b"").update(
        status=WebhookEvent.Status.PENDING, attempts=0, next_attempt_at=None, error="", processed_at=None
    )


@dataclass(slots=True)
class _Batch:
    attempts: dict[int, int] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)
    malformed: set[int] = field(default_factory=set)
    kinds: dict[int, str] = field(default_factory=dict)

    def by_kinds(self, ids: Iterable[int]) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        for pk in sorted(ids):
            rows.setdefault(self.kinds.get(pk, ""), []).append(pk)
        return rows


def _take(limit: int) -> _Batch:
    """Lock due rows in their order and parse them, until there are enough events."""
    batch = _Batch()
    attempts = dict(_lock_due(limit))
    rows = WebhookEvent.objects.filter(pk__in=attempts).order_by("pk").values_list("pk", "body")
    for pk, body in rows:
        items, error = _parsed(pk, bytes(body))
        if batch.items and len(batch.items) + len(items) > limit:
            break
        if error:
            batch.failures[pk] = error
            batch.malformed.add(pk)
        batch.attempts[pk] = attempts[pk]
        batch.kinds[pk] = MALFORMED if error else summary_of(event for _, event in items)
        batch.items += items
    return batch


def _parsed(pk: int, body: bytes) -> tuple[list[Item], str]:
    """What a body says, or why that cannot be told."""
    try:
        return [(pk, event) for event in parse(body)], ""
    except MalformedBody as error:
        return [], str(error)
    except Exception as error:
        # A body that our own parser cannot bear must not hold up the others.
        logger.exception("Webhook event %s could not be parsed: %s", pk, type(error).__name__)
        return [], redact(traceback.format_exc())


def _lock_due(limit: int) -> list[tuple[int, int]]:
    """Lock the first due rows that together hold about `limit` events, and no more: others may take the rest."""
    rows = (
        WebhookEvent.objects.due(timezone.now())
        .select_for_update(skip_locked=True)
        .order_by("pk")
        .values_list("pk", "attempts", Length("body"))[:limit]
    )
    taken: list[tuple[int, int]] = []
    size = events = 0
    # A cursor of the server locks what is fetched.
    for pk, attempts, length in rows.iterator(chunk_size=LOCKED_AT_ONCE):
        taken.append((pk, attempts))
        size += length
        events += max(1, length // EVENT_BYTES)
        if size >= BATCH_BYTES or events >= limit:
            break
    return taken


def _hand_over(items: Sequence[Item], failures: dict[int, str]) -> None:
    try:
        with transaction.atomic():
            announce([event for _, event in items])
            if transaction.get_rollback():
                # Leaving the block would undo the batch in silence.
                raise transaction.TransactionManagementError("A receiver hid a database error.")
    except Exception as error:
        # Receivers belong to other apps and may raise anything; one bad event must not stop the others.
        if connection.needs_rollback:
            raise
        if len(items) == 1:
            pk = items[0][0]
            failures[pk] = redact(traceback.format_exc())
            logger.error("A receiver failed at webhook event %s: %s", pk, type(error).__name__)
            return
        middle = len(items) // 2
        _hand_over(items[:middle], failures)
        _hand_over(items[middle:], failures)


def _settle(batch: _Batch) -> DrainReport:
    now = timezone.now()
    done = batch.attempts.keys() - batch.failures.keys()
    for kinds, ids in batch.by_kinds(done).items():
        WebhookEvent.objects.filter(pk__in=ids).update(
            status=WebhookEvent.Status.DONE, processed_at=now, next_attempt_at=None, error="", kinds=kinds
        )
    for kinds, ids in batch.by_kinds(batch.failures).items():
        WebhookEvent.objects.filter(pk__in=ids).update(kinds=kinds)
    for pk, error in batch.failures.items():
        _park(pk, batch.attempts[pk] + 1, error, now, again=pk not in batch.malformed)
    count_unhandled([event for _, event in batch.items])
    return DrainReport(len(done), len(batch.failures), len(batch.items))


def _park(pk: int, attempts: int, error: str, now: datetime, *, again: bool) -> None:
    pause = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    next_attempt_at = now + pause if again and attempts < MAX_ATTEMPTS else None
    WebhookEvent.objects.filter(pk=pk).update(
        status=WebhookEvent.Status.PARKED, attempts=attempts, next_attempt_at=next_attempt_at, error=error
    )
    logger.error(
        "Webhook event %s is parked after attempt %s, %s; its row holds the error",
        pk,
        attempts,
        f"next at {next_attempt_at:%H:%M:%S} UTC" if next_attempt_at else "no more: replay_webhooks opens it",
    )
