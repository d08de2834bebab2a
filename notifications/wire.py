"""Requests in, results out. They leave from a thread of their own, without a database connection."""

from __future__ import annotations

import logging
import queue
import time
from asyncio import TimerHandle
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.conf import settings

from integrations.exceptions import CredentialsRejected, Misconfigured, Outcome, UncertainOutcome, WhatsAppError
from integrations.whatsapp.bridge import bridge
from notifications.channels.base import Receipt

logger = logging.getLogger(__name__)

# A process sends at most about so many a second, whatever the number of requests (bench/README.md): more requests
# in flight than answers come in at that rate only wait for each other.
RATE_CEILING = 1000.0
FEWEST_IN_FLIGHT = 64
# Weight of the newest answer in the mean time of one.
NEWEST = 0.02
# Results that are handed over together, or after so long.
HANDFUL = 32
HANDFUL_SECONDS = 0.01

Send = Callable[[], Receipt]


@dataclass(frozen=True, slots=True)
class Result:
    """What the request of an attempt brought back."""

    attempt_id: int
    outcome: Receipt | WhatsAppError


def attempted(send: Send) -> Receipt | WhatsAppError:
    """What sending comes to. A bug in it leaves one message uncertain, not the whole batch."""
    try:
        return send()
    except WhatsAppError as error:
        return error
    except Misconfigured as problem:
        return CredentialsRejected(str(problem), outcome=Outcome.NOT_SENT)
    except Exception as bug:  # the outer edge of a job
        logger.exception("Sending failed")
        return UncertainOutcome(f"Sending broke off: {type(bug).__name__}. Its status webhook decides.")


@dataclass(slots=True)
class _Pace:
    # Short, to begin with: each request more in flight is one more connection to open.
    answer_seconds: float = 0.05

    def heed(self, seconds: float) -> None:
        self.answer_seconds += NEWEST * (seconds - self.answer_seconds)


# Outlives the wires: one is made for each shift.
_pace = _Pace()


class Wire:
    """One loop's requests. They leave from the bridge that its process has; results come in handfuls."""

    def __init__(self) -> None:
        self.bridge = bridge(settings.DELIVERY_THREADS)
        self.in_flight = 0
        self._submitted = 0
        self._landed = 0
        self._handful: list[Result] = []
        self._timer: TimerHandle | None = None
        self._results: queue.SimpleQueue[list[Result]] = queue.SimpleQueue()
        self._brought: list[Result] = []

    @property
    def width(self) -> int:
        """How many requests to have in flight: what the time of an answer calls for, within the most there may be."""
        return min(self.bridge.most, max(FEWEST_IN_FLIGHT, int(_pace.answer_seconds * RATE_CEILING)))

    @property
    def room(self) -> int:
        return self.width - self.in_flight

    def submit(self, attempt_id: int, send: Send) -> None:
        self.in_flight += 1
        self._submitted += 1
        self.bridge.submit(partial(self._attempt, attempt_id, send))

    def _attempt(self, attempt_id: int, send: Send) -> None:
        """On the bridge."""
        began = time.monotonic()
        outcome = attempted(send)
        _pace.heed(time.monotonic() - began)
        self._landed += 1
        self._handful.append(Result(attempt_id, outcome))
        if len(self._handful) >= HANDFUL or self._landed == self._submitted:
            self._hand_over()
        elif self._timer is None:
            self._timer = self.bridge.loop.call_later(HANDFUL_SECONDS, self._hand_over)

    def _hand_over(self) -> None:
        """To wake the collecting thread for every single result costs more than the result."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._handful:
            self._results.put(self._handful)
            self._handful = []

    def collect(self, most: int, seconds: float) -> list[Result]:
        """What has come back: waits for the first up to `seconds`, then takes what is there."""
        try:
            if not self._brought:
                self._brought += self._results.get(timeout=seconds)
            while len(self._brought) < most:
                self._brought += self._results.get_nowait()
        except queue.Empty:
            pass
        found, self._brought = self._brought[:most], self._brought[most:]
        self.in_flight -= len(found)
        return found
