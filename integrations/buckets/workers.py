"""How many processes share the limits, told by the database, because Redis is what is away when it matters."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from datetime import timedelta

from django.db import Error, transaction
from django.db.models.functions import Now

from integrations.models import WorkerHeartbeat

logger = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
# Three beats: a process that took no token for so long does not count.
LIVE = timedelta(seconds=30)
# How long a count is good: processes that start during an outage are seen so soon.
COUNT_SECONDS = 2.0
FORGOTTEN = timedelta(days=1)


class Workers:
    """This process's own beat and its view of the others. Never raises: without a database it is alone."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"[-200:]
        self._beat_at = self._counted_at = float("-inf")
        self._live = 1

    def beat(self) -> None:
        """Say that this process is at work, at most every BEAT_SECONDS."""
        if time.monotonic() - self._beat_at < BEAT_SECONDS:
            return
        first, self._beat_at = self._beat_at < 0, time.monotonic()
        try:
            self._write(first)
        except Error:
            logger.debug("The heartbeat could not be written", exc_info=True)

    def live(self) -> int:
        """How many processes beat lately, at least 1; at most COUNT_SECONDS old."""
        if time.monotonic() - self._counted_at >= COUNT_SECONDS:
            self._counted_at = time.monotonic()
            try:
                self._live = max(1, self._count())
            except Error:
                logger.debug("The live workers could not be counted", exc_info=True)
        return self._live

    def _write(self, first: bool) -> None:
        with transaction.atomic():
            row = WorkerHeartbeat(name=self.name, last_seen=Now())
            WorkerHeartbeat.objects.bulk_create(
                [row], update_conflicts=True, unique_fields=["name"], update_fields=["last_seen"]
            )
            if first:
                WorkerHeartbeat.objects.filter(last_seen__lt=Now() - FORGOTTEN).delete()

    def _count(self) -> int:
        return WorkerHeartbeat.objects.filter(last_seen__gt=Now() - LIVE).count()
