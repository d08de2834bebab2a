"""A Redis to test with, and a door in front of it that can be shut."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from urllib.parse import urlsplit

import redis

ADDRESS = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/7"


@cache
def redis_answers() -> bool:
    try:
        return bool(redis.Redis.from_url(ADDRESS, socket_connect_timeout=1, socket_timeout=1).ping())
    except redis.RedisError:
        return False


def forget_keys(prefix: str) -> None:
    """What FLUSHALL does to the buckets of one test; the server is shared with others."""
    server = redis.Redis.from_url(ADDRESS)
    if keys := list(server.scan_iter(match=prefix.replace("[", "\\[") + "*", count=1000)):
        server.delete(*keys)
    server.close()


class Door:
    """Passes connections on to Redis. `refuse` closes it, `fall_silent` swallows every byte, `open` mends both."""

    def __init__(self) -> None:
        self._behind = urlsplit(ADDRESS)
        self._listener: socket.socket | None = None
        self._port = 0
        self._silent = False
        self._lines: list[socket.socket] = []
        self.open()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}{self._behind.path}"

    def open(self) -> None:
        self._silent = False
        self._hang_up()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self._port))
            self._port = self._listener.getsockname()[1]
            threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def refuse(self) -> None:
        if self._listener is not None:
            # The thread that accepts holds the port until it wakes.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self._hang_up()

    def fall_silent(self) -> None:
        self._silent = True

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection((self._behind.hostname, self._behind.port or 6379))
                self._lines += (near, far)
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not self._silent:
                    target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)

    def _hang_up(self) -> None:
        lines, self._lines = self._lines, []
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()


@contextmanager
def door() -> Iterator[Door]:
    opened = Door()
    try:
        yield opened
    finally:
        opened.refuse()
