"""Claim, gate, send, record: in batches. Sending threads hold no database connection."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from integrations.exceptions import CredentialsRejected, Misconfigured, Outcome, UncertainOutcome, WhatsAppError
from notifications import doorbell, retry, transitions
from notifications.channels.base import Held, Ready, Receipt, Run, Skipped, Verdict
from notifications.channels.registry import CHANNELS
from notifications.claims import Claim, claim
from notifications.models import DeliveryAttempt
from notifications.receipts import take_from_shelf
from notifications.states import Lane
from notifications.transitions import Move, Next
from notifications.uncertain import after_loss

logger = logging.getLogger(__name__)

CHUNK = 50
FLUSH_SECONDS = 0.25
BULK_SECONDS = 1.0

_pool: tuple[int, ThreadPoolExecutor] | None = None


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
    attempts = list(
        DeliveryAttempt.objects.filter(pk__in=taken.ids)
        .select_related("notification__tenant", "notification__recipient")
        .order_by("pk")
    )
    on_time = _expire(attempts, taken)
    by_channel: dict[str, list[DeliveryAttempt]] = {}
    for attempt in on_time:
        by_channel.setdefault(attempt.channel, []).append(attempt)
    for name, group in by_channel.items():
        if channel := CHANNELS.get(name):
            verdicts, run = channel.prepare(group, overrides)
        else:
            verdicts, run = {one.pk: Skipped(f"No channel {name} is installed.") for one in group}, None
        ready = _set_aside(verdicts, taken)
        if run and ready:
            _send(ready, run, taken)


def _expire(attempts: Sequence[DeliveryAttempt], taken: Claim) -> list[DeliveryAttempt]:
    now = timezone.now()
    late = [attempt for attempt in attempts if attempt.notification.expires_at <= now]
    reason = "Its time was over before it could be sent."
    transitions.apply(Move(one.pk, "expire", lease=taken.lease, reason=reason) for one in late)
    return [attempt for attempt in attempts if attempt not in late]


def _set_aside(verdicts: Mapping[int, Verdict], taken: Claim) -> dict[int, Ready]:
    """Hold and skip what the gates say; returns what may leave."""
    moves = []
    for pk, verdict in verdicts.items():
        if isinstance(verdict, Held):
            reason, ref = verdict.reason, verdict.ref
            moves.append(Move(pk, "hold", lease=taken.lease, hold=verdict.what, hold_ref=ref, reason=reason))
        elif isinstance(verdict, Skipped):
            moves.append(Move(pk, "skip", lease=taken.lease, reason=verdict.reason))
    for reason in {move.reason for move in moves}:
        count = sum(move.reason == reason for move in moves)
        logger.warning("%d WhatsApp notification(s) do not leave: %s", count, reason)
    transitions.apply(moves)
    return {pk: verdict for pk, verdict in verdicts.items() if isinstance(verdict, Ready)}


def _send(ready: dict[int, Ready], run: Run, taken: Claim) -> None:
    running: dict[Future[Receipt], int] = {}
    waiting = list(ready)
    while waiting or running:
        if waiting and len(running) < settings.DELIVERY_THREADS:
            chunk, waiting = waiting[:CHUNK], waiting[CHUNK:]
            for pk in _depart(chunk, ready, taken):
                running[_threads().submit(run.send, ready[pk])] = pk
        running = _record_some(running, run, taken, until_all=not waiting)


def _depart(chunk: Sequence[int], ready: Mapping[int, Ready], taken: Claim) -> list[int]:
    """Commit that these are on the wire, or give them back when the lease is too short for a request."""
    if not taken.has_time:
        transitions.apply(Move(pk, "return", lease=taken.lease) for pk in chunk)
        return []
    departing = (
        Move(pk, "depart", lease=taken.lease, sender=ready[pk].sender, language=ready[pk].language) for pk in chunk
    )
    moved = transitions.apply(departing)
    return [pk for pk in chunk if pk in moved]


def _record_some(
    running: dict[Future[Receipt], int], run: Run, taken: Claim, *, until_all: bool
) -> dict[Future[Receipt], int]:
    """Collect results for a moment, write them in one go, return what is still on the wire."""
    pending: set[Future[Receipt]] = set(running)
    done: set[Future[Receipt]] = set()
    until = time.monotonic() + FLUSH_SECONDS
    while pending and len(done) < CHUNK and (left := until - time.monotonic()) > 0:
        if not until_all and len(pending) < settings.DELIVERY_THREADS // 2:
            break
        finished, pending = wait(pending, timeout=left, return_when=FIRST_COMPLETED)
        done |= finished
    record([(running[future], result_of(future)) for future in done], run, taken)
    return {future: running[future] for future in pending}


def result_of(future: Future[Receipt]) -> Receipt | WhatsAppError:
    """What a sending thread brought back. A bug in it leaves one message uncertain, not the whole batch."""
    try:
        return future.result()
    except WhatsAppError as error:
        return error
    except Misconfigured as problem:
        return CredentialsRejected(str(problem), outcome=Outcome.NOT_SENT)
    except Exception as bug:  # the outer edge of a thread
        logger.exception("A sending thread failed")
        return UncertainOutcome(f"Sending broke off: {type(bug).__name__}. Its status webhook decides.")


def record(results: Sequence[tuple[int, Receipt | WhatsAppError]], run: Run, taken: Claim) -> None:
    """Write what became of attempts that were on the wire."""
    facts = {
        pk: (number, message_id, lane)
        for pk, number, message_id, lane in DeliveryAttempt.objects.filter(
            pk__in=[pk for pk, _ in results]
        ).values_list("pk", "number", "notification_id", "lane")
    }
    moves = []
    for pk, result in results:
        number, message_id, lane = facts[pk]
        if isinstance(result, Receipt):
            logger.info("WhatsApp notification %s sent: %s", message_id, result.wamid)
            moves.append(Move(pk, "accepted", timezone.now(), wamid=result.wamid, response=result.response))
        else:
            moves.append(failure(pk, number, lane, result, taken.lease, run.fingerprint))
            _tell(message_id, moves[-1], result)
    transitions.apply(moves)
    take_from_shelf([move.wamid for move in moves if move.wamid])


def failure(pk: int, number: int, lane: str, error: WhatsAppError, lease: UUID, fingerprint: str) -> Move:
    """The move that follows an error, with the attempt after it if there is to be one."""
    then: Next | None = None
    kind = "refuse"
    if error.outcome is Outcome.UNCERTAIN:
        kind, then = "lose", after_loss(lane, number)
    else:
        match retry.decide(error, number):
            case retry.RetryAt(seconds):
                then = Next(delay=seconds, reason=f"Again after: {error}")
            case retry.HoldFor(what):
                then = Next(hold=what, hold_ref=fingerprint, reason=str(error))
    told = error.as_dict()
    return Move(pk, kind, lease=lease, reason=str(error), error=told, details=told, then=then)


def _tell(message_id: int, move: Move, error: WhatsAppError) -> None:
    if move.then:
        logger.warning("WhatsApp notification %s will go again: %s", message_id, error)
    else:
        logger.error("Failed to send WhatsApp notification %s: %s", message_id, error)


def _threads() -> ThreadPoolExecutor:
    """The sending threads of this process; a forked child makes its own."""
    global _pool
    if _pool is None or _pool[0] != os.getpid():
        _pool = os.getpid(), ThreadPoolExecutor(settings.DELIVERY_THREADS, thread_name_prefix="sending")
    return _pool[1]
