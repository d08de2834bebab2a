from __future__ import annotations

import time

from django.test import TransactionTestCase

from integrations import bell
from integrations.tests.brokers import broker, silent_server
from integrations.tests.graph_server import closed_port
from notifications.delivery import deliver
from notifications.models import Notification
from notifications.sweep import sweep
from notifications.tests.outside import WithMeta
from tenants.models import Tenant
from wallets.tests.people import People


class BrokerAwayTests(WithMeta, People, TransactionTestCase):
    """A broker that refuses or is silent costs the caller at most a moment; the sweep sends instead."""

    def setUp(self) -> None:
        Tenant.objects.get_or_create(slug="ovii", defaults={"name": "Ovii"})
        super().setUp()
        self.approve()
        self.open_wallets()
        self.client.force_login(self.tariro.owner)

    def transfer(self) -> float:
        """Seconds that one transfer over HTTP takes."""
        bell.forget_failures()
        body = {"wallet": self.tariro.pk, "phone_number": self.rudo.owner.phone_number, "amount": "5.00"}
        begin = time.monotonic()
        answer = self.client.post("/api/wallets/transfer/", body, "application/json")
        self.assertEqual(answer.status_code, 201)
        return time.monotonic() - begin

    def check(self, url: str) -> None:
        with broker(url), self.assertLogs("integrations.bell", "WARNING"):
            # The best of three, for the machine may be busy with something else.
            self.assertLess(min(self.transfer() for _ in range(3)), 1)
        self.assertEqual(set(Notification.objects.values_list("status", flat=True)), {"PENDING"})
        self.assertEqual(sweep(), ["transactional"])
        deliver()
        self.assertEqual(set(Notification.objects.values_list("status", flat=True)), {"SENT"})
        self.assertEqual(len(self.sent()), 6)

    def test_a_broker_that_refuses(self) -> None:
        self.check(f"redis://127.0.0.1:{closed_port()}/0")

    def test_a_broker_that_is_silent(self) -> None:
        with silent_server() as port:
            self.check(f"redis://127.0.0.1:{port}/0")
