"""What tests of delivery share: credentials, approved templates, and a Meta that answers as told."""

from __future__ import annotations

import json
from typing import Any

from django.test import TestCase, override_settings

from integrations.models import WhatsAppTemplate
from integrations.tests.graph_server import GraphServer, Reply, Request, graph_server
from integrations.whatsapp.webhooks import MessageStatus
from integrations.whatsapp_templates import get_all_templates
from notifications.models import DeliveryAttempt, Notification
from notifications.services import notify
from notifications.tokens import callback_data

PHONE = "+263771234567"
NUMBER_ID = "106540352242922"
DEPOSIT = {"amount_with_currency": "USD 25.00", "new_balance_with_currency": "USD 75.00", "transaction_id": "TX1"}


def approve(*names: str) -> None:
    """Rows as after a sync: these templates (all when none is named) are approved at Meta."""
    for name, structure in get_all_templates().items():
        if not names or name in names:
            WhatsAppTemplate.objects.create(
                waba_id="222", name=name, language="en_US", category=structure["category"], status="APPROVED"
            )


class WithMeta:
    """Mixed into test cases: each test has its own Meta on a free port, `self.meta`."""

    meta: GraphServer
    approve = staticmethod(approve)

    def setUp(self) -> None:
        super().setUp()
        self.meta = self.enterContext(graph_server())
        self.meta.handler = self.accept
        self.wamids = 0
        self.enterContext(
            override_settings(
                WHATSAPP_GRAPH_URL=self.meta.url,
                WHATSAPP_WABA_ID="222",
                WHATSAPP_PHONE_NUMBER_ID=NUMBER_ID,
                WHATSAPP_ACCESS_TOKEN="EAAtesttoken",
                # Limits have tests of their own.
                WHATSAPP_MESSAGES_PER_SECOND=100_000,
            )
        )

    def accept(self, request: Request) -> Reply:
        self.wamids += 1
        to = request.json()["to"]
        return Reply(
            body={
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": to.lstrip("+")}],
                "messages": [{"id": f"wamid.{self.wamids}", "message_status": "accepted"}],
            }
        )

    def sent(self) -> list[dict[str, Any]]:
        """The payloads that reached Meta."""
        return [json.loads(request.body) for request in self.meta.requests]


class DeliveryTestCase(WithMeta, TestCase):
    def deposit_message(self, **changes: Any) -> Notification:
        arguments: dict[str, Any] = {"phone_number": PHONE, "template_name": "deposit_confirmed", "variables": DEPOSIT}
        return notify("transaction_completed", **arguments | changes)

    def one_attempt(self, message: Notification) -> DeliveryAttempt:
        return DeliveryAttempt.objects.get(notification=message)

    def status(self, attempt: DeliveryAttempt, word: str, **changes: Any) -> MessageStatus:
        known: dict[str, Any] = {
            "wamid": attempt.wamid or "wamid.X",
            "status": word,
            "phone_number_id": NUMBER_ID,
            "callback_data": callback_data(attempt.token),
        }
        return MessageStatus(**known | changes)
