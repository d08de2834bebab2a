"""Claim, gate, send, record: in batches. Sending threads hold no database connection."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone

from notifications import doorbell, transitions
from notifications.channels.base import Held, Ready, Skipped, Verdict
from notifications.channels.registry import CHANNELS
from notifications.claims import Claim, claim
from notifications.models import DeliveryAttempt
from notifications.sending import Sending
from notifications.states import Lane
from notifications.transitions import Move

logger = logging.getLogger(__name__)

BULK_SECONDS = 1.0


def deliver(seconds: float = 20) -> int:
    """Deliver what is due, lanes in order, until nothing is left or `seconds` have passed.

    Each refill asks for codes first; after a second of bulk work the rest is left to the next bell. Returns
    how many attempts were taken up.
    """
    started, count = time.monotonic(), 0
    while time.monotonic() - started < seconds:
        lane, taken = _next_claim()
        if lane is None:
            return count
        count += len(taken.ids)
        process(taken)
        if lane == Lane.BULK and time.monotonic() - started > BULK_SECONDS:
            break
    doorbell.ring(Lane.BULK)
    return count


def _next_claim() -> tuple[Lane | None, Claim]:
    for lane in Lane:
        if taken := claim(lane, settings.DELIVERY_BATCH_SIZE):
            return lane, taken
    return None, Claim()


def process(taken: Claim, overrides: Mapping[int, Mapping[str, Any]] | None = None) -> None:
    """Gate and send claimed attempts. `overrides` are variables, by attempt id, that are used and not kept."""
    attempts = {
        attempt.pk: attempt
        for attempt in DeliveryAttempt.objects.filter(pk__in=taken.ids)
        .select_related("notification__tenant", "notification__recipient")
        .order_by("pk")
    }
    once = bool(overrides)
    by_channel: dict[str, list[DeliveryAttempt]] = {}
    for attempt in _expire(list(attempts.values()), taken):
        by_channel.setdefault(attempt.channel, []).append(attempt)
    for name, group in by_channel.items():
        if channel := CHANNELS.get(name):
            verdicts, run = channel.prepare(group, overrides)
        else:
            verdicts, run = {one.pk: Skipped(f"No channel {name} is installed.") for one in group}, None
        ready = _set_aside(verdicts, taken, once=once)
        if run and ready:
            Sending(attempts, ready, run, taken, once=once).run()


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
