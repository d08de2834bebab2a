"""Shared rate limits: token buckets in Redis (RATE_LIMIT_URL) or else in the database.

No function here raises because a server is away. While the shared buckets are, wishes with `degraded_ok` are met
by this process's share of the limit (rate and burst divided by the live workers), others get `Grant(0, wait)`.
`integrations.limits` makes the wishes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence

from django.conf import settings

from integrations.buckets.base import Grant, Wish
from integrations.buckets.chooser import Limiter

__all__ = ["Grant", "Wish", "beat", "degraded", "give_back", "pause", "paused", "take", "take_all"]

_limiter: Limiter | None = None
_lock = threading.Lock()


def take(wishes: Sequence[Wish]) -> list[Grant]:
    """One grant for each wish, in one round trip and by the server's clock.

    Wishes are met in their order; several may name one bucket, such as one for each lane.
    """
    return _current().take(wishes) if wishes else []


def take_all(wishes: Sequence[Wish]) -> Grant:
    """The same number of tokens from each of several buckets, and nothing beyond it.

    That is the most that every bucket can give and every wish wants. `wait` is until all can give one more.
    Raises ValueError when there is no wish or two name the same bucket.
    """
    if not wishes or len({wish.key for wish in wishes}) < len(wishes):
        raise ValueError("wishes that are met together each need a bucket of their own")
    return _current().take_all(wishes)


def give_back(taken: Mapping[str, int]) -> None:
    """Return tokens that were not used, by key. A bucket never holds more than its burst."""
    if taken := {key: tokens for key, tokens in taken.items() if tokens > 0}:
        _current().give_back(taken)


def pause(key: str, seconds: float) -> None:
    """Grant nothing from this bucket for so long: what Meta asks by Retry-After, 130429, 131056 or 80007.

    A longer pause in force stays. The bucket is emptied, because Meta counts more than we do, and fills up again
    from now on at its rate.
    """
    if seconds > 0:
        _current().pause(key, seconds)


def paused(keys: Sequence[str]) -> dict[str, float]:
    """Those of the buckets that are paused, with the seconds left."""
    return _current().paused(keys) if keys else {}


def degraded() -> bool:
    """True while the shared buckets are away, as far as this process knows."""
    return _current().degraded


def beat() -> None:
    """Count this process among the workers that share the limits; taking tokens does it by itself.

    A worker that may be idle for half a minute calls it as often as it likes: it writes every 10 seconds.
    """
    limiter = _current()
    if limiter.url:
        limiter.workers.beat()


def _current() -> Limiter:
    """The limiter of this process and of the address in force."""
    global _limiter
    with _lock:
        if _limiter is None or _limiter.url != settings.RATE_LIMIT_URL:
            _limiter = Limiter(settings.RATE_LIMIT_URL)
        return _limiter


def forget() -> None:
    """Begin anew, as a fresh process would."""
    global _limiter, _lock
    _limiter, _lock = None, threading.Lock()


# Sockets, locks and names of the parent are of no use to a child.
os.register_at_fork(after_in_child=forget)
