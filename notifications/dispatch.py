"""One worker's rolling window: it claims while requests are out and records results as they come.

An attempt passes through `waiting` (claimed and through the gates, nothing on the wire) and `flying` (its
departure is committed, its request leaves from the bridge, where nothing touches the database).
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from django.db.models import ForeignKey
from django.utils import timezone

from integrations.exceptions import Unreachable, WhatsAppError
from notifications import consequences, results, transitions
from notifications.channels.base import Held, Ready, Receipt, Run, Skipped, Verdict
from notifications.channels.registry import CHANNELS
from notifications.claims import Claim, outlasts_a_request
from notifications.models import DeliveryAttempt, Notification
from notifications.states import Lane
from notifications.transitions import Move
from notifications.wire import Result, Wire

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.25
LARGEST_RECORD = 200
#: So many results are worth a statement before FLUSH_SECONDS have passed.
WORTH_RECORDING = 100
#: So many leave with a statement, or half of what may be on the wire if that is less.
SMALLEST_DEPARTURE = 64


@dataclass(frozen=True, slots=True)
class Parcel:
    """An attempt that may leave. With `once` its content is not kept: there is no second try."""

    attempt: DeliveryAttempt
    ready: Ready
    run: Run
    claim: Claim
    once: bool = False


class Dispatch:
    def __init__(self) -> None:
        self.wire = Wire()
        self.waiting: deque[Parcel] = deque()
        self.flying: dict[int, Parcel] = {}
        self._landed: list[Result] = []
        self._first_landed = 0.0

    @property
    def idle(self) -> bool:
        return not (self.waiting or self.flying or self._landed)

    def take_up(self, taken: Claim, overrides: Mapping[int, Mapping[str, Any]] | None = None) -> None:
        """Gate claimed attempts; those that may leave wait for room. `overrides` are variables, by attempt id,
        that are used and not kept."""
        attempts = _load(taken)
        by_channel: dict[str, list[DeliveryAttempt]] = {}
        for attempt in _expire(attempts, taken):
            by_channel.setdefault(attempt.channel, []).append(attempt)
        ready: list[Parcel] = []
        for name, group in by_channel.items():
            if channel := CHANNELS.get(name):
                verdicts, run = channel.prepare(group, overrides)
            else:
                verdicts, run = {one.pk: Skipped(f"No channel {name} is installed.") for one in group}, None
            leaving = _set_aside(verdicts, taken, once=bool(overrides))
            if run:
                known = {attempt.pk: attempt for attempt in group}
                ready += [Parcel(known[pk], one, run, taken, bool(overrides)) for pk, one in leaving.items()]
        self._queue(consequences.within_the_pair_limit(ready))

    def _queue(self, parcels: Iterable[Parcel]) -> None:
        """Codes leave before everything that waits."""
        parcels = sorted(parcels, key=_urgency)
        codes = [parcel for parcel in parcels if parcel.attempt.lane == Lane.OTP]
        self.waiting.extendleft(reversed(codes))
        self.waiting.extend(parcels[len(codes) :])

    def depart(self) -> None:
        """Let leave what there is room for. One place is kept for a code."""
        room = self.wire.room
        few = room < min(SMALLEST_DEPARTURE, self.wire.width // 2)
        if not self.waiting or (few and self.flying and not self._code_waits()):
            return
        kept = 1 if self.wire.width > 1 else 0
        leaving: list[Parcel] = []
        while self.waiting and len(leaving) < room - (0 if self._code_waits() else kept):
            leaving.append(self.waiting.popleft())
        self._commit(leaving)

    def _code_waits(self) -> bool:
        return bool(self.waiting) and self.waiting[0].attempt.lane == Lane.OTP

    def _commit(self, leaving: Sequence[Parcel]) -> None:
        """Commit that these are on the wire, or give them back when the lease is too short for a request."""
        in_time = [parcel for parcel in leaving if parcel.claim.has_time]
        if late := [parcel for parcel in leaving if not parcel.claim.has_time]:
            logger.warning("The lease is too short for %d messages: they are given back.", len(late))
            self._give_back(late)
        departed = time.monotonic()
        moved = transitions.apply(
            Move(p.attempt.pk, "depart", lease=p.claim.lease, sender=p.ready.sender, language=p.ready.language)
            for p in in_time
        )
        for parcel in in_time:
            if parcel.attempt.pk in moved:
                self.flying[parcel.attempt.pk] = parcel
                self.wire.submit(parcel.attempt.pk, partial(_leave, parcel, departed))

    def settle(self, seconds: float) -> None:
        """Gather results for up to so many seconds; write them once there are enough or the first has waited."""
        came = self.wire.collect(LARGEST_RECORD, seconds)
        if came and not self._landed:
            self._first_landed = time.monotonic()
        self._landed += came
        waited = time.monotonic() - self._first_landed
        last = not self.wire.in_flight
        if self._landed and (len(self._landed) >= WORTH_RECORDING or waited >= FLUSH_SECONDS or last):
            self._record()

    def _record(self) -> None:
        landed, self._landed = self._landed, []
        moves, refusals, probes = [], [], []
        for result in landed:
            parcel = self.flying.pop(result.attempt_id)
            if isinstance(result.outcome, WhatsAppError):
                refusals.append((parcel, result.outcome))
            elif parcel.ready.probe:
                probes.append(parcel)
            moves.append(_move(parcel, result.outcome))
        results.record(moves)
        if sent := len(landed) - len(refusals):
            logger.info("%d WhatsApp notification(s) sent", sent)
        consequences.proved(probes)
        if consequences.follow(refusals):
            self.waiting = deque(consequences.still_free(self.waiting))

    def close(self) -> None:
        """Give back what has not left, and wait for what has: it has an outcome all the same."""
        self._give_back(self.waiting)
        self.waiting.clear()
        while self.flying:
            self.settle(FLUSH_SECONDS)

    def _give_back(self, parcels: Iterable[Parcel]) -> None:
        transitions.apply([Move(parcel.attempt.pk, "return", lease=parcel.claim.lease) for parcel in parcels])


def _urgency(parcel: Parcel) -> tuple[int, Any, int]:
    attempt = parcel.attempt
    return list(Lane).index(Lane(attempt.lane)), attempt.due_at, attempt.pk


def _load(taken: Claim) -> list[DeliveryAttempt]:
    """Those of the claim that nobody else has taken over since."""
    rows = DeliveryAttempt.objects.filter(pk__in=taken.ids, lease_token=taken.lease)
    attempts = list(rows.select_related("notification"))
    for name in ("tenant", "recipient"):
        _join([attempt.notification for attempt in attempts], name)
    return attempts


def _join(messages: Sequence[Notification], name: str) -> None:
    """Read what many messages share once for all, not with every row; half the cost of loading."""
    relation = cast(ForeignKey, Notification._meta.get_field(name))
    keys = {getattr(message, relation.attname) for message in messages} - {None}
    known = relation.related_model._base_manager.in_bulk(keys) if keys else {}
    for message in messages:
        if one := known.get(getattr(message, relation.attname)):
            setattr(message, name, one)


def _expire(attempts: Sequence[DeliveryAttempt], taken: Claim) -> list[DeliveryAttempt]:
    now = timezone.now()
    late = {attempt.pk for attempt in attempts if attempt.notification.expires_at <= now}
    reason = "Its time was over before it could be sent."
    transitions.apply(Move(pk, "expire", lease=taken.lease, reason=reason) for pk in late)
    return [attempt for attempt in attempts if attempt.pk not in late]


def _set_aside(verdicts: Mapping[int, Verdict], taken: Claim, *, once: bool) -> dict[int, Ready]:
    """Hold and skip what the gates say; returns what may leave. What can go only now is skipped, not held."""
    moves = []
    for pk, verdict in verdicts.items():
        if isinstance(verdict, Held) and not once:
            reason, ref = verdict.reason, verdict.ref
            moves.append(Move(pk, "hold", lease=taken.lease, hold=verdict.what, hold_ref=ref, reason=reason))
        elif not isinstance(verdict, Ready):
            moves.append(Move(pk, "skip", lease=taken.lease, reason=verdict.reason))
    for reason in {move.reason for move in moves}:
        count = sum(move.reason == reason for move in moves)
        logger.warning("%d WhatsApp notification(s) do not leave: %s", count, reason)
    transitions.apply(moves)
    return {pk: verdict for pk, verdict in verdicts.items() if isinstance(verdict, Ready)}


def _leave(parcel: Parcel, departed: float) -> Receipt:
    """On the bridge: the request may have waited for its turn longer than the lease allows."""
    if not outlasts_a_request(departed):
        raise Unreachable("The lease was too short when its turn came; nothing has left.")
    return parcel.run.send(parcel.ready)


def _move(parcel: Parcel, outcome: Receipt | WhatsAppError) -> Move:
    if isinstance(outcome, Receipt):
        return results.accepted(parcel.attempt, outcome)
    return results.refused(parcel.attempt, outcome, parcel.run.fingerprint, parcel.ready.sender, once=parcel.once)
