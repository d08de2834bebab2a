"""Runs a handful of processes as one: ready together, stopped together, none left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import FrameType, TracebackType
from typing import Any, Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_SECONDS = 0.05
GRACE_SECONDS = 10.0
LONGEST_BACKOFF_SECONDS = 30.0
HEALTHY_AFTER_SECONDS = 30.0
TAIL_LINES = 25
PR_SET_PDEATHSIG = 1

Sink = Callable[[str, str], None]
# Readiness is asked of this machine; a proxy from the environment has no business in between.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Program:
    """A command and how one sees that it serves: a URL that answers 200, or a text in its output."""

    name: str
    command: tuple[str, ...]
    ready_url: str = ""
    ready_text: str = ""


class ProgramFailed(RuntimeError):
    """A program ended or did not become ready; `tail` holds its last lines."""

    def __init__(self, name: str, reason: str, tail: Iterable[str]) -> None:
        super().__init__(f"{name} {reason}")
        self.name = name
        self.tail = list(tail)


class _Child:
    def __init__(self, program: Program, process: subprocess.Popen[str], sink: Sink) -> None:
        self.program = program
        self.process = process
        self.sink = sink
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self.said_ready = Event()
        self.started = time.monotonic()
        self.reader = Thread(target=self._read, name=f"output of {program.name}", daemon=True)
        self.reader.start()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        for line in stream:
            self.tail.append(line.rstrip())
            self.sink(self.program.name, line.rstrip())
            if self.program.ready_text and self.program.ready_text in line:
                self.said_ready.set()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def ready(self) -> bool:
        program = self.program
        return (not program.ready_text or self.said_ready.is_set()) and (
            not program.ready_url or answers(program.ready_url)
        )

    def failure(self, reason: str) -> ProgramFailed:
        self.reader.join(timeout=1)
        return ProgramFailed(self.program.name, reason, self.tail)

    def ended(self) -> ProgramFailed:
        return self.failure(f"ended with exit code {self.process.returncode}")

    def signal_group(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


def answers(url: str) -> bool:
    try:
        with _direct.open(url, timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _end_with_parent() -> None:
    """Between fork and exec: ask the kernel for SIGTERM should this process's parent be killed."""
    assert _libc is not None
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """A context manager: inside it SIGTERM and SIGHUP are a Ctrl-C; leaving it stops every program.

    Each program leads its own session, so a Ctrl-C at the terminal reaches this process alone and each
    program gets exactly one SIGTERM: its own children (Celery's pool) are its own business. What is left of
    its group afterwards, or after GRACE_SECONDS or a second Ctrl-C, is killed.
    """

    def __init__(self, environment: Mapping[str, str], directory: Path, sink: Sink) -> None:
        self.environment = dict(environment)
        self.directory = directory
        self.sink = sink
        self.children: dict[str, _Child] = {}
        self._failures: dict[str, int] = {}
        self._hurry = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in STOP_SIGNALS:
            self._previous[number] = signal.signal(number, self._interrupt)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, self._be_quick)
        try:
            self.stop()
        finally:
            for number, handler in self._previous.items():
                signal.signal(number, handler)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        for stop_signal in STOP_SIGNALS:
            signal.signal(stop_signal, self._be_quick)
        raise KeyboardInterrupt

    def _be_quick(self, number: int, frame: FrameType | None) -> None:
        self._hurry = True

    def start(self, *programs: Program) -> None:
        for program in programs:
            process = subprocess.Popen(  # noqa: S603
                program.command,
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                bufsize=1,
                start_new_session=True,
                preexec_fn=_end_with_parent if _libc else None,
            )
            self.children[program.name] = _Child(program, process, self.sink)

    def wait_until_ready(self, *names: str, seconds: float = 60) -> None:
        """Returns when all named programs serve. Raises ProgramFailed with the last lines of one that does not."""
        deadline = time.monotonic() + seconds
        waiting = list(names)
        while waiting:
            child = self.children[waiting[0]]
            if not child.alive:
                raise child.ended()
            if child.ready():
                waiting.pop(0)
            elif time.monotonic() > deadline:
                raise child.failure(f"was not ready after {seconds:.0f} s")
            else:
                time.sleep(POLL_SECONDS)

    def run(self, program: Program, seconds: float = 120) -> list[str]:
        """Starts a program that ends by itself and returns its last lines. Raises ProgramFailed."""
        self.start(program)
        child = self.children[program.name]
        deadline = time.monotonic() + seconds
        while child.alive:
            if time.monotonic() > deadline:
                raise child.failure(f"did not end within {seconds:.0f} s")
            time.sleep(POLL_SECONDS)
        del self.children[program.name]
        child.reader.join(timeout=1)
        if child.process.returncode:
            raise child.ended()
        return list(child.tail)

    def check(self) -> None:
        """Raises ProgramFailed when a program has ended."""
        for child in self.children.values():
            if not child.alive:
                raise child.ended()

    def watch(self) -> None:
        """Starts again what ends, later each time, until a signal raises KeyboardInterrupt."""
        due: dict[str, float] = {}
        while True:
            time.sleep(0.2)
            for name, child in list(self.children.items()):
                if not child.alive and name not in due:
                    due[name] = time.monotonic() + self._pause(child)
                if time.monotonic() >= due.get(name, float("inf")):
                    del due[name]
                    self.start(child.program)

    def _pause(self, child: _Child) -> float:
        """Seconds until what has ended may start again; says so and clears away the rest of its group."""
        name = child.program.name
        child.signal_group(signal.SIGKILL)
        lived = time.monotonic() - child.started
        self._failures[name] = 1 if lived > HEALTHY_AFTER_SECONDS else self._failures.get(name, 0) + 1
        pause = min(LONGEST_BACKOFF_SECONDS, 2.0 ** (self._failures[name] - 1))
        self.sink(name, f"{child.ended()}; starting again in {pause:.0f} s")
        return pause

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """SIGTERM to each program's main process, SIGKILL to what is left of their groups."""
        children = list(self.children.values())
        for child in children:
            if child.alive:
                child.process.terminate()
        deadline = time.monotonic() + grace
        while any(child.alive for child in children):
            if self._hurry or time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        for child in children:
            child.signal_group(signal.SIGKILL)
            child.process.wait()
            child.reader.join(timeout=1)
        self.children.clear()
