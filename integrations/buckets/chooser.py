"""Which buckets answer: the shared ones, or this process's own while those are away. Nothing here raises."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from integrations.buckets.base import Buckets, Grant, Left, Wish, together
from integrations.buckets.in_database import DatabaseBuckets
from integrations.buckets.in_process import ProcessBuckets, share
from integrations.buckets.in_redis import RedisBuckets
from integrations.buckets.workers import Workers

logger = logging.getLogger(__name__)

# The shared buckets are asked again so often; only one thread at a time waits for their answer.
RETRY_SECONDS = 5.0
# What a wish is told that came while another thread asks.
SOON_SECONDS = 0.5

Answer = TypeVar("Answer")


class Limiter:
    """The buckets of one RATE_LIMIT_URL as one process sees them. Safe for many threads."""

    def __init__(self, url: str, shared: Buckets | None = None) -> None:
        self.url = url
        self.workers = Workers()
        self._shared = shared or (RedisBuckets(url) if url else DatabaseBuckets())
        self._own = ProcessBuckets()
        self._turning = threading.Lock()
        self._asking_again = threading.Lock()
        self._away = False
        self._again_at = 0.0

    @property
    def degraded(self) -> bool:
        return self._away

    def take(self, wishes: Sequence[Wish]) -> list[Grant]:
        left = self._take(wishes, same=False)
        if left is None:
            return self._take_alone(wishes)
        return [one.answer(wish) for wish, one in zip(wishes, left, strict=True)]

    def take_all(self, wishes: Sequence[Wish]) -> Grant:
        left = self._take(wishes, same=True)
        if left is not None:
            return together(wishes, left)
        if not all(wish.degraded_ok for wish in wishes):
            return self._later()
        among = self.workers.live()
        return together([share(wish, among) for wish in wishes], self._own.take(wishes, same=True, among=among))

    def give_back(self, taken: Mapping[str, int]) -> None:
        self._ask(lambda: self._shared.give_back(taken))
        if self._away:
            self._own.give_back(taken)

    def pause(self, key: str, seconds: float) -> None:
        # Kept here too: it holds when the shared buckets go away, and reaches them when they come back.
        self._own.pause({key: seconds})
        self._ask(lambda: self._shared.pause({key: seconds}))

    def paused(self, keys: Sequence[str]) -> dict[str, float]:
        known = self._ask(lambda: self._shared.paused(keys))
        return self._own.paused(keys) if known is None else known

    def _take(self, wishes: Sequence[Wish], *, same: bool) -> list[Left] | None:
        # Only Redis can be away while its users are not.
        if self.url:
            self.workers.beat()
        return self._ask(lambda: self._shared.take(wishes, same=same))

    def _take_alone(self, wishes: Sequence[Wish]) -> list[Grant]:
        among = self.workers.live()
        met = iter(self._own.take([wish for wish in wishes if wish.degraded_ok], among=among))
        return [next(met).answer(share(wish, among)) if wish.degraded_ok else self._later() for wish in wishes]

    def _later(self) -> Grant:
        return Grant(0, max(SOON_SECONDS, self._again_at - time.monotonic()))

    def _ask(self, question: Callable[[], Answer]) -> Answer | None:
        """None when the shared buckets are away."""
        if not self._away:
            return self._try(question)
        if time.monotonic() < self._again_at or not self._asking_again.acquire(blocking=False):
            return None
        try:
            return self._try(lambda: self._come_back(question))
        finally:
            self._asking_again.release()

    def _try(self, question: Callable[[], Answer]) -> Answer | None:
        try:
            return question()
        except self._shared.failures as error:
            self._fall_back(error)
            return None

    def _fall_back(self, error: Exception) -> None:
        with self._turning:
            already, self._away = self._away, True
            self._again_at = time.monotonic() + RETRY_SECONDS
        if not already:
            logger.warning(
                "The shared rate limits are away (%s): codes and transactional messages go on under this process's "
                "share, bulk waits; they are asked again every %.0f s",
                type(error).__name__,
                RETRY_SECONDS,
            )
        logger.debug("The shared rate limits did not answer", exc_info=error)

    def _come_back(self, question: Callable[[], Answer]) -> Answer:
        """What was taken meanwhile is charged first, so that nobody gets it twice."""
        if spent := self._own.spent():
            self._shared.charge(spent)
        if pauses := self._own.pauses():
            self._shared.pause(pauses)
        answer = question()
        with self._turning:
            self._own.forget()
            self._away = False
        logger.info("The shared rate limits are back")
        return answer
