"""What works, what does not, and why. Each probe answers within about a second and raises nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError

from ovii_backend.celery import app

PROBE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """`problem` is empty when the part works; else one sentence with what to do."""

    part: str
    problem: str = ""

    @property
    def works(self) -> bool:
        return not self.problem


def readiness() -> list[Finding]:
    """Database, migrations, broker: what a process needs before it may get requests."""
    database = Finding("database", _database_problem())
    if not database.works:
        unknown = "Not known while the database does not answer."
        return [database, Finding("migrations", unknown), Finding("broker", _broker_problem())]
    return [database, Finding("migrations", _migrations_problem()), Finding("broker", _broker_problem())]


def _database_problem() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"The database does not answer: {_first_line(error)}"
    return ""


_all_applied = False


def _migrations_problem() -> str:
    """Applied migrations stay applied while a process lives, so a good answer is kept."""
    global _all_applied
    if _all_applied:
        return ""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return f"{len(waiting)} migrations are not applied: run `python manage.py migrate`."
    _all_applied = True
    return ""


def _broker_problem() -> str:
    url = settings.CELERY_BROKER_URL
    scheme = url.partition(":")[0]
    probe: Callable[[str], str] = {
        "filesystem": _folder_problem,
        "redis": _redis_problem,
        "rediss": _redis_problem,
        "memory": lambda _: "",
    }.get(scheme, _other_broker_problem)
    return probe(url)


def _folder_problem(url: str) -> str:
    if os.access(settings.BROKER_DIR, os.W_OK | os.X_OK):
        return ""
    return f"The broker's folder {settings.BROKER_DIR} cannot be written."


def _redis_problem(url: str) -> str:
    # Own time limits: a Redis that accepts and stays silent must not hold the probe.
    client = redis.Redis.from_url(url, socket_timeout=PROBE_SECONDS, socket_connect_timeout=PROBE_SECONDS)
    try:
        client.ping()
    except redis.RedisError as error:
        return f"The broker does not answer; messages go out by the sweep only. {_first_line(error)}"
    finally:
        client.close()
    return ""


def _other_broker_problem(url: str) -> str:
    try:
        with app.connection_for_write(connect_timeout=PROBE_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, timeout=int(PROBE_SECONDS))
    except (OperationalError, OSError) as error:
        return f"The broker does not answer; messages go out by the sweep only. {_first_line(error)}"
    return ""


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
