"""One batch on the wire: departures committed first, requests from many threads, results written in chunks."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from django.conf import settings
from django.db import DataError
from django.utils import timezone

from integrations.exceptions import (
    CredentialsRejected,
    Misconfigured,
    Outcome,
    UncertainOutcome,
    Unreachable,
    WhatsAppError,
)
from notifications import transitions
from notifications.channels.base import Ready, Receipt, Run
from notifications.claims import Claim, outlasts_a_request
from notifications.followup import after_loss, after_refusal
from notifications.models import DeliveryAttempt
from notifications.receipts import take_from_shelf
from notifications.transitions import Move

logger = logging.getLogger(__name__)

CHUNK = 50
FLUSH_SECONDS = 0.25

Result = tuple[int, Receipt | WhatsAppError]
_pool: tuple[int, ThreadPoolExecutor] | None = None


class Sending:
    """Sends what is ready of one claim. With `once` there is no second attempt: its content is not kept."""

    def __init__(
        self, attempts: Mapping[int, DeliveryAttempt], ready: Mapping[int, Ready], run: Run, taken: Claim, *, once: bool
    ) -> None:
        self.attempts, self.ready, self.run_of, self.taken, self.once = attempts, ready, run, taken, once
        self.running: dict[Future[Receipt], int] = {}

    def run(self) -> None:
        waiting = list(self.ready)
        try:
            while waiting or self.running:
                room = min(CHUNK, settings.DELIVERY_THREADS - len(self.running))
                if waiting and room > 0:
                    chunk, waiting = waiting[:room], waiting[room:]
                    self._depart(chunk)
                self._collect(until_all=not waiting)
        finally:
            # Something broke: what is on the wire has an outcome all the same.
            while self.running:
                self._collect(until_all=True)

    def _depart(self, chunk: Sequence[int]) -> None:
        """Commit that these are on the wire, or give them back when the lease is too short for a request."""
        lease = self.taken.lease
        if not self.taken.has_time:
            logger.warning("The lease is too short for %d messages: they are given back.", len(chunk))
            transitions.apply(Move(pk, "return", lease=lease) for pk in chunk)
            return
        departed = time.monotonic()
        moved = transitions.apply(
            Move(pk, "depart", lease=lease, sender=self.ready[pk].sender, language=self.ready[pk].language)
            for pk in chunk
        )
        for pk in moved:
            self.running[_threads().submit(_leave, self.run_of, self.ready[pk], departed)] = pk

    def _collect(self, *, until_all: bool) -> None:
        """Gather results for a moment and write them in one go."""
        pending, done = set(self.running), set[Future[Receipt]]()
        until = time.monotonic() + FLUSH_SECONDS
        while pending and len(done) < CHUNK and (left := until - time.monotonic()) > 0:
            if not until_all and len(pending) < settings.DELIVERY_THREADS // 2:
                break
            finished, pending = wait(pending, timeout=left, return_when=FIRST_COMPLETED)
            done |= finished
        self._record([(self.running.pop(future), result_of(future)) for future in done])

    def _record(self, results: Sequence[Result]) -> None:
        moves = [self._move(pk, result) for pk, result in results]
        try:
            transitions.apply(moves)
        except DataError:
            logger.exception("A result cannot be stored: each is tried alone")
            for move in moves:
                self._record_alone(move)
        take_from_shelf([move.wamid for move in moves if move.wamid])

    def _record_alone(self, move: Move) -> None:
        try:
            transitions.apply([move])
        except DataError:
            transitions.apply([Move(move.attempt_id, move.kind, move.at, lease=move.lease, wamid=move.wamid)])

    def _move(self, pk: int, result: Receipt | WhatsAppError) -> Move:
        attempt = self.attempts[pk]
        if isinstance(result, Receipt):
            logger.info("WhatsApp notification %s sent: %s", attempt.notification_id, result.wamid)
            return Move(pk, "accepted", timezone.now(), wamid=result.wamid, response=result.response)
        lost = result.outcome is Outcome.UNCERTAIN
        if self.once:
            then = None
        elif lost:
            then = after_loss(attempt.lane, attempt.number)
        else:
            then = after_refusal(result, attempt.number, self.run_of.fingerprint)
        if then:
            logger.warning("WhatsApp notification %s will go again: %s", attempt.notification_id, result)
        else:
            logger.error("Failed to send WhatsApp notification %s: %s", attempt.notification_id, result)
        told = result.as_dict()
        kind, reason = "lose" if lost else "refuse", str(result)
        return Move(pk, kind, lease=self.taken.lease, reason=reason, error=told, details=told, then=then)


def _leave(run: Run, ready: Ready, departed: float) -> Receipt:
    """In a sending thread: the request may have waited for its turn longer than the lease allows."""
    if not outlasts_a_request(departed):
        raise Unreachable("The lease was too short when its turn came; nothing has left.")
    return run.send(ready)


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


def _threads() -> ThreadPoolExecutor:
    """The sending threads of this process; a forked child makes its own."""
    global _pool
    if _pool is None or _pool[0] != os.getpid():
        _pool = os.getpid(), ThreadPoolExecutor(settings.DELIVERY_THREADS, thread_name_prefix="sending")
    return _pool[1]
