from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

#: Where a manual clock starts; every seed has an hour of its own.
START = datetime(2026, 11, 2, tzinfo=UTC).timestamp()
HOURS_OF_SEEDS = 24 * 365


class Clock:
    """The sandbox's time, and what is to happen later in it.

    A live clock is the machine's, plus what `advance` has added. A manual one stands still at an instant that
    depends on the seed alone and moves by `advance` only, so that a whole run can be repeated to the byte.
    """

    def __init__(self, *, manual: bool = False, seed: int = 0) -> None:
        self.manual, self._start = manual, START + 3600 * (seed % HOURS_OF_SEEDS)
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._planned: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self.reset()

    def reset(self) -> None:
        """Back to the start; what was planned does not happen."""
        self._planned.clear()
        self._standing: float | None = self._start if self.manual else None
        self.ahead = 0.0
        self._wake_at(None)

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.ahead if self._standing is None else self._standing

    @property
    def planned(self) -> int:
        return len(self._planned)

    def coming(self, most: int) -> list[tuple[float, str]]:
        """The next steps: when each is due and the name of what is called then."""
        return [(due, step.__name__) for due, _, step, _ in heapq.nsmallest(most, self._planned)]

    def later(self, seconds: float, step: Callable[..., None], *arguments: Any) -> None:
        """Call `step` in so many seconds of this clock; runs in the event loop."""
        due = self.now() + seconds
        first = not self._planned or due < self._planned[0][0]
        heapq.heappush(self._planned, (due, next(self._order), step, arguments))
        if first and not self.manual:
            self._wake_at(due)

    def advance(self, seconds: float) -> int:
        """Move forward and let everything happen that falls due, in its order and at its time; returns how much."""
        self._wake_at(None)
        aim, happened = self.now() + seconds, 0
        while self._planned and self._planned[0][0] <= aim:
            due, _, step, arguments = heapq.heappop(self._planned)
            self._standing = max(due, self.now())
            step(*arguments)
            happened += 1
        if self.manual:
            self._standing = aim
        else:
            self.ahead, self._standing = self.ahead + seconds, None
            self._wake_at(self._planned[0][0] if self._planned else None)
        return happened

    def catch_up(self) -> None:
        """Let happen what is due by now; a manual clock stands still."""
        if not self.manual:
            self.advance(0)

    def jump_to(self, now: float) -> None:
        """Continue at this time (a restart from kept data); never backwards, and nothing planned happens."""
        if self.manual:
            self._standing = max(now, self.now())

    def _wake_at(self, due: float | None) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None
        if due is not None:
            self._timer = asyncio.get_running_loop().call_later(max(due - self.now(), 0), self._run_due)

    def _run_due(self) -> None:
        now = self.now()
        while self._planned and self._planned[0][0] <= now:
            _, _, step, arguments = heapq.heappop(self._planned)
            step(*arguments)
        self._wake_at(self._planned[0][0] if self._planned else None)
