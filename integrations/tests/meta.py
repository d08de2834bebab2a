"""What the tests of the client share: a server in Meta's place and credentials for it."""

from __future__ import annotations

from typing import Any

from django.test import override_settings

from integrations import conf
from integrations.credentials import Credentials
from integrations.services import WhatsAppClient
from integrations.tests.graph_server import GraphServer, graph_server
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
