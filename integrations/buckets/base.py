"""What is asked of a bucket and what it answers; every backend gives the same answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

# The clock of SQLite counts milliseconds: somebody who waits exactly as told must not come one too early.
CLOCK_STEP = 0.001
# A whole token may be short of itself by what a float loses.
EPSILON = 1e-6
# A pause knows no rate: its bucket is kept until every bucket of ours has filled up again (templates: an hour).
KEPT_AFTER_PAUSE = 3600.0


@dataclass(frozen=True, slots=True)
class Wish:
    """So many tokens, please. Raises ValueError for numbers that no bucket can have.

    `rate` is in tokens per second, `burst` the capacity; a bucket that nobody knows is full. At most `want` are
    granted and `floor` tokens are left for others; a floor that leaves no room for one token is lowered.
    `degraded_ok` asks to go on by the local share while the shared buckets are away; False: wait for them.
    """

    key: str
    rate: float
    burst: float
    want: int
    floor: float = 0.0
    degraded_ok: bool = True

    def __post_init__(self) -> None:
        numbers = (self.rate, self.burst, self.floor)
        if not all(map(math.isfinite, numbers)) or self.rate <= 0 or self.burst < 1:
            raise ValueError(f"{self.key}: rate must be over 0 and burst at least 1, both finite")
        if self.want < 0 or self.floor < 0:
            raise ValueError(f"{self.key}: want and floor cannot be negative")

    @property
    def reserve(self) -> float:
        """The floor, as far as it leaves room for one token."""
        return min(self.floor, self.burst - 1)


@dataclass(frozen=True, slots=True)
class Grant:
    """`granted` of what was wanted; `wait` seconds until the next token is to be had, 0.0 when all was granted."""

    granted: int
    wait: float


@dataclass(frozen=True, slots=True)
class Left:
    """A bucket after a wish: `granted` tokens taken, `tokens` left, nothing more for `paused` seconds."""

    granted: int
    tokens: float
    paused: float

    def answer(self, wish: Wish) -> Grant:
        return Grant(self.granted, 0.0 if self.granted >= wish.want else self.wait(wish))

    def wait(self, wish: Wish) -> float:
        """Seconds until one more token is to be had."""
        missing = wish.reserve + 1 - self.tokens
        return max(self.paused, missing / wish.rate, 0.0) + CLOCK_STEP


def together(wishes: Sequence[Wish], left: Sequence[Left]) -> Grant:
    """The answer to wishes that are met together: the same number from each bucket."""
    granted = left[0].granted
    if granted >= min(wish.want for wish in wishes):
        return Grant(granted, 0.0)
    return Grant(granted, max(one.wait(wish) for wish, one in zip(wishes, left, strict=True)))


class Buckets(Protocol):
    """A place where buckets are kept. Everything may raise one of `failures`: the place is away."""

    failures: tuple[type[Exception], ...]

    def take(self, wishes: Sequence[Wish], *, same: bool = False) -> list[Left]:
        """One atomic step; `same` takes the smallest of the grants from each, whose keys then differ."""

    def give_back(self, taken: Mapping[str, int]) -> None:
        """Tokens that were not used; a bucket never holds more than its burst."""

    def charge(self, wishes: Sequence[Wish]) -> None:
        """Take `want` of each without asking, down to an empty bucket."""

    def pause(self, seconds: Mapping[str, float]) -> None:
        """Empty the buckets and grant nothing for so long; a longer pause in force stays."""

    def paused(self, keys: Sequence[str]) -> dict[str, float]:
        """Seconds left of the pauses in force."""
