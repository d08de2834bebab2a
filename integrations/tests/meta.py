"""What the tests of the client share: a server in Meta's place and credentials for it."""

from __future__ import annotations

import queue
from collections.abc import Callable
from functools import partial
from typing import Any

from django.test import override_settings

from integrations import conf
from integrations.credentials import Credentials
from integrations.services import WhatsAppClient
from integrations.tests.graph_server import GraphServer, graph_server
from integrations.whatsapp.bridge import bridge
from integrations.whatsapp.transport import reset_pool

NUMBER = "+263771234567"
CREDENTIALS = Credentials("222", "111", "EAAtesttoken", "secret", "verify", "v25.0", "environment")


class WithMeta:
    """Mix in before a Django TestCase: `self.meta` is the server, `self.whatsapp` a client for it."""

    meta: GraphServer

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self.meta = self.enterContext(graph_server())  # type: ignore[attr-defined]
        self.set(WHATSAPP_GRAPH_URL=self.meta.url)
        conf.forget_warnings()
        self.addCleanup(conf.forget_warnings)  # type: ignore[attr-defined]
        self.addCleanup(reset_pool)  # type: ignore[attr-defined]

    def set(self, **settings: Any) -> None:
        self.enterContext(override_settings(**settings))  # type: ignore[attr-defined]

    @property
    def whatsapp(self) -> WhatsAppClient:
        return WhatsAppClient(CREDENTIALS)


def on_the_bridge(work: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """What `work` comes to where the worker sends from."""
    came: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()

    def job() -> None:
        try:
            came.put((work(*args, **options), None))
        except Exception as error:  # noqa: BLE001 - raised by the caller
            came.put((None, error))

    bridge(8).submit(job)
    value, error = came.get(timeout=30)
    if error:
        raise error
    return value


class OnTheBridge:
    """Mix in before a test case that sends by `self.whatsapp`: the same outcomes, by the worker's way."""

    @property
    def whatsapp(self) -> Any:
        return _Bridged(WhatsAppClient(CREDENTIALS))


class _Bridged:
    def __init__(self, client: WhatsAppClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return partial(on_the_bridge, getattr(self._client, name))
