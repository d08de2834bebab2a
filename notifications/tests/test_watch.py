from __future__ import annotations

from django.test import TransactionTestCase

from integrations.models import WebhookEvent
from integrations.webhook_inbox import store
from notifications.watch import Watch


class WatchTests(TransactionTestCase):
    def test_without_a_beat_webhooks_are_understood_too(self) -> None:
        store(b'{"object": "whatsapp_business_account", "entry": []}')
        with self.assertLogs("notifications.watch", "WARNING"):
            Watch(patience=1)._sweep()
        self.assertEqual(WebhookEvent.objects.get().status, "DONE")
