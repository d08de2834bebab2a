"""From the committed fact to SENT: Ovii over a naive worker, in one run, round by round."""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import psycopg

from bench.installation import Installation, installation
from bench.processes import PostgreSQL, cpu_seconds
from bench.report import Figure, arguments, report

# Latency of the API in milliseconds: what is to be reached at it, and what is aimed for.
BARS = {200: (80, 140), 0: (50, 100)}
CPU_BAR, CPU_AIM = 40, 60
#: What the stand-in must be able to do alone.
STAND_IN_BAR = 4000
PROCESSES = 2
WARM_UP = 1000
NAIVE_WARM_UP = 6
LONGEST_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Run:
    """Messages per second, CPU milliseconds per message of worker and PostgreSQL, connections that the API saw."""

    rate: float
    worker: float
    database: float
    connections: int = 0

    @property
    def cpu(self) -> float:
        return self.worker + self.database


class Meter:
    """What worker and PostgreSQL have used since it was made."""

    def __init__(self, worker: int, database: PostgreSQL) -> None:
        self.worker, self.before = worker, cpu_seconds(worker)
        self.database = database
        database.restart()

    def run(self, count: int, seconds: float) -> Run:
        worker, database = cpu_seconds(self.worker) - self.before, self.database.cpu_seconds()
        return Run(count / seconds, worker / count * 1000, database / count * 1000)


def ours(made: Installation, latency: float, count: int) -> Run:
    """Ovii's own worker and beat, warm; the clock runs from the commit to the last row that says SENT."""
    from bench import traffic

    made.api.ask(latency=latency)
    with made.beat(), made.worker() as worker, made.watch() as watch:
        traffic.write(WARM_UP)
        traffic.wait(LONGEST_SECONDS)
        made.api.ask(forget=True)
        before = traffic.newest()
        database, meters = PostgreSQL(watch, without=[traffic.own_backend()]), list[Meter]()
        committed = traffic.write(count, at_commit=lambda: meters.append(Meter(worker, database)))
        traffic.wait(LONGEST_SECONDS)
        run = meters[0].run(count, traffic.last_recorded(before) - committed)
    told = traffic.verify(made.api, count, before)
    return replace(run, connections=told["connections"])


def naive(made: Installation, latency: float, count: int) -> Run:
    """The baseline, warm; the clock runs from the commit, after which the tasks are queued, to the last SENT."""
    made.api.ask(latency=latency)
    with made.naive_worker() as worker, made.watch() as watch:
        with producing(made, NAIVE_WARM_UP):
            pass
        wait_for_naive(watch)
        made.api.ask(forget=True)
        with producing(made, count) as committed:
            meter = Meter(worker, PostgreSQL(watch, short_lived=True))
        run = meter.run(count, wait_for_naive(watch) - committed)
    told = made.api.ask(forget=True)
    if told["messages"] != count or told["distinct"] != count:
        raise SystemExit(f"The baseline sent {told} instead of {count}.")
    return run


@contextlib.contextmanager
def producing(made: Installation, count: int) -> Iterator[float]:
    """Entered at the commit, whose time it gives; left when all tasks are queued."""
    command = [sys.executable, "-m", "bench.naive.produce", str(count)]
    process = subprocess.Popen(command, env=made.naive_environment, stdout=subprocess.PIPE, text=True)  # noqa: S603
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise SystemExit("The baseline's messages could not be written.")
    yield float(line)
    if process.wait(LONGEST_SECONDS):
        raise SystemExit("The baseline's tasks could not be queued.")


def wait_for_naive(watch: psycopg.Connection) -> float:
    """When the last message was saved as sent."""
    until = time.monotonic() + LONGEST_SECONDS
    while True:
        question = "SELECT count(*), count(*) FILTER (WHERE status = 'SENT'), max(updated_at) FROM naive_message"
        total, sent, last = watch.execute(question).fetchone() or (0, 0, None)
        if total == sent:
            return last.timestamp()
        if time.monotonic() > until:
            raise SystemExit(f"The baseline sent {sent} of {total} in {LONGEST_SECONDS} s.")
        time.sleep(0.2)


def figures(latency: int, pairs: Sequence[tuple[Run, Run]], most: int) -> list[Figure]:
    must, aim = BARS[latency]
    at = f"at {latency} ms:"
    return [
        Figure(f"{at} times the baseline's rate", [own.rate / peer.rate for peer, own in pairs], must, aim),
        Figure(f"{at} times less CPU per message", [peer.cpu / own.cpu for peer, own in pairs], CPU_BAR, CPU_AIM),
        Figure(f"{at} messages/s", [own.rate for _, own in pairs]),
        Figure(f"{at} messages/s, baseline", [peer.rate for peer, _ in pairs]),
        Figure(f"{at} ms of worker per message", [own.worker for _, own in pairs]),
        Figure(f"{at} ms of worker per message, baseline", [peer.worker for peer, _ in pairs]),
        Figure(f"{at} ms of PostgreSQL per message", [own.database for _, own in pairs]),
        Figure(f"{at} ms of PostgreSQL per message, baseline", [peer.database for peer, _ in pairs]),
        Figure(f"{at} connections to the API", [own.connections for _, own in pairs], most, less_is_better=True),
    ]


def measure(made: Installation, asked: argparse.Namespace) -> list[Figure]:
    own_rate = Figure("messages/s that the stand-in takes alone", [made.api.own_rate()], STAND_IN_BAR)
    latencies = [asked.latency] if asked.latency is not None else list(BARS)
    pairs: dict[int, list[tuple[Run, Run]]] = {latency: [] for latency in latencies}
    for _ in range(asked.rounds):
        for latency in latencies:
            peers = asked.naive * (1 if latency else 3)
            peer = naive(made, latency / 1000, peers)
            pairs[latency].append((peer, ours(made, latency / 1000, asked.messages)))
    most = PROCESSES * int(made.environment["DELIVERY_THREADS"])
    return [own_rate, *(figure for latency in latencies for figure in figures(latency, pairs[latency], most))]


def main() -> int:
    parser = arguments(__doc__, messages=10_000, naive=80, rounds=3)
    parser.add_argument("--latency", type=int, choices=BARS, help="milliseconds; both if not given")
    asked = parser.parse_args()
    if asked.quick:
        asked.messages, asked.naive, asked.rounds = 1000, 10, 1
    with installation() as made:
        found = measure(made, asked)
    return report(found, asked)


if __name__ == "__main__":
    sys.exit(main())
