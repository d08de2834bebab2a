"""Keeping an authentic webhook: one insert, or an error within seconds."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from integrations.models import WebhookEvent

# What took longer has failed: Meta, which is told so, brings it again.
STORE_SECONDS = 3.0
INSERT = (
    f"INSERT INTO {WebhookEvent._meta.db_table} (body, digest, status, attempts, error, received_at)"  # noqa: S608
    " VALUES (%s, %s, %s, 0, '', %s) ON CONFLICT (digest) DO NOTHING"
)


def store(body: bytes) -> bool:
    """Keep an authentic body. True when it is new, False for a redelivery.

    Raises django.db.Error, also when the database takes longer than STORE_SECONDS: a lock, a full disk.
    """
    values = [
        body,
        hashlib.sha256(body).digest(),
        WebhookEvent.Status.PENDING.value,
        connection.ops.adapt_datetimefield_value(timezone.now()),
    ]
    keep = _STORES.get(connection.vendor, _store_without_limit)
    # Asking first whether a kept connection still lives would cost as much as the insert; to insert twice does no harm.
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return keep(values)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        return keep(values)


def _store_without_limit(values: list[Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        return cursor.rowcount == 1


def _store_on_postgresql(values: list[Any]) -> bool:
    # One message to the server, and so one transaction; within a caller's transaction the limit ends here too.
    limit = f"SET LOCAL statement_timeout = {STORE_SECONDS * 1000:.0f}"
    with connection.cursor() as cursor:
        cursor.execute(f"{limit}; {INSERT}; SET LOCAL statement_timeout TO DEFAULT", values)
        cursor.nextset()
        return cursor.rowcount == 1


def _store_on_sqlite(values: list[Any]) -> bool:
    connection.ensure_connection()
    driver = connection.connection
    ((usual,),) = driver.execute("PRAGMA busy_timeout")
    driver.execute(f"PRAGMA busy_timeout = {int(STORE_SECONDS * 1000)}")
    try:
        return _store_without_limit(values)
    finally:
        driver.execute(f"PRAGMA busy_timeout = {usual}")


_STORES = {"postgresql": _store_on_postgresql, "sqlite": _store_on_sqlite}
