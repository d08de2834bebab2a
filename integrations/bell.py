"""Tells the workers that there is work. The work itself stands in the database: a bell may be lost.

A broker that refuses, or takes the connection and stays silent, must not delay whoever rings. So one daemon
thread per process publishes over a connection with short timeouts, and the caller waits for it at most
PATIENCE_SECONDS. A beat sweeps for what no bell rang for.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import current_app

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.5
SILENCE_SECONDS = 5.0
LIFE_SECONDS = 30
# A connection that rested longer may have been dropped by something in between, unnoticed.
IDLE_SECONDS = 30.0
# A lane is rung at most so often by one process. Bells that come in faster than workers hear them pile up until each
# is too old to be heard, and then none is.
REST_SECONDS = 0.1

Lane = tuple[str, str, tuple[Any, ...], float]


def ring(
    task: str, queue: str, args: tuple[Any, ...] = (), *, wait: float = PATIENCE_SECONDS, delay: float = 0
) -> bool:
    """Publish `task` on `queue`, to be heard after `delay` seconds. True when the broker took it within `wait`
    seconds. Never raises.

    After a failure the process keeps silent for SILENCE_SECONDS. Rings of one lane that meet in the process
    before the first is on its way become one; so do those that follow within REST_SECONDS, which nobody waits for,
    and with `delay` all that come before one that was rung is to be heard. The answer is True for a bell on its way.
    """
    return _ringer.ring((task, queue, args, delay), min(wait, PATIENCE_SECONDS))


def forget_failures() -> None:
    """Try the broker at the next ring, at once."""
    _ringer.begin_anew()


class _Pull:
    """One bell to be rung, asked for at `since`; those who join it share its outcome."""

    def __init__(self, lane: Lane, since: float) -> None:
        self.lane, self.since = lane, since
        self.over = threading.Event()
        self.heard = False


class _Ringer:
    def __init__(self) -> None:
        self.silent_until = 0.0
        self._wanted = threading.Condition()
        self._waiting: dict[Lane, _Pull] = {}
        #: By lane: when it was rung last, and until when a bell with a delay is on its way.
        self._rung_at: dict[Lane, float] = {}
        self._later: dict[Lane, float] = {}
        self._thread: threading.Thread | None = None
        self._line = _Line()

    def begin_anew(self) -> None:
        with self._wanted:
            self.silent_until = 0.0
            self._rung_at.clear()
            self._later.clear()

    def ring(self, lane: Lane, wait: float) -> bool:
        now = time.monotonic()
        if now < self.silent_until:
            return False
        try:
            pull = self._enqueue(lane, now)
        except RuntimeError:
            # The interpreter is shutting down and starts no more threads.
            return False
        if pull is None or wait <= 0 or self._due(pull) > now:
            return True
        if not pull.over.wait(wait):
            self._fall_silent("The broker did not answer within %.1f s", wait)
        return pull.heard

    def _enqueue(self, lane: Lane, now: float) -> _Pull | None:
        """A pull that has not begun can be joined; one on its way may have been heard before our work stood.
        None: a bell of this lane is on its way that will be heard soon enough."""
        task, queue, args, delay = lane
        plain: Lane = (task, queue, args, 0.0)
        with self._wanted:
            if delay:
                if now < self._later.get(plain, 0.0) <= now + delay:
                    return None
                self._later[plain] = now + delay
            self._begin()
            if lane not in self._waiting:
                self._waiting[lane] = _Pull(lane, now)
                self._wanted.notify()
            return self._waiting[lane]

    def _begin(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._run, name="bell", daemon=True)
            thread.start()
            self._thread = thread

    def _run(self) -> None:
        while True:
            with self._wanted:
                while (pause := self._pause()) is None or pause > 0:
                    self._wanted.wait(pause)
                pull = self._waiting.pop(min(self._waiting.values(), key=self._due).lane)
            self._pull(pull)

    def _due(self, pull: _Pull) -> float:
        """When it may be rung: at once, or when its lane has rested (monotonic seconds)."""
        rung_at = 0.0 if pull.lane[-1] else self._rung_at.get(pull.lane, 0.0)
        return max(pull.since, rung_at + REST_SECONDS)

    def _pause(self) -> float | None:
        """Seconds until the next bell is due; None while there is none."""
        return min(map(self._due, self._waiting.values())) - time.monotonic() if self._waiting else None

    def _pull(self, pull: _Pull) -> None:
        try:
            if time.monotonic() >= self.silent_until:
                self._line.publish(pull.lane)
                # Only a bell that the broker took gives its lane a rest.
                if not pull.lane[-1]:
                    self._rung_at[pull.lane] = time.monotonic()
                pull.heard = True
        except Exception as error:
            # A thread's outer edge: brokers fail in the words of five libraries, and none of them may end it.
            self._fall_silent("The broker refused (%s)", type(error).__name__)
            logger.debug("The bell of %s was not heard", pull.lane[0], exc_info=True)
        finally:
            pull.over.set()

    def _fall_silent(self, reason: str, *args: object) -> None:
        with self._wanted:
            already = time.monotonic() < self.silent_until
            self.silent_until = time.monotonic() + SILENCE_SECONDS
        if not already:
            logger.warning(f"{reason}: the sweep finds the work, bells rest for %.0f s", *args, SILENCE_SECONDS)


class _Line:
    """The ringer's own connection, used by its thread alone."""

    def __init__(self) -> None:
        self._producer: Any = None
        self._close: Callable[[], None] | None = None
        self._address = ""
        self._used_at = 0.0

    def publish(self, lane: Lane) -> None:
        rested = time.monotonic() - self._used_at
        if rested > IDLE_SECONDS or self._address != current_app.conf.broker_write_url:
            self._hang_up()
        fresh = self._producer is None
        try:
            self._send(lane)
        except Exception:
            self._hang_up()
            if fresh:
                raise
            # The broker dropped the pooled connection: that is no failure of the broker yet.
            self._send(lane)

    def _send(self, lane: Lane) -> None:
        task, queue, args, delay = lane
        if self._producer is None:
            self._dial()
        current_app.send_task(
            task,
            args=args,
            queue=queue,
            producer=self._producer,
            countdown=delay or None,
            expires=LIFE_SECONDS,
            ignore_result=True,
            retry=False,
        )
        self._used_at = time.monotonic()

    def _dial(self) -> None:
        """Connect once. Kombu's own `connect` would sleep and try again, which is not what a bell is for."""
        address = current_app.conf.broker_write_url
        transport = current_app.connection_for_write(
            connect_timeout=PATIENCE_SECONDS, transport_options=_timeouts(address)
        ).transport
        connection = transport.establish_connection()
        self._close = partial(transport.close_connection, connection)
        self._producer = current_app.amqp.Producer(transport.create_channel(connection), auto_declare=False)
        self._address = address

    def _hang_up(self) -> None:
        close, self._close, self._producer = self._close, None, None
        if close is not None:
            try:
                close()
            except Exception:
                logger.debug("Closing the broker's connection failed", exc_info=True)


def _timeouts(url: str) -> dict[str, object]:
    if url.startswith(("redis", "rediss")):
        return {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
    if url.startswith(("amqp", "pyamqp")):
        return {"read_timeout": PATIENCE_SECONDS, "write_timeout": PATIENCE_SECONDS}
    return {}


_ringer = _Ringer()


def _after_fork() -> None:
    """Threads, locks and sockets of the parent are of no use to a child."""
    global _ringer
    _ringer = _Ringer()


os.register_at_fork(after_in_child=_after_fork)
