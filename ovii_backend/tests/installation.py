"""A whole installation of its own for a test: sandbox, web, worker, database, in a folder that vanishes."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.test import SimpleTestCase

from ovii_backend import processes
from ovii_backend.demo.clients import Http, Phone
from ovii_backend.demo.stage import Stage, fresh_stage
from ovii_backend.environment import BASE_DIR
from ovii_backend.supervisor import Program, Supervisor

PATIENCE_SECONDS = 60


class Installation(SimpleTestCase):
    """Real processes; the test speaks HTTP with them and reads their database file."""

    settings: dict[str, str] = {}
    stage: Stage
    supervisor: Supervisor
    http: Http
    phone: Phone

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack = ExitStack()
        cls.addClassCleanup(cls.stack.close)
        folder = Path(cls.stack.enter_context(tempfile.TemporaryDirectory())) / "stage"
        cls.stage = cls.stack.enter_context(fresh_stage(folder))
        environment = cls.stage.environment() | cls.settings
        cls.supervisor = cls.stack.enter_context(Supervisor(environment, BASE_DIR, cls.keep))
        webhook = f"{cls.stage.web}/api/integrations/webhooks/whatsapp/"
        cls.supervisor.start(processes.sandbox(cls.stage.sandbox_port, webhook))
        cls.supervisor.run(processes.manage("migrate", "migrate", "--noinput"))
        cls.supervisor.start(processes.web(cls.stage.web_port))
        cls.supervisor.wait_until_ready("sandbox", "web")
        cls.http, cls.phone = Http(cls.stage.web), Phone(cls.stage.sandbox)
        cls.manage("sync_whatsapp_templates")
        cls.until(cls.all_approved)
        cls.manage("sync_whatsapp_templates", "--check-status")

    @classmethod
    def keep(cls, name: str, line: str) -> None:
        with open(cls.stage.logs / f"{name}.log", "a") as log:
            log.write(line + "\n")

    @classmethod
    def manage(cls, *arguments: str) -> list[str]:
        return cls.supervisor.run(processes.manage(arguments[0], *arguments))

    @classmethod
    def python(cls, code: str, **changed: str) -> list[str]:
        """Run `code` in a Django shell of the installation, with these changes to its environment."""
        assignments = [f"{name}={value}" for name, value in changed.items()]
        command = ("env", *assignments, sys.executable, "manage.py", "shell", "--no-imports", "-c", code)
        return cls.supervisor.run(Program("shell", command))

    @classmethod
    def start_worker(cls, name: str, *options: str, **changed: str) -> None:
        assignments = [f"{key}={value}" for key, value in changed.items()]
        celery = (
            sys.executable,
            "-m",
            "celery",
            "--quiet",
            "-A",
            "ovii_backend",
            "worker",
            "--loglevel",
            "INFO",
            "--concurrency",
            "2",
        )
        program = Program(name, ("env", *assignments, *celery, *options), ready_text=" ready.")
        cls.supervisor.start(program)
        cls.supervisor.wait_until_ready(name)

    @classmethod
    def all_approved(cls) -> bool:
        templates = cls.phone.get("/sandbox/templates")["templates"]
        return len(templates) >= 14 and all(one["status"] == "APPROVED" for one in templates)

    @classmethod
    def until(cls, condition: Callable[[], Any]) -> Any:
        """What `condition` answers once it is true."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if answer := condition():
                return answer
            time.sleep(0.05)
        logs = "\n".join(path.read_text()[-3000:] for path in sorted(cls.stage.logs.glob("*.log")))
        raise AssertionError(f"{condition} did not come true within {PATIENCE_SECONDS} s\n{logs}")

    @classmethod
    def select(cls, query: str) -> list[tuple[Any, ...]]:
        database = sqlite3.connect(f"file:{cls.stage.folder / 'ovii.sqlite3'}?mode=ro", uri=True, timeout=30)
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()

    @classmethod
    def statuses(cls) -> list[str]:
        return [status for (status,) in cls.select("SELECT status FROM notifications_notification ORDER BY id")]
