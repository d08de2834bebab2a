"""A worker that hears no beat drains and sweeps by itself, at a low rate, also while the broker is away."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from celery import signals
from django.conf import settings
from django.db import connection

from integrations.tasks import drain_webhooks
from notifications import delivery
from notifications.sweep import sweep

logger = logging.getLogger(__name__)

SWEEP_TASK = "notifications.tasks.sweep"


class Watch:
    """Runs in the worker's main process, in a thread of its own."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.heard_at = time.monotonic()
        self.over = threading.Event()
        self._said = False

    def hear(self) -> None:
        """A beat's tick arrived at this worker."""
        self.heard_at = time.monotonic()
        self._said = False

    def run(self) -> None:
        while not self.over.wait(min(self.patience / 4, 5)):
            if time.monotonic() - self.heard_at > self.patience:
                self._sweep()

    def _sweep(self) -> None:
        if not self._said:
            logger.warning("No beat in %.0f s (celery beat or the broker is away): sweeping from here.", self.patience)
            self._said = True
        try:
            # First what Meta says, or the sweep would call uncertain what the inbox has the proof of.
            drain_webhooks()
            if sweep():
                delivery.deliver()
        except Exception:  # the outer edge of a thread: the next round may succeed
            logger.exception("The worker's own sweep failed")
        finally:
            self.heard_at = time.monotonic()
            # Nothing open may be inherited by a child that the pool forks later.
            connection.close()


_watch: Watch | None = None


def start(**_: Any) -> None:
    global _watch
    _watch = Watch(settings.SWEEP_WITHOUT_BEAT_SECONDS)
    threading.Thread(target=_watch.run, name="watch", daemon=True).start()


def hear(request: Any = None, **_: Any) -> None:
    if _watch and request is not None and request.name == SWEEP_TASK:
        _watch.hear()


def stop(**_: Any) -> None:
    if _watch:
        _watch.over.set()


def connect() -> None:
    """These signals fire in a worker only."""
    signals.worker_init.connect(start, weak=False)
    signals.task_received.connect(hear, weak=False)
    signals.worker_shutting_down.connect(stop, weak=False)
