"""The client library pywa (David Lev) with nothing changed but where its requests go."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
import uvicorn
from pywa import WhatsApp, handlers
from starlette.applications import Starlette

from sandbox.testing import CloudApi

PATH = "/webhook"
PATIENCE_SECONDS = 10
APP_ID = 1111111111111111
Update = TypeVar("Update")


def client(cloud_api: CloudApi, **more: Any) -> WhatsApp:
    """pywa writes Meta's hosts into its addresses: a hook of its HTTP client sends them to the sandbox."""
    there = httpx.URL(cloud_api.url)

    def reroute(request: httpx.Request) -> None:
        if request.url.host in {"graph.facebook.com", "api.facebook.com"}:
            request.url = request.url.copy_with(scheme=there.scheme, host=there.host, port=there.port)

    return WhatsApp(
        phone_id=cloud_api.phone_number_id,
        token=cloud_api.access_token,
        waba_id=cloud_api.waba_id,
        app_id=APP_ID,
        app_secret=cloud_api.app_secret,
        verify_token=cloud_api.verify_token,
        session=httpx.Client(trust_env=False, event_hooks={"request": [reroute]}),
        **more,
    )


class Bot:
    """pywa with its own web server routes, and what it made of the webhooks."""

    def __init__(self, cloud_api: CloudApi) -> None:
        self.app = Starlette()
        self.client = client(cloud_api, server=self.app, webhook_endpoint=PATH)
        self.updates: queue.Queue[Any] = queue.Queue()
        kinds = [*handlers.Handler.__subclasses__(), *handlers._FactoryHandler.__subclasses__()]
        for kind in kinds:
            if kind not in {handlers._FactoryHandler, handlers.RawUpdateHandler}:
                self.client.add_handlers(kind(lambda _, update: self.updates.put(update)))

    def next(self, kind: type[Update]) -> Update:
        """pywa answers first and handles after that."""
        update = self.updates.get(timeout=PATIENCE_SECONDS)
        assert isinstance(update, kind)
        return update


@contextmanager
def running_bot(cloud_api: CloudApi) -> Iterator[Bot]:
    bot = Bot(cloud_api)
    server = uvicorn.Server(uvicorn.Config(bot.app, log_level="warning", lifespan="off", ws="none"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        cloud_api.webhooks.url = f"http://127.0.0.1:{listener.getsockname()[1]}{PATH}"
        yield bot
    finally:
        cloud_api.webhooks.url = ""
        server.should_exit = True
        thread.join()
