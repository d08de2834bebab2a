"""Brokers to fall out with: another address for a while, one that refuses, one that is silent."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from integrations.bell import forget_failures


@contextmanager
def broker(url: str) -> Iterator[None]:
    """Celery reads this variable before its configuration."""
    forget_failures()
    with patch.dict(os.environ, {"CELERY_BROKER_URL": url}):
        try:
            yield
        finally:
            forget_failures()


@contextmanager
def silent_server() -> Iterator[int]:
    """Accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]
