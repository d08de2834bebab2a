"""Whether this worker has been told to stop: heard by the main process, seen by all its children.

Celery's main process takes SIGTERM and waits for the tasks of its children, which hear nothing of it.
"""

from __future__ import annotations

import mmap
from typing import Any

from celery import signals

# Shared by whoever is forked from here.
_flag = mmap.mmap(-1, 1)


def asked() -> bool:
    return _flag[0] != 0


def ask(**_: Any) -> None:
    _flag[0] = 1


def forget(**_: Any) -> None:
    _flag[0] = 0


def connect() -> None:
    """These signals fire in a worker only."""
    signals.worker_init.connect(forget, weak=False)
    signals.worker_shutting_down.connect(ask, weak=False)
