"""Buckets of this process alone: its share of the limits while the shared ones are away."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from integrations.buckets.base import EPSILON, KEPT_AFTER_PAUSE, Left, Wish

# Pairs of number and person come and go; full buckets are forgotten when there are more.
MOST_BUCKETS = 10_000
# What was taken by others just before is not known: empty, but for one token, so that a code need not wait.
TOKENS_AT_START = 1.0


@dataclass(slots=True)
class _Bucket:
    asked: Wish
    tokens: float
    at: float
    taken: int = 0


@dataclass(frozen=True, slots=True)
class _Pause:
    since: float
    until: float


class ProcessBuckets:
    """The arithmetic of the shared buckets in Python, by the monotonic clock."""

    failures: tuple[type[Exception], ...] = ()

    def __init__(self, *, tokens_at_start: float = TOKENS_AT_START) -> None:
        self._lock = threading.Lock()
        self._tokens_at_start = tokens_at_start
        self._buckets: dict[str, _Bucket] = {}
        self._pauses: dict[str, _Pause] = {}
        self._room = MOST_BUCKETS

    def take(self, wishes: Sequence[Wish], *, same: bool = False, among: int = 1) -> list[Left]:
        """Each wish is met as one of `among` processes that share its bucket."""
        now = time.monotonic()
        with self._lock:
            self._make_room(now)
            parts = [(wish, share(wish, among)) for wish in wishes]
            smallest = min((self._offer(*part, now) for part in parts), default=0) if same else math.inf
            return [self._serve(part, min(smallest, self._offer(wish, part, now)), now) for wish, part in parts]

    def give_back(self, taken: Mapping[str, int]) -> None:
        with self._lock:
            for key, tokens in taken.items():
                if bucket := self._buckets.get(key):
                    bucket.tokens += tokens
                    bucket.taken = max(0, bucket.taken - tokens)

    def charge(self, wishes: Sequence[Wish]) -> None:
        now = time.monotonic()
        with self._lock:
            for wish in wishes:
                bucket = self._refilled(wish, wish, now)
                bucket.tokens = max(0.0, bucket.tokens - wish.want)

    def pause(self, seconds: Mapping[str, float]) -> None:
        now = time.monotonic()
        with self._lock:
            self._pauses = {key: one for key, one in self._pauses.items() if one.until + KEPT_AFTER_PAUSE > now}
            for key, pause in seconds.items():
                until = max(self._until(key), now + pause)
                self._pauses[key] = _Pause(now, until)
                # Who pauses knows no rate: until a wish tells it, one that fills up when the pause is forgotten.
                unknown = _Bucket(Wish(key, 1 / KEPT_AFTER_PAUSE, 1.0, 0), 0.0, now)
                bucket = self._buckets.setdefault(key, unknown)
                bucket.tokens, bucket.at = 0.0, now

    def paused(self, keys: Sequence[str]) -> dict[str, float]:
        now = time.monotonic()
        with self._lock:
            return {key: self._until(key) - now for key in keys if self._until(key) > now}

    def pauses(self) -> dict[str, float]:
        """Every pause in force."""
        return self.paused(list(self._pauses))

    def spent(self) -> list[Wish]:
        """What was taken here, as wishes to charge the shared buckets with."""
        with self._lock:
            return [replace(one.asked, want=one.taken) for one in self._buckets.values() if one.taken]

    def forget(self) -> None:
        """Begin anew; pauses stay."""
        with self._lock:
            self._buckets.clear()

    def _until(self, key: str) -> float:
        return self._pauses[key].until if key in self._pauses else 0.0

    def _refilled(self, asked: Wish, part: Wish, now: float) -> _Bucket:
        bucket = self._buckets.get(asked.key)
        if bucket is None:
            pause = self._pauses.get(asked.key)
            tokens = 0.0 if pause else self._tokens_at_start
            bucket = self._buckets[asked.key] = _Bucket(asked, tokens, pause.since if pause else now)
        bucket.tokens = min(part.burst, bucket.tokens + (now - bucket.at) * part.rate)
        bucket.at, bucket.asked = now, asked
        return bucket

    def _offer(self, asked: Wish, part: Wish, now: float) -> int:
        tokens = self._refilled(asked, part, now).tokens
        if self._until(asked.key) > now:
            return 0
        return min(part.want, max(0, math.floor(tokens - part.reserve + EPSILON)))

    def _serve(self, part: Wish, granted: float, now: float) -> Left:
        bucket = self._buckets[part.key]
        bucket.tokens -= granted
        bucket.taken += int(granted)
        return Left(int(granted), bucket.tokens, max(0.0, self._until(part.key) - now))

    def _make_room(self, now: float) -> None:
        """A bucket that has filled up here has filled up in the shared place as well: nothing is owed for it."""
        if len(self._buckets) < self._room:
            return
        for key, one in list(self._buckets.items()):
            if one.tokens + (now - one.at) * one.asked.rate >= one.asked.burst:
                del self._buckets[key]
        self._room = max(MOST_BUCKETS, 2 * len(self._buckets))


def share(wish: Wish, among: int) -> Wish:
    """One process's part of a limit; never less than a bucket of one token."""
    if among <= 1:
        return wish
    return replace(wish, rate=wish.rate / among, burst=max(1.0, wish.burst / among), floor=wish.floor / among)
