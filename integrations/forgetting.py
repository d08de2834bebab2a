"""Removing the bodies of webhooks that were understood long ago; the digest stays and still tells a redelivery."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.db.models import BooleanField, Func, QuerySet, Value

from integrations.models import WebhookEvent

REMOVED = b""


def forget_bodies(before: datetime, limit: int = 5000) -> int:
    """Remove the bodies of rows that were processed before `before`. Returns how many, at most `limit`."""
    rows = _with_body().filter(status=WebhookEvent.Status.DONE, processed_at__lt=before)
    return _forget(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def bodies_naming(text: str) -> QuerySet[WebhookEvent]:
    """Rows whose body has these bytes in it. Reads every body: for commands, not for requests."""
    place = "instr(%(expressions)s) > 0" if connection.vendor == "sqlite" else "position(%(expressions)s) > 0"
    joiner = ", " if connection.vendor == "sqlite" else " IN "
    needle = Value(text.encode())
    order = ("body", needle) if connection.vendor == "sqlite" else (needle, "body")
    found = Func(*order, template=place, arg_joiner=joiner, output_field=BooleanField())
    return _with_body().annotate(named=found).filter(named=True)


def forget_bodies_naming(text: str) -> int:
    """Remove the bodies that have `text` in them, of rows that are done. Returns how many."""
    done = bodies_naming(text).filter(status=WebhookEvent.Status.DONE)
    return _forget(done.values_list("pk", flat=True))


def each_body_naming(text: str) -> Iterator[WebhookEvent]:
    return bodies_naming(text).order_by("pk").iterator(chunk_size=100)


def _with_body() -> QuerySet[WebhookEvent]:
    return WebhookEvent.objects.exclude(body=REMOVED)


def _forget(ids: QuerySet[WebhookEvent, int]) -> int:
    return WebhookEvent.objects.filter(pk__in=list(ids)).update(body=REMOVED)
