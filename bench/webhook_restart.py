"""The database is restarted while webhooks come in: every one that was answered 200 has its row."""

from __future__ import annotations

import argparse
import contextlib
import os
import pwd
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench import installation as installations
from bench import webhook_bodies
from bench.installation import installation
from bench.report import Figure, arguments, report
from bench.webhooks import free_port, ours

PROGRAMS = Path("/usr/lib/postgresql")


class Server:
    """A PostgreSQL of our own on a free port; under root it runs as the user postgres, as it insists on."""

    def __init__(self, folder: Path) -> None:
        found = sorted(PROGRAMS.glob("*/bin"), key=lambda path: int(path.parent.name))
        if not found:
            raise SystemExit(f"No PostgreSQL server under {PROGRAMS}.")
        self.programs, self.data, self.port = found[-1], folder / "data", free_port()
        self.owner = pwd.getpwnam("postgres") if os.getuid() == 0 else None
        if self.owner:
            os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
        self.run("initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust")

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *options: str) -> None:
        user = self.owner and self.owner.pw_uid
        subprocess.run(  # noqa: S603
            [self.programs / program, *options], check=True, user=user, stdout=subprocess.DEVNULL, cwd=self.data.parent
        )

    def control(self, *what: str) -> None:
        options = f"-p {self.port} -k {self.data.parent} -c listen_addresses=127.0.0.1"
        self.run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.data.parent / "log"), "-o", options, *what)


@contextlib.contextmanager
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="ovii-restart-") as folder:
        made = Server(Path(folder))
        made.control("start")
        try:
            yield made
        finally:
            made.control("stop", "-m", "immediate")


def restart_now_and_then(database: Server, asked: argparse.Namespace) -> threading.Thread:
    """In turns in an orderly way and as after a crash."""

    def restart() -> None:
        for place in range(asked.restarts):
            time.sleep(asked.seconds / (asked.restarts + 1))
            database.control("restart", "-m", "immediate" if place % 2 == 0 else "fast")

    thread = threading.Thread(target=restart)
    thread.start()
    return thread


def main() -> int:
    asked = arguments(__doc__, seconds=20, restarts=3, singles=100_000).parse_args()
    if asked.quick:
        asked.seconds, asked.restarts, asked.singles = 6, 1, 30_000
    with server() as database:
        installations.POSTGRESQL = database.url
        with installation() as made, ours(made) as url:
            secret = made.environment["WHATSAPP_APP_SECRET"]
            file = webhook_bodies.write(webhook_bodies.bodies(asked.singles, 1), secret, made.folder)
            restarts = restart_now_and_then(database, asked)
            run = webhook_bodies.post(file, url, seconds=asked.seconds, connections=16)
            restarts.join()
            with made.watch() as watch:
                ((stored,),) = watch.execute("SELECT count(*) FROM integrations_webhookevent").fetchall()
    return report(
        [
            Figure("200-answers without a row", [max(run.accepted - stored, 0)], 0, less_is_better=True),
            Figure("200-answers", [run.accepted], 1),
            Figure("rows", [stored]),
            Figure("answers of 503 meanwhile", [run.others]),
        ],
        asked,
    )


if __name__ == "__main__":
    sys.exit(main())
