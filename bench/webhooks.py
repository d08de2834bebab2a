"""Webhooks taken per second: signature, row, answer, over a DRF view that looks up and saves each status at once."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import webhook_bodies
from bench.installation import Installation, installation
from bench.processes import running
from bench.report import Figure, arguments, report
from bench.webhook_bodies import Wrk

# As in Dockerfile and docker-compose.yml.
WORKERS, THREADS = 2, 8
WARM_UP = 1500
OVER_DEFAULT, OVER_PERSISTENT, OVER_HUNDRED = 12, 3.5, 80
P99_BAR = 250
NAIVE_TABLE = """
    CREATE TABLE naive_message (id bigserial PRIMARY KEY, phone varchar(16) NOT NULL, template varchar(512) NOT NULL,
        variables jsonb NOT NULL, status varchar(10) NOT NULL, wamid varchar(255) NOT NULL, response jsonb,
        error text NOT NULL, sent_at timestamptz, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
    INSERT INTO naive_message (phone, template, variables, status, wamid, error, created_at, updated_at)
        SELECT '+263771234567', 'transaction_received', '[]', 'SENT',
            'wamid.HBgM' || lpad(n::text, 24, '0') || 'FQIAERgSAAAAAAAAAAAA', '', now(), now()
        FROM generate_series(0, %d) AS n;
    CREATE INDEX ON naive_message (wamid); CREATE INDEX ON naive_message (status);
"""


@dataclass(frozen=True, slots=True)
class Files:
    single: Path
    hundred: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def granian(application: str, port: int) -> list[str]:
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(WORKERS)]
    return ["granian", *options, "--blocking-threads", str(THREADS), "--no-ws", "--log-level", "warning", application]


def gunicorn(application: str, port: int) -> list[str]:
    options = ["--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS)]
    return ["gunicorn", "--bind", f"127.0.0.1:{port}", *options, "--log-level", "warning", application]


@contextlib.contextmanager
def ours(made: Installation) -> Iterator[str]:
    port = free_port()
    with running(made.environment, made.folder / "web.log", *granian("ovii_backend.wsgi:application", port)):
        wait_for(port)
        yield f"http://127.0.0.1:{port}/api/integrations/webhooks/whatsapp/"


@contextlib.contextmanager
def naive(made: Installation, max_age: int | None) -> Iterator[str]:
    """Under gunicorn where it is installed, as in the tutorials; else under the server that we use."""
    port = free_port()
    server = gunicorn if importlib.util.find_spec("gunicorn") else granian
    persistent = {} if max_age == 0 else {"NAIVE_CONN_MAX_AGE": "none"}
    environment = made.naive_environment | persistent
    with running(environment, made.folder / "naive-web.log", *server("bench.naive.web:application", port)):
        wait_for(port)
        yield f"http://127.0.0.1:{port}/webhook"


def wait_for(port: int, longest: float = 30) -> None:
    until = time.monotonic() + longest
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise SystemExit("The web server did not start.")


def measure_ours(made: Installation, file: Path, connections: int, seconds: float) -> Wrk:
    """Rows stored must be at least the 200-answers of the run."""
    with ours(made) as url, made.watch() as watch:
        watch.execute("TRUNCATE integrations_webhookevent")
        first = 0 if connections < 64 else WARM_UP
        warm = webhook_bodies.post(file, url, seconds=1, connections=connections)
        watch.execute("TRUNCATE integrations_webhookevent")
        run = webhook_bodies.post(file, url, seconds=seconds, connections=connections, first=first)
        ((stored,),) = watch.execute("SELECT count(*) FROM integrations_webhookevent").fetchall()
    if stored < run.accepted or run.others or not warm.accepted:
        raise SystemExit(f"{run.accepted} answers of 200, {run.others} others, but {stored} rows.")
    return run


def measure_naive(made: Installation, file: Path, connections: int, seconds: float, max_age: int | None) -> Wrk:
    with naive(made, max_age) as url:
        webhook_bodies.post(file, url, seconds=1, connections=connections)
        run = webhook_bodies.post(file, url, seconds=seconds, connections=connections)
    if run.others > run.accepted / 100:
        raise SystemExit(f"The baseline refused {run.others} posts: see naive-web.log.")
    return run


def measure(made: Installation, asked: argparse.Namespace, files: Files) -> list[Figure]:
    rounds = []
    for _ in range(asked.rounds):
        default = measure_naive(made, files.single, 64, asked.seconds, 0)
        persistent = measure_naive(made, files.single, 64, asked.seconds, None)
        own = measure_ours(made, files.single, 64, asked.seconds)
        peer_hundred = measure_naive(made, files.hundred, 4, asked.seconds, 0)
        own_hundred = measure_ours(made, files.hundred, 4, asked.seconds)
        rounds.append((default, persistent, own, peer_hundred, own_hundred))
    return [
        Figure("single statuses: times the baseline", [own.rate / d.rate for d, _, own, _, _ in rounds], OVER_DEFAULT),
        Figure(
            "single statuses: times the baseline with persistent connections",
            [own.rate / p.rate for _, p, own, _, _ in rounds],
            OVER_PERSISTENT,
        ),
        Figure("single statuses: p99 in ms", [own.p99 for _, _, own, _, _ in rounds], P99_BAR, less_is_better=True),
        Figure("single statuses: posts/s", [own.rate for _, _, own, _, _ in rounds]),
        Figure("single statuses: posts/s, baseline", [d.rate for d, *_ in rounds]),
        Figure("single statuses: posts/s, baseline with persistent connections", [p.rate for _, p, *_ in rounds]),
        Figure("100 per post: times the baseline", [own.rate / d.rate for *_, d, own in rounds], OVER_HUNDRED),
        Figure("100 per post: statuses/s", [own.rate * 100 for *_, own in rounds]),
        Figure("100 per post: statuses/s, baseline", [d.rate * 100 for *_, d, _ in rounds]),
    ]


def main() -> int:
    asked = arguments(__doc__, seconds=3, rounds=3, singles=25_000, hundreds=4_000).parse_args()
    if asked.quick:
        asked.seconds, asked.rounds, asked.singles, asked.hundreds = 1, 1, 8_000, 1_000
    if webhook_bodies.WRK is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    with installation() as made:
        secret = made.environment["WHATSAPP_APP_SECRET"]
        files = Files(
            webhook_bodies.write(webhook_bodies.bodies(asked.singles, 1), secret, made.folder),
            webhook_bodies.write(webhook_bodies.bodies(asked.hundreds, 100), secret, made.folder),
        )
        with made.watch() as watch:
            watch.execute(NAIVE_TABLE % max(asked.singles, asked.hundreds * 100))
        found = measure(made, asked, files)
    return report(found, asked)


if __name__ == "__main__":
    sys.exit(main())
