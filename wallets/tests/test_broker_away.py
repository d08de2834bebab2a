from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from celery import current_app
from django.test import TransactionTestCase

from integrations import bell
from integrations.tests.graph_server import closed_port
from notifications.delivery import deliver
from notifications.models import Notification
from notifications.sweep import sweep
from notifications.tests.outside import WithMeta
from tenants.models import Tenant
from wallets.tests.people import People


@contextmanager
def silent_broker() -> Iterator[str]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


class BrokerAwayTests(WithMeta, People, TransactionTestCase):
    """A broker that refuses or is silent costs the caller at most a moment; the sweep sends instead."""

    def setUp(self) -> None:
        Tenant.objects.get_or_create(slug="ovii", defaults={"name": "Ovii"})
        super().setUp()
        self.approve()
        self.open_wallets()
        self.client.force_login(self.tariro.owner)

    def transfer_with(self, broker: str) -> float:
        """Seconds that a transfer over HTTP takes with this broker; the best of three, for the machine is busy."""
        address = current_app.conf.broker_write_url
        self.addCleanup(setattr, current_app.conf, "broker_write_url", address)
        current_app.conf.broker_write_url = broker
        return min(self.transfer() for _ in range(3))

    def transfer(self) -> float:
        bell.forget_failures()
        body = {"wallet": self.tariro.pk, "phone_number": self.rudo.owner.phone_number, "amount": "5.00"}
        begin = time.monotonic()
        answer = self.client.post("/api/wallets/transfer/", body, "application/json")
        self.assertEqual(answer.status_code, 201)
        return time.monotonic() - begin

    def check(self, broker: str) -> None:
        with self.assertLogs("integrations.bell", "WARNING"):
            self.assertLess(self.transfer_with(broker), 1)
        self.assertEqual(set(Notification.objects.values_list("status", flat=True)), {"PENDING"})
        self.assertEqual(sweep(), ["transactional"])
        deliver()
        self.assertEqual(set(Notification.objects.values_list("status", flat=True)), {"SENT"})
        self.assertEqual(len(self.sent()), 6)

    def test_a_broker_that_refuses(self) -> None:
        self.check(f"redis://127.0.0.1:{closed_port()}/0")

    def test_a_broker_that_is_silent(self) -> None:
        with silent_broker() as broker:
            self.check(broker)
