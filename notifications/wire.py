"""The sending threads of a process: requests in, results out, no database connection."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from integrations.exceptions import CredentialsRejected, Misconfigured, Outcome, UncertainOutcome, WhatsAppError
from notifications.channels.base import Receipt

logger = logging.getLogger(__name__)

# A process sends at most about so many a second, whatever the number of threads (bench/README.md): more requests
# in flight than answers come in at that rate only wait for each other.
RATE_CEILING = 1000.0
FEWEST_IN_FLIGHT = 64
# Weight of the newest answer in the mean time of one.
NEWEST = 0.02

Send = Callable[[], Receipt]


@dataclass(frozen=True, slots=True)
class Result:
    """What the request of an attempt brought back."""

    attempt_id: int
    outcome: Receipt | WhatsAppError


class Threads:
    """Started when a request finds none idle; they end with the process."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.answer_seconds = 0.2
        self._started = 0
        self._idle = threading.Semaphore(0)
        self._jobs: queue.SimpleQueue[tuple[int, Send, queue.SimpleQueue[Result]]] = queue.SimpleQueue()

    @property
    def width(self) -> int:
        """How many requests to have in flight: what the time of an answer calls for, within the threads there are."""
        return min(self.most, max(FEWEST_IN_FLIGHT, int(self.answer_seconds * RATE_CEILING)))

    def submit(self, attempt_id: int, send: Send, results: queue.SimpleQueue[Result]) -> None:
        self._jobs.put((attempt_id, send, results))
        if not self._idle.acquire(blocking=False) and self._started < self.most:
            self._started += 1
            threading.Thread(target=self._work, name=f"sending-{self._started}", daemon=True).start()

    def _work(self) -> None:
        while True:
            attempt_id, send, results = self._jobs.get()
            began = time.monotonic()
            outcome = attempted(send)
            self.answer_seconds += NEWEST * (time.monotonic() - began - self.answer_seconds)
            results.put(Result(attempt_id, outcome))
            self._idle.release()


def attempted(send: Send) -> Receipt | WhatsAppError:
    """What sending comes to. A bug in it leaves one message uncertain, not the whole batch."""
    try:
        return send()
    except WhatsAppError as error:
        return error
    except Misconfigured as problem:
        return CredentialsRejected(str(problem), outcome=Outcome.NOT_SENT)
    except Exception as bug:  # the outer edge of a thread
        logger.exception("A sending thread failed")
        return UncertainOutcome(f"Sending broke off: {type(bug).__name__}. Its status webhook decides.")


class Wire:
    """One loop's requests on the threads that its process has."""

    def __init__(self) -> None:
        self.threads = threads()
        self.in_flight = 0
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()

    @property
    def width(self) -> int:
        return self.threads.width

    @property
    def room(self) -> int:
        return self.width - self.in_flight

    def submit(self, attempt_id: int, send: Send) -> None:
        self.in_flight += 1
        self.threads.submit(attempt_id, send, self._results)

    def collect(self, most: int, seconds: float) -> list[Result]:
        """What has come back: waits for the first up to `seconds`, then takes what is there."""
        found: list[Result] = []
        try:
            found.append(self._results.get(timeout=seconds))
            while len(found) < most:
                found.append(self._results.get_nowait())
        except queue.Empty:
            pass
        self.in_flight -= len(found)
        return found


_threads: tuple[int, Threads] | None = None


def threads() -> Threads:
    """Those of this process; a forked child makes its own."""
    global _threads
    if _threads is None or _threads[0] != os.getpid() or _threads[1].most != settings.DELIVERY_THREADS:
        _threads = os.getpid(), Threads(settings.DELIVERY_THREADS)
    return _threads[1]
