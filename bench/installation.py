"""An installation of Ovii for one run: databases of its own, the stand-in for Meta, workers as an operator has them."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
from cryptography.fernet import Fernet

from bench import tls
from bench.api import Api, stand_in
from bench.processes import running

POSTGRESQL = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379")
# Two databases that nobody else uses: they are emptied.
LIMITS, BROKER = os.environ.get("BENCH_REDIS_DATABASES", "9,10").split(",")
OURS = "ovii-bench"

WABA_ID = "102290129340398"
NUMBERS = ("106540352242922", "106540352242923", "106540352242924", "106540352242925")
TOKEN = "EAAbench"  # noqa: S105
#: What differs from the defaults of .env.example; bench/README.md says why.
OPERATORS_CHOICE = {
    "DELIVERY_THREADS": "256",
    "DELIVERY_BATCH_SIZE": "400",
    "WHATSAPP_MESSAGES_PER_SECOND": "1000",
}


@dataclass
class Installation:
    api: Api
    folder: Path
    database: str
    environment: dict[str, str] = field(repr=False)

    @contextlib.contextmanager
    def worker(self, *options: str, modules: tuple[str, ...] = ()) -> Iterator[int]:
        """A Celery worker of Ovii; its pid. `modules` are loaded into it besides."""
        extra = [f"--include={','.join(modules)}"] if modules else []
        command = ["celery", "-A", "ovii_backend", "worker", *(options or ("-c", "2")), *extra]
        with running(self.environment, self.folder / "worker.log", *command) as pid:
            yield pid

    @contextlib.contextmanager
    def beat(self) -> Iterator[int]:
        with running(self.environment, self.folder / "beat.log", "celery", "-A", "ovii_backend", "beat") as pid:
            yield pid

    @contextlib.contextmanager
    def naive_worker(self) -> Iterator[int]:
        """The baseline's: prefork, as many processes as cores, Celery's defaults."""
        command = ["celery", "-A", "bench.naive.app", "worker", "-c", "2", "-l", "INFO"]
        with running(self.naive_environment, self.folder / "naive.log", *command) as pid:
            yield pid

    @contextlib.contextmanager
    def watch(self) -> Iterator[psycopg.Connection]:
        """A connection of the benchmark's own."""
        with psycopg.connect(_url(self.database), autocommit=True) as connection:
            yield connection

    @property
    def naive_environment(self) -> dict[str, str]:
        return self.environment | {
            "DJANGO_SETTINGS_MODULE": "bench.naive.settings",
            "NAIVE_BROKER": f"{REDIS}/{LIMITS}",
            # As requests loads certifi's, for every call.
            "REQUESTS_CA_BUNDLE": str(self.api.certificate.bundle),
        }

    def on(self, database: str) -> Installation:
        """The same with another database."""
        return Installation(self.api, self.folder, database, self.environment | {"DATABASE_URL": _url(database)})

    def use(self) -> None:
        """Make this process speak with its database from here on."""
        from django.db import connection

        connection.close()
        connection.settings_dict["NAME"] = self.database


@contextlib.contextmanager
def installation(**settings: str) -> Iterator[Installation]:
    """Migrated, with approved templates and its numbers. Django is set up in this process as well."""
    # Asked to end, it still stops and removes what it made.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Asked to end."))
    with contextlib.ExitStack() as until_the_end:
        folder = Path(until_the_end.enter_context(tempfile.TemporaryDirectory(prefix="ovii-bench-")))
        until_the_end.enter_context(_redis())
        database = until_the_end.enter_context(fresh_database("ovii_bench"))
        api = until_the_end.enter_context(stand_in(tls.make(folder)))
        made = Installation(api, folder, database, _environment(folder, api, database) | settings)
        _migrate(made)
        # Its own lines are none of the figures; the workers log as they do by default.
        os.environ.update(made.environment | {"LOG_LEVEL": "WARNING"})
        import django

        django.setup()
        from bench.traffic import prepare

        prepare()
        yield made


def _environment(folder: Path, api: Api, database: str) -> dict[str, str]:
    """Nothing of the machine's own .env or environment but the path to programs."""
    nothing = folder / "empty.env"
    nothing.touch()
    return {
        "PATH": os.environ.get("PATH", ""),
        "DJANGO_SETTINGS_MODULE": "ovii_backend.settings",
        "ENV_FILE": str(nothing),
        "VAR_DIR": str(folder),
        "DATABASE_URL": _url(database),
        "REDIS_URL": f"{REDIS}/{LIMITS}",
        "CELERY_BROKER_URL": f"{REDIS}/{BROKER}",
        "WHATSAPP_GRAPH_URL": api.url,
        "WHATSAPP_CA_BUNDLE": str(api.certificate.bundle),
        "WHATSAPP_WABA_ID": WABA_ID,
        "WHATSAPP_PHONE_NUMBER_ID": NUMBERS[0],
        "WHATSAPP_ACCESS_TOKEN": TOKEN,
        "WHATSAPP_APP_SECRET": secrets.token_hex(16),
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "OTP_SECRET_KEY": secrets.token_urlsafe(48),
        **OPERATORS_CHOICE,
    }


def _url(database: str) -> str:
    return urlsplit(POSTGRESQL)._replace(path=f"/{database}").geturl()


@contextlib.contextmanager
def fresh_database(name: str, template: str = "template1") -> Iterator[str]:
    name = f"{name}_{os.getpid()}"
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield name
    finally:
        # Another connection: the server may have been restarted meanwhile.
        with psycopg.connect(POSTGRESQL, autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def _redis() -> Iterator[None]:
    databases = [redis.Redis.from_url(f"{REDIS}/{number}") for number in (LIMITS, BROKER)]
    for database in databases:
        owner = int(database.get(OURS) or 0)
        # Another run that still runs, or somebody else's database.
        if database.dbsize() and (not owner or Path(f"/proc/{owner}").exists()):
            raise SystemExit(f"{database} is in use: name two free ones in BENCH_REDIS_DATABASES.")
        database.flushdb()
        database.set(OURS, os.getpid())
    try:
        yield
    finally:
        for database in databases:
            database.flushdb()
            database.close()


def _migrate(made: Installation) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
    subprocess.run(command, env=made.environment, check=True)  # noqa: S603
