from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sandbox.options import Options, options_of
from sandbox.testing.cloud_api import CloudApi

if TYPE_CHECKING:
    from sandbox.server import Server

#: Statuses and reviews come at once.
QUICK: dict[str, Any] = {"port": 0, "status_delays": (0.0, 0.0, 0.0), "review_seconds": 0.0}
START_SECONDS = 20


def quick_options(wishes: dict[str, Any]) -> Options:
    """Raises `ValueError` for what is no option."""
    return options_of(QUICK | wishes)


@contextmanager
def running(**options: Any) -> Iterator[CloudApi]:
    """A sandbox in a thread of this process, on a free port, for the time of the block.

    `options` are those of `python -m sandbox` with underscores: `running(seed=7, clock="manual")`.
    """
    chosen = quick_options(options)
    with serving(chosen) as server:
        cloud_api = CloudApi(server.url, chosen)
        try:
            yield cloud_api
        finally:
            cloud_api.webhooks.stop_collecting()


@contextmanager
def serving(options: Options) -> Iterator[Server]:
    """Raises `RuntimeError` when it does not start."""
    # Only here: whoever has the plugin loaded but no sandbox running shall not pay for the server's imports.
    from sandbox.server import Server

    answering = threading.Event()
    server = Server(options, lambda _: answering.set())
    thread = threading.Thread(target=server.serve_until_stopped, name="sandbox")
    thread.start()
    try:
        if not answering.wait(START_SECONDS):
            raise RuntimeError("the sandbox did not start")
        yield server
    finally:
        server.should_exit = True
        thread.join()


def connect(url: str) -> CloudApi:
    """A sandbox that runs elsewhere. Raises `ControlError` where none answers."""
    cloud_api = CloudApi(url)
    cloud_api.control.get("health")
    return cloud_api
