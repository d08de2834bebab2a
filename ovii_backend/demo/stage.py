"""Where the demo plays: its own folder, database, keys, ports and account, and nothing from outside."""

from __future__ import annotations

import fcntl
import ipaddress
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ovii_backend import environment, processes
from ovii_backend.demo.cast import OPERATOR

# A child gets these and what the demo sets; neither .env nor the shell reaches further.
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE")


class Refused(RuntimeError):
    """The environment names something real; the message says what and how to run the demo without it."""


def refuse_the_real_world(given: Mapping[str, str]) -> None:
    """Raises Refused for a Graph URL that is not loopback and for a database that is not the embedded one."""
    graph_url = given.get("WHATSAPP_GRAPH_URL", "")
    if graph_url and not is_loopback(graph_url):
        raise Refused(
            f"WHATSAPP_GRAPH_URL is {graph_url}: the demo sends invented messages and only to the sandbox on this "
            "machine. Unset it (also in .env): WHATSAPP_GRAPH_URL= make demo"
        )
    if given.get("DATABASE_URL", ""):
        raise Refused(_foreign_database("DATABASE_URL is set"))
    engine = given.get("DATABASE_ENGINE", "")
    if engine and engine.rpartition(".")[2] not in ("sqlite", "sqlite3"):
        raise Refused(_foreign_database(f"DATABASE_ENGINE is {engine}"))


def _foreign_database(fact: str) -> str:
    # Not the URL itself: it may hold a password.
    return (
        f"{fact}: the demo writes invented people and money, and only into its own embedded database. "
        "Unset it (also in .env): DATABASE_URL= DATABASE_ENGINE= make demo"
    )


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


@dataclass(frozen=True)
class Stage:
    folder: Path
    web_port: int
    sandbox_port: int
    account: processes.SandboxAccount = field(default_factory=processes.SandboxAccount)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)

    @property
    def web(self) -> str:
        return processes.address(self.web_port)

    @property
    def sandbox(self) -> str:
        return processes.address(self.sandbox_port)

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("LC_")}
        own = {
            "ENV_FILE": os.devnull,
            "DEBUG": "true",
            "VAR_DIR": str(self.folder),
            "LOG_FILE": "",
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
            "DJANGO_SUPERUSER_PHONE_NUMBER": OPERATOR,
            "DJANGO_SUPERUSER_PASSWORD": self.password,
        }
        account = self.account.for_the_sandbox() | self.account.for_ovii(self.sandbox)
        return kept | environment.new_keys() | own | account


@contextmanager
def fresh_stage(folder: Path) -> Iterator[Stage]:
    """An empty folder and free ports. Raises Refused while another demo has them."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"Another demo is running in {folder}.") from None
        shutil.rmtree(folder, ignore_errors=True)
        web_port, sandbox_port = processes.free_ports(2)
        stage = Stage(folder, web_port, sandbox_port)
        stage.logs.mkdir(parents=True, mode=0o700)
        yield stage
