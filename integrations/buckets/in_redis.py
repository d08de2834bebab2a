"""Buckets in Redis: one script, one round trip, the server's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

from integrations.buckets.base import Left, Wish

CONNECT_SECONDS = 0.25
COMMAND_SECONDS = 0.5
SCRIPT = Path(__file__).with_name("script.lua").read_text()


def client(url: str) -> redis.Redis:
    """A client that waits no longer than a sender may. Raises ValueError for an address that is none."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=COMMAND_SECONDS,
        # At once again where a kept connection turns out to be dropped; a silent server is not asked twice.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        health_check_interval=0,
        decode_responses=True,
    )


class RedisBuckets:
    """Buckets that every process of the installation shares; idle ones expire."""

    # ValueError: the address is none.
    failures: tuple[type[Exception], ...] = (redis.RedisError, OSError, ValueError)

    def __init__(self, url: str, prefix: str = "") -> None:
        self._url = url
        # The braces put all keys of a cluster into one slot: a script may only touch one.
        self._prefix = prefix or f"{{{settings.INSTALLATION_ID}:buckets}}:"

    @cached_property
    def _script(self) -> Script:
        return client(self._url).register_script(SCRIPT)

    def take(self, wishes: Sequence[Wish], *, same: bool = False) -> list[Left]:
        replies = self._do("take_same" if same else "take", [wish.key for wish in wishes], _numbers(wishes))
        return [Left(int(granted), float(tokens), float(paused)) for granted, tokens, paused in replies]

    def give_back(self, taken: Mapping[str, int]) -> None:
        self._do("give_back", taken, taken.values())

    def charge(self, wishes: Sequence[Wish]) -> None:
        self._do("charge", [wish.key for wish in wishes], _numbers(wishes))

    def pause(self, seconds: Mapping[str, float]) -> None:
        self._do("pause", seconds, seconds.values())

    def paused(self, keys: Sequence[str]) -> dict[str, float]:
        left = (float(seconds) for seconds in self._do("paused", keys, ()))
        return {key: seconds for key, seconds in zip(keys, left, strict=True) if seconds > 0}

    def _do(self, step: str, keys: Iterable[str], numbers: Iterable[float]) -> Any:
        # EVALSHA; a server that has lost the script gets it anew.
        return self._script(keys=[self._prefix + key for key in keys], args=[step, *map(repr, numbers)])


def _numbers(wishes: Sequence[Wish]) -> Iterable[float]:
    for wish in wishes:
        yield from (wish.rate, wish.burst, wish.want, wish.reserve)
