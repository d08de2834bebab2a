"""One run: everything is started, written to, broken and started again, until all has come to rest; then judged."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import psycopg
import redis
import requests

from ovii_backend import processes
from ovii_backend.chaos import report, story
from ovii_backend.chaos.blows import WORKERS, Blow, make_blows
from ovii_backend.chaos.chronicle import Chronicle, Meta
from ovii_backend.chaos.ground import Ground
from ovii_backend.chaos.ledger import Ledger
from ovii_backend.chaos.plan import Plan
from ovii_backend.chaos.report import LiveLine
from ovii_backend.chaos.verdict import Evidence, Verdict, judge
from ovii_backend.chaos.writer import read_journal, save_plan
from ovii_backend.environment import BASE_DIR
from ovii_backend.supervisor import Sink, Supervisor

POLL_SECONDS = 0.1
LOOK_SECONDS = 0.5
# A program that was told to stop and does not is killed, as any supervisor would.
STOP_GRACE_SECONDS = 10.0
# Two of beat's sweeps: whatever would send something a second time has done so by then.
REST_SECONDS = 4.5
TEMPLATES = 14


class Unready(RuntimeError):
    """The stage could not be set; the run tells nothing."""


class Storm:
    """`servers` runs PostgreSQL and Redis; everything else is this run's own."""

    def __init__(self, plan: Plan, ground: Ground, servers: Supervisor, sink: Sink, line: LiveLine) -> None:
        self.plan, self.ground, self.servers, self.sink, self.line = plan, ground, servers, sink, line
        self.database = f"run_{plan.run.lower()}"
        self.journal = ground.folder / f"journal-{plan.run}.jsonl"
        self.meta, self.chronicle = Meta(ground.sandbox), Chronicle(ground.sandbox)
        self.ledger = Ledger(ground.database_url(self.database))
        self.planned = {one.key: one for one in plan.messages}
        self.blows: Counter[str] = Counter()
        self.seconds = 0.0
        #: What ended though nobody struck it.
        self.ended: Counter[str] = Counter()
        self._away: dict[str, float] = {}
        self._statuses: Counter[str] = Counter()
        self._taken = self._committed = self._written = 0
        self._looked_at = 0.0

    def run(self) -> Verdict:
        """Raises ProgramFailed and Unready when the stage cannot be set."""
        began = time.monotonic()
        self.ground.create_database(self.database)
        environment = self.ground.environment(self.database, self.plan.pace.settings())
        with Supervisor(environment, BASE_DIR, self.sink) as self.ours:
            self._set_stage()
            self.chronicle.start()
            self._weather()
            self._come_to_rest()
            self.chronicle.finish()
            self.seconds = time.monotonic() - began
            return self._judge()

    def _set_stage(self) -> None:
        workers = [self.ground.worker(name) for name in WORKERS]
        self.ours.start(self.ground.meta(), self.ground.web_server(), *workers)
        self.ours.wait_until_ready("sandbox", "web")
        self.ours.run(processes.sync_templates())
        self.ours.wait_until_ready(*WORKERS)
        # The approvals come by webhook: what the run is about to break works until here.
        self._until("The templates are not approved", lambda: self.ledger.approved() >= TEMPLATES)
        self.meta.prepare(self.plan.faults(), self.plan.people())

    def _until(self, complaint: str, condition: Callable[[], bool], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise Unready(complaint)
            time.sleep(POLL_SECONDS)

    def _weather(self) -> None:
        """Everything is written and every blow falls."""
        plan = self.ground.folder / f"plan-{self.plan.run}.json"
        save_plan(plan, self.plan.messages)
        blows = make_blows(self.plan.run, self.plan.seed, self.plan.pace)
        self.ours.start(self.ground.writer(plan, self.journal))
        self.ours.wait_until_ready("writer")
        self.began = time.monotonic()
        deadline = self.began + 3 * self.plan.pace.storm + 180
        while blows or self.ours.children["writer"].alive:
            while blows and self._plan_time() >= blows[0].at:
                self._strike(blows.pop(0))
            self._revive()
            self._show()
            if time.monotonic() > deadline:
                raise Unready("The writer did not come to its end.")
            time.sleep(POLL_SECONDS)
        writer = self.ours.children.pop("writer")
        if writer.process.returncode:
            raise writer.ended()

    def _plan_time(self) -> float:
        """Seconds of the plan: as far as its messages are written."""
        written = self._written / len(self.plan.messages)
        return min(self._passed(), self.plan.pace.storm * written if written < 1 else float("inf"))

    def _passed(self) -> float:
        return time.monotonic() - self.began

    def _strike(self, blow: Blow) -> None:
        supervisor = self._supervisor_of(blow.target)
        if not supervisor.children[blow.target].alive:
            return
        STRIKES[blow.act](self, blow.target, supervisor)
        self.blows[str(blow)] += 1
        self.sink("blows", f"{self._passed():6.2f} s  {blow.act} {blow.target}")
        if blow.pause:
            self._away[blow.target] = time.monotonic() + blow.pause

    def _supervisor_of(self, target: str) -> Supervisor:
        return self.ours if target in self.ours.children else self.servers

    def _revive(self) -> None:
        """Start again what was killed, once its pause is over, and what was told to stop, once it has ended."""
        now = time.monotonic()
        for target, due in list(self._away.items()):
            supervisor = self._supervisor_of(target)
            child = supervisor.children[target]
            if child.alive and now > due + STOP_GRACE_SECONDS:
                child.signal_group(signal.SIGKILL)
            elif not child.alive and now >= due:
                child.signal_group(signal.SIGKILL)
                supervisor.start(child.program)
                del self._away[target]
        for name, child in list(self.ours.children.items()):
            if name != "writer" and name not in self._away and not child.alive:
                self.sink("blows", f"{child.ended()}; started again")
                self.ended[name] += 1
                self.ours.start(child.program)

    def _kill(self, target: str, supervisor: Supervisor) -> None:
        child = supervisor.children[target]
        if target == "postgres":
            # An immediate shutdown: no checkpoint, every connection cut; the start recovers from the log.
            os.kill(child.process.pid, signal.SIGQUIT)
        else:
            child.signal_group(signal.SIGKILL)
        child.process.wait()

    def _stop(self, target: str, supervisor: Supervisor) -> None:
        supervisor.children[target].process.terminate()

    def _flush(self, target: str, supervisor: Supervisor) -> None:
        with suppress(redis.RedisError):
            redis.Redis(processes.LOOPBACK, self.ground.redis_port, socket_timeout=2).flushall()

    def _come_to_rest(self) -> None:
        """Until nothing moves by itself any more; at most the pace's patience."""
        deadline = time.monotonic() + self.plan.pace.patience
        quiet_since = float("inf")
        while time.monotonic() < deadline and time.monotonic() - quiet_since < REST_SECONDS:
            if not self._is_at_rest():
                quiet_since = float("inf")
            elif quiet_since == float("inf"):
                quiet_since = time.monotonic()
            if quiet_since == float("inf"):
                time.sleep(LOOK_SECONDS)
            self._revive()
            self._show()
            time.sleep(POLL_SECONDS)

    def _is_at_rest(self) -> bool:
        try:
            return self.ledger.unrest() == 0 and self.meta.at_rest()
        except (psycopg.Error, requests.RequestException):
            return False

    def _show(self) -> None:
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        committed, aborted = read_journal(self.journal)
        self._committed, self._written = len(committed), len(committed) + len(aborted)
        with suppress(psycopg.Error, requests.RequestException):
            self._taken = self.meta.call("GET", "health")["messages"]
            self._statuses = self.ledger.counts()
        self.line.show(report.progress(self._passed(), self._committed, self._taken, self._statuses, self.blows))

    def _judge(self) -> Verdict:
        committed, aborted = read_journal(self.journal)
        self.evidence = Evidence(
            self.plan.run, self.planned, committed, aborted,
            self.chronicle.taken(self.plan.messages), self.ledger.rows(self.planned),
        )  # fmt: skip
        if lost := self.meta.lost_webhooks():
            raise Unready(f"The sandbox could not keep {lost} updates: the run tells nothing.")
        if missing := {key for key, one in self.planned.items() if not one.aborted} - committed:
            raise Unready(f"The writer did not commit {len(missing)} messages: the run tells nothing.")
        return judge(self.evidence)

    def story_of(self, key: str) -> list[str]:
        """Raises psycopg.Error."""
        taken = [one for one in self.evidence.taken if one.key == key]
        return list(story.tell(self.planned.get(key), self.evidence.rows.get(key, ()), taken, self.ledger))


STRIKES: dict[str, Callable[[Storm, str, Supervisor], None]] = {
    "kill": Storm._kill,
    "stop": Storm._stop,
    "flush": Storm._flush,
}


def prepare(ground: Ground, servers: Supervisor) -> None:
    """Starts PostgreSQL and Redis and migrates the database that each run copies. Raises ProgramFailed."""
    servers.run(ground.initdb())
    servers.start(ground.postgres(), ground.redis())
    servers.wait_until_ready("postgres", "redis")
    with psycopg.connect(ground.database_url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE ovii")
    servers.run(processes.manage("migrate", "migrate", "--noinput", "--verbosity", "0"))


def log_sink(folder: Path, say: Callable[[str], None] | None = None) -> Sink:
    """Writes what each program says into a file of its own, and says it too if asked to."""
    files: dict[str, TextIO] = {}

    def keep(name: str, text: str) -> None:
        file = files.get(name)
        if file is None:
            file = files[name] = open(folder / f"{name}.log", "a", buffering=1)  # noqa: SIM115 (open for the whole run)
        file.write(text + "\n")
        if say:
            say(f"{name:<9}│ {text}")

    return keep
