"""The only writer of status.

Every change of an attempt's state goes through `apply`: it locks the messages concerned, reads their attempts,
takes the moves that `states` allows, writes rows and events, and folds the attempts into the message's status.
Claiming (`claims.py`) is the one exception, for it only leases.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now

from notifications import bulk, express, folding
from notifications.models import DeliveryAttempt, DeliveryEvent, Notification
from notifications.signals import notification_changed
from notifications.states import NOT_ON_THE_WIRE, PROOF, PROVIDER, RANK, State, fold, target

ATTEMPT_COLUMNS = (
    "state", "hold", "hold_ref", "reason", "error", "due_at", "lease_token", "lease_until", "sender", "provider",
    "wamid", "departed_at", "uncertain_at", "sent_at", "delivered_at", "read_at", "failed_at",
)  # fmt: skip
MESSAGE_COLUMNS = (
    "status", "channel", "error_message", "error_code", "whatsapp_message_id", "provider_response", "template_language",
    "resent_unproven", "sent_at", "delivered_at", "read_at", "failed_at", "updated_at",
)  # fmt: skip
_TIMES = {State.SENT: "sent_at", State.DELIVERED: "delivered_at", State.READ: "read_at", State.FAILED: "failed_at"}
# Seconds between tries while the database is away: about 25 in all.
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
Written = TypeVar("Written")
# Moves too ordinary for the history: the attempt's own columns tell them.
_SILENT = frozenset({"return", "defer", "release", "depart"})


@dataclass(frozen=True, slots=True)
class Next:
    """Another attempt after a move: in `delay` seconds, or held until something is mended."""

    delay: float = 0
    hold: str = ""
    hold_ref: str = ""
    reason: str = ""
    unproven: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """Something that happened to an attempt. `kind` is a key of states.MOVES or states.PROVIDER.

    With `lease` a local move counts only where the attempt still has this lease. `delay` is in seconds. `asked`: the
    provider said it because we asked, so it proves nothing about webhooks.
    """

    attempt_id: int
    kind: str
    at: datetime | None = None
    lease: uuid.UUID | None = None
    reason: str = ""
    hold: str = ""
    hold_ref: str = ""
    delay: float = 0
    sender: str = ""
    language: str = ""
    wamid: str = ""
    error: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    details: dict[str, Any] = field(default_factory=dict)
    then: Next | None = None
    asked: bool = False


@dataclass(slots=True)
class _Work:
    """What one call of `apply` reads and will write."""

    now: datetime
    messages: dict[int, Notification]
    attempts: dict[int, DeliveryAttempt]
    families: dict[int, list[DeliveryAttempt]]
    changed: dict[int, DeliveryAttempt] = field(default_factory=dict)
    born: list[DeliveryAttempt] = field(default_factory=list)
    events: list[DeliveryEvent] = field(default_factory=list)
    moved: set[int] = field(default_factory=set)


def apply(moves: Iterable[Move]) -> set[int]:
    """Take the moves in order, in one transaction. Returns the ids of the attempts that moved.

    A move from a state that it may not leave changes nothing; what the provider said is kept as an event in
    any case. Unknown attempts are passed over. Raises KeyError for an unknown kind.
    """
    ordinary, others = express.sorted_out(list(moves))
    moved, left = _insist(lambda: _take_express(ordinary)) if ordinary else (set(), [])
    others = left + others
    if told := folding.ordinary(others):
        folded = _insist(lambda: _take_told(told, others))
        others = [move for move in others if move.attempt_id not in folded.taken]
        moved |= folded.risen.keys()
    return moved | _insist(lambda: _take_each(others)) if others else moved


def _insist(write: Callable[[], Written]) -> Written:
    """A deadlock or a database that restarts: what was found out must not be lost with it, and a repeat reads
    everything anew. Inside a transaction only its owner can repeat."""
    for pause in PAUSES:
        try:
            return write()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            connection.close_if_unusable_or_obsolete()
            time.sleep(pause)
    return write()


def _take_express(moves: Sequence[Move]) -> tuple[set[int], list[Move]]:
    with transaction.atomic():
        moved, left = express.take(moves)
        _announce(list(moved.values()))
    return set(moved), left


def _take_told(moves: Sequence[Move], others: Sequence[Move]) -> folding.Folded:
    with transaction.atomic():
        # The others follow in the drain's transaction: whatever it locks, it locks in one order.
        folding.lock(others)
        folded = folding.take(moves)
        _announce(list(folded.risen.values()))
    return folded


def _take_each(moves: Sequence[Move]) -> set[int]:
    with transaction.atomic():
        work = _read({move.attempt_id for move in moves})
        for move in moves:
            if attempt := work.attempts.get(move.attempt_id):
                _take(work, attempt, move)
        _write(work)
    return work.moved


def _read(attempt_ids: set[int]) -> _Work:
    ids = DeliveryAttempt.objects.filter(pk__in=attempt_ids).values_list("notification_id", flat=True)
    # First the messages, in one order, then their attempts in a statement of its own: it sees what was
    # committed while this one waited for the lock.
    locked = Notification.objects.select_for_update().filter(pk__in=set(ids)).order_by("pk").annotate(clock=Now())
    messages: dict[int, Notification] = {message.pk: message for message in locked}
    attempts = DeliveryAttempt.objects.select_for_update().filter(notification_id__in=messages)
    now = next((message.clock for message in locked), None) or datetime.min  # noqa: DTZ901 (nothing to do)
    families: dict[int, list[DeliveryAttempt]] = {pk: [] for pk in messages}
    for attempt in attempts.order_by("notification_id", "number"):
        families[attempt.notification_id].append(attempt)
    known = {attempt.pk: attempt for family in families.values() for attempt in family}
    return _Work(now, messages, known, families)


def _take(work: _Work, attempt: DeliveryAttempt, move: Move) -> None:
    theirs = move.kind in PROVIDER
    if not theirs and move.lease and attempt.lease_token != move.lease:
        return
    to = target(State(attempt.state), move.kind)
    at = move.at or work.now
    if theirs or (to and move.kind not in _SILENT):
        theirs_by = DeliveryEvent.Source.HISTORY if move.asked else DeliveryEvent.Source.PROVIDER
        source = theirs_by if theirs else DeliveryEvent.Source.OURS
        details = move.details or ({"reason": move.reason} if move.reason else {})
        work.events.append(DeliveryEvent(attempt=attempt, source=source, kind=move.kind, at=at, details=details))
    if theirs:
        _keep_facts(work, attempt, move, at)
    if to is None:
        return
    attempt.state = to
    work.moved.add(attempt.pk)
    work.changed[attempt.pk] = attempt
    if theirs or move.kind == "vouch":
        _call_off_siblings(work, attempt)
    if not theirs:
        _keep_local(work, attempt, move)
    if move.then:
        _give_birth(work, attempt, move.then)


def _keep_facts(work: _Work, attempt: DeliveryAttempt, move: Move, at: datetime) -> None:
    """What a provider's word tells, whether or not it raises the state: the id, the first time, the error."""
    attempt.wamid = attempt.wamid or move.wamid
    attempt.sender = attempt.sender or move.sender
    column = _TIMES[PROVIDER[move.kind]]
    known = getattr(attempt, column)
    setattr(attempt, column, min(known, at) if known else at)
    if move.error:
        attempt.error, attempt.reason = move.error, move.reason
    if move.response:
        work.messages[attempt.notification_id].provider_response = move.response
    work.changed[attempt.pk] = attempt


def _keep_local(work: _Work, attempt: DeliveryAttempt, move: Move) -> None:
    if move.kind in ("resend", "again"):
        return
    attempt.hold, attempt.hold_ref, attempt.reason = move.hold, move.hold_ref, move.reason
    attempt.error = move.error or attempt.error
    message = work.messages[attempt.notification_id]
    if move.kind == "depart":
        attempt.sender, attempt.provider, attempt.departed_at = move.sender, "meta", work.now
        attempt.lease_until = work.now + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
        message.template_language = move.language or message.template_language
    elif move.kind == "lose":
        attempt.uncertain_at = work.now
    elif move.kind == "refuse":
        attempt.failed_at = work.now
    if move.kind in ("return", "hold", "defer"):
        attempt.lease_token = attempt.lease_until = None
    if move.kind == "defer":
        attempt.due_at = work.now + timedelta(seconds=move.delay)
    elif move.kind == "release":
        # What it was to be rechecked for is mended.
        attempt.due_at = min(attempt.due_at, work.now)


def _call_off_siblings(work: _Work, attempt: DeliveryAttempt) -> None:
    """The provider's word on one attempt makes those that have not left needless."""
    for sibling in work.families[attempt.notification_id]:
        if sibling is not attempt and sibling.state in NOT_ON_THE_WIRE:
            sibling.state, sibling.hold = State.CANCELLED, ""
            sibling.reason = f"Attempt {attempt.number} was {PROVIDER_WORDS[State(attempt.state)]}."
            if sibling.pk:
                work.changed[sibling.pk] = sibling


PROVIDER_WORDS = {
    State.SENT: "sent after all",
    State.FAILED: "refused by the provider",
    State.DELIVERED: "delivered",
    State.READ: "read",
}


def _give_birth(work: _Work, attempt: DeliveryAttempt, then: Next) -> None:
    message = work.messages[attempt.notification_id]
    family = work.families[attempt.notification_id]
    if message.expires_at <= work.now or any(
        one.state in NOT_ON_THE_WIRE or one.state == State.SENDING or one.state in PROOF for one in family
    ):
        return
    message.resent_unproven = message.resent_unproven or then.unproven
    born = DeliveryAttempt(
        notification=message,
        tenant_id=message.tenant_id,
        number=max(one.number for one in family) + 1,
        channel=attempt.channel,
        lane=message.lane,
        sender=message.sender,
        hold=then.hold,
        hold_ref=then.hold_ref,
        reason=then.reason,
        due_at=work.now + timedelta(seconds=then.delay),
    )
    work.born.append(born)
    family.append(born)


def _write(work: _Work) -> None:
    bulk.write(list(work.changed.values()), ATTEMPT_COLUMNS)
    DeliveryAttempt.objects.bulk_create(work.born)
    DeliveryEvent.objects.bulk_create(work.events, ignore_conflicts=True)
    touched = {attempt.notification_id for attempt in (*work.changed.values(), *work.born)}
    messages = [message for message in work.messages.values() if message.pk in touched]
    before = {message.pk: message.status for message in messages}
    for message in messages:
        _mirror(message, work.families[message.pk], work.now)
    bulk.write(messages, MESSAGE_COLUMNS)
    _announce([message.pk for message in messages if message.status != before[message.pk]])


def _announce(ids: Sequence[int]) -> None:
    if ids:
        transaction.on_commit(lambda: notification_changed.send_robust(Notification, ids=ids), robust=True)


def _mirror(message: Notification, family: Sequence[DeliveryAttempt], now: datetime) -> None:
    """Write into the message what its attempts amount to."""
    message.status = fold([State(one.state) for one in family])
    shown = max(family, key=lambda one: (one.state == message.status, RANK.get(State(one.state), 0), one.number))
    message.channel, message.updated_at = shown.channel, now
    message.whatsapp_message_id = shown.wamid or message.whatsapp_message_id
    message.error_message = "" if message.status in PROOF else (shown.reason or family[-1].reason)
    message.error_code = None if message.status in PROOF else (shown.error or {}).get("code")
    for column in _TIMES.values():
        times = [time for one in family if (time := getattr(one, column))]
        setattr(message, column, min(times) if times else None)
