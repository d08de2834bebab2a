"""Processes of a run: started, stopped, and what they have used, read from /proc."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psycopg

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
PATIENCE_SECONDS = 30
CLIENTS = "SELECT pid, datname FROM pg_stat_activity WHERE backend_type = 'client backend'"


@contextlib.contextmanager
def running(environment: Mapping[str, str], log: Path, *command: str) -> Iterator[int]:
    """`python -m …` with this environment until the block ends; its pid."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *command], env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def descendants(pid: int) -> list[int]:
    """This process, its children, and theirs."""
    parents = {int(entry.name): _stat(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found = [pid]
    for one in found:
        found += [child for child, stat in parents.items() if stat and int(stat[1]) == one]
    return found


def cpu_seconds(pid: int) -> float:
    """Of the process and all below it, those that have ended included."""
    return sum(_ticks(one, ended=True) for one in descendants(pid)) / TICK


def children_memory(pid: int) -> int:
    """Resident bytes of the processes below this one."""
    total = 0
    for one in descendants(pid)[1:]:
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * PAGE
    return total


class PostgreSQL:
    """What the backends of one database use, read over a connection of the benchmark's own.

    The server's own processes (WAL, checkpoints, autovacuum) work for everybody and are left out.

    With `short_lived` also what backends used that have ended. The server knows that only for all together: it
    counts as long as nobody else's ended.
    """

    def __init__(self, watch: psycopg.Connection, *, without: Sequence[int] = (), short_lived: bool = False) -> None:
        self.watch, self.short_lived = watch, short_lived
        self.without = {watch.info.backend_pid, *without}
        stat = _stat(watch.info.backend_pid)
        if not stat:
            raise SystemExit("PostgreSQL must run on this machine: its processes are not in /proc.")
        self.server = int(stat[1])
        self.restart()

    def restart(self) -> None:
        self.before = self._read()

    def _read(self) -> tuple[float, float, int]:
        """CPU seconds of living and of ended backends, and how many of other databases have ended."""
        living = self.watch.execute(CLIENTS).fetchall()
        name = self.watch.info.dbname
        ours = [pid for pid, database in living if database == name and pid not in self.without]
        question = "SELECT sum(sessions) FROM pg_stat_database WHERE datname <> %s"
        began = (self.watch.execute(question, [name]).fetchone() or [0])[0]
        theirs = sum(database != name for _, database in living)
        return sum(map(_ticks, ours)) / TICK, _ticks(self.server, ended=True) / TICK, int(began) - theirs

    def cpu_seconds(self) -> float:
        """Since the start."""
        living, ended, strangers = (now - then for now, then in zip(self._read(), self.before, strict=True))
        return living + ended if self.short_lived and not strangers else max(living, 0)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _ticks(pid: int, *, ended: bool = False) -> int:
    stat = _stat(pid)
    return sum(map(int, stat[11 : 15 if ended else 13])) if stat else 0
