"""Blocking code whose requests leave from an event loop: one thread instead of one for each request.

A job runs in a greenlet on the loop's thread. Where it posts, it gives way to the loop, which sends and has it
go on with the answer. Threads that take turns at the interpreter lock cost more than the requests themselves.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import ssl
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from greenlet import getcurrent, greenlet

from integrations import conf

# A process that ends does not wait longer for its connections to close.
CLOSING_SECONDS = 1.0

Job = Callable[[], None]

_left: ContextVar[bool] = ContextVar("left")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    data: bytes


class BrokenOff(Exception):
    """No reply. `left`: the request may have been on its way."""

    def __init__(self, cause: Exception, *, left: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.left = left


class _Connector(aiohttp.TCPConnector):
    """Notes when a request gets its connection: whatever fails later may have reached Meta."""

    async def connect(self, *args: Any, **options: Any) -> Any:
        connection = await super().connect(*args, **options)
        _left.set(True)
        return connection


class _Sending(greenlet):
    bridge: Bridge


class Bridge:
    """The loop of this process and at most so many jobs on it at once; the others wait for their turn."""

    most = 1

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._waiting: deque[Job] = deque()
        self._awake = False
        self._running = 0
        self._session: aiohttp.ClientSession | None = None
        threading.Thread(target=self.loop.run_forever, name="sending", daemon=True).start()

    def submit(self, job: Job) -> None:
        """Run `job` on the loop, where it must not block but by posting. It must not raise."""
        self._waiting.append(job)
        if not self._awake:
            self._awake = True
            self.loop.call_soon_threadsafe(self._start)

    def _start(self) -> None:
        # Before the look: a job that comes in between is seen, or wakes the loop again.
        self._awake = False
        while self._waiting and self._running < self.most:
            self._running += 1
            sending = _Sending(self._run)
            sending.bridge = self
            sending.switch(self._waiting.popleft())

    def _run(self, job: Job) -> None:
        try:
            job()
        finally:
            self._running -= 1
            if self._waiting and not self._awake:
                self._awake = True
                self.loop.call_soon(self._start)

    def post(self, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Called by a job. Never repeated, never redirected. Raises BrokenOff."""
        sending = getcurrent()
        exchange = self.loop.create_task(self._exchange(url, headers, body))
        exchange.add_done_callback(sending.switch)
        assert sending.parent is not None
        sending.parent.switch()
        return exchange.result()

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        connect, read = conf.timeouts()
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)
        _left.set(False)
        try:
            async with self._connections().post(
                url, data=body, headers=headers, allow_redirects=False, timeout=timeout
            ) as response:
                return Reply(response.status, response.headers, await response.read())
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            raise BrokenOff(error, left=_left.get()) from error

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            # No limit here: jobs wait for their turn before they look at the clock.
            connector = _Connector(
                limit=0,
                keepalive_timeout=conf.IDLE_SECONDS,
                # Loading the bundle costs more than sending a message: once per process, not per connection.
                ssl=ssl.create_default_context(cafile=conf.ca_bundle()),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity"},
                trust_env=False,
            )
        return self._session

    def reset(self) -> None:
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._close(), self.loop).result(CLOSING_SECONDS)

    async def _close(self) -> None:
        session, self._session = self._session, None
        if session:
            await session.close()


def here() -> Bridge | None:
    """The bridge whose job is calling; None on ordinary threads."""
    current = getcurrent()
    return current.bridge if isinstance(current, _Sending) else None


_bridge: tuple[int, Bridge] | None = None
# A forked child must not close what it shares with its parent, not even by forgetting it.
_left_behind: list[Bridge] = []


def bridge(most: int) -> Bridge:
    """That of this process; a forked child makes its own."""
    global _bridge
    if _bridge is None or _bridge[0] != os.getpid():
        if _bridge:
            _left_behind.append(_bridge[1])
        _bridge = os.getpid(), Bridge()
    _bridge[1].most = most
    return _bridge[1]


@atexit.register
def reset() -> None:
    """Close the kept connections of this process; the next request opens new ones."""
    if _bridge and _bridge[0] == os.getpid():
        _bridge[1].reset()
