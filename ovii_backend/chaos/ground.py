"""The ground of a run: a folder, free ports, keys, and PostgreSQL and Redis of its own."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from ovii_backend import environment, processes
from ovii_backend.chaos.blows import WORKERS
from ovii_backend.chaos.writer import BEGINS
from ovii_backend.demo.stage import PASSED_ON
from ovii_backend.supervisor import Program

POSTGRES_FOLDERS = "/usr/lib/postgresql"
WITHOUT_RUN = "ovii"


class Missing(RuntimeError):
    """A server is not installed; the message says which and how to get it."""


@dataclass(frozen=True)
class Ground:
    folder: Path
    postgres_port: int
    redis_port: int
    web_port: int
    sandbox_port: int
    account: processes.SandboxAccount = field(default_factory=processes.SandboxAccount)
    keys: dict[str, str] = field(default_factory=environment.new_keys, repr=False)

    @property
    def sandbox(self) -> str:
        return processes.address(self.sandbox_port)

    @property
    def web(self) -> str:
        return processes.address(self.web_port)

    def database_url(self, name: str = WITHOUT_RUN) -> str:
        return f"postgres://postgres@{processes.LOOPBACK}:{self.postgres_port}/{name}"

    def environment(self, database: str = WITHOUT_RUN, settings: dict[str, str] | None = None) -> dict[str, str]:
        """For every child; neither `.env` nor the shell reaches further."""
        kept = {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("LC_")}
        own = {
            "ENV_FILE": os.devnull,
            "VAR_DIR": str(self.folder / "var"),
            "LOG_FILE": "",
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
            "DATABASE_URL": self.database_url(database),
            "REDIS_URL": f"redis://{processes.LOOPBACK}:{self.redis_port}/0",
        }
        account = self.account.for_the_sandbox() | self.account.for_ovii(self.sandbox)
        return kept | self.keys | own | account | (settings or {})

    def create_database(self, name: str) -> None:
        """A copy of the one that was migrated."""
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{WITHOUT_RUN}"')

    def initdb(self) -> Program:
        options = ("--auth", "trust", "--username", "postgres", "--encoding", "UTF8", "--locale", "C")
        return Program("initdb", (*_as_postgres(), _postgres("initdb"), "-D", str(self._data), *options))

    def postgres(self) -> Program:
        """In the foreground: what a kill ends is the server itself. fsync is on, as it comes."""
        settings = {
            "port": self.postgres_port, "listen_addresses": processes.LOOPBACK, "unix_socket_directories": self._data,
            "max_connections": 150,
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = (*_as_postgres(), _postgres("postgres"), "-D", str(self._data), *options)
        return Program("postgres", command, ready_text="ready to accept connections")

    def redis(self) -> Program:
        program = shutil.which("redis-server")
        if not program:
            raise Missing("redis-server is not installed: apt install redis-server")
        options = ("--port", str(self.redis_port), "--bind", processes.LOOPBACK, "--maxmemory-policy", "noeviction")
        # Nothing is kept: a Redis that comes back is empty.
        command = (program, *options, "--save", "", "--appendonly", "no", "--dir", str(self.folder))
        return Program("redis", command, ready_text="eady to accept connections")

    def meta(self) -> Program:
        return processes.sandbox(self.sandbox_port, f"{self.web}/api/integrations/webhooks/whatsapp/")

    def web_server(self) -> Program:
        """As in production: granian's WSGI, with connections to the database that are kept."""
        server = (sys.executable, "-m", "granian", "--interface", "wsgi", "--host", processes.LOOPBACK)
        options = ("--port", str(self.web_port), "--workers", "1", "--blocking-threads", "8", "--no-access-log")
        return Program("web", (*server, *options, "ovii_backend.wsgi:application"), ready_url=f"{self.web}/health/live")

    def worker(self, name: str) -> Program:
        """The first one has the beat; when it is dead, the other one sweeps by itself."""
        celery = (sys.executable, "-m", "celery", "--quiet", "-A", "ovii_backend", "worker", "--loglevel", "INFO")
        options = ("--concurrency", "2", "-n", f"{name}@chaos", *(("-B",) if name == WORKERS[0] else ()))
        return Program(name, (*celery, *options), ready_text=" ready.")

    def writer(self, plan: Path, journal: Path) -> Program:
        command = (sys.executable, "-m", "ovii_backend.chaos.writer", str(plan), str(journal))
        return Program("writer", command, ready_text=BEGINS)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.folder / "postgres" / "data"


def new_ground() -> Ground:
    """A fresh folder and free ports. Raises Missing."""
    _postgres("postgres")
    folder = Path(mkdtemp(prefix="ovii-chaos-"))
    folder.chmod(0o755)
    for part in ("logs", "var", "postgres"):
        (folder / part).mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder / "postgres", "postgres")
    postgres, redis, web, sandbox = processes.free_ports(4)
    return Ground(folder, postgres, redis, web, sandbox)


def _postgres(program: str) -> str:
    found = sorted(Path(POSTGRES_FOLDERS).glob(f"*/bin/{program}"), key=lambda path: float(path.parts[-3]))
    where = str(found[-1]) if found else shutil.which(program)
    if not where:
        raise Missing(f"PostgreSQL's {program} is not installed: apt install postgresql")
    return where


def _as_postgres() -> tuple[str, ...]:
    """PostgreSQL refuses to run as root. `setpriv` becomes the server instead of waiting for it."""
    if os.geteuid() != 0:
        return ()
    return ("setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--pdeathsig", "INT")
