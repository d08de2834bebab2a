from __future__ import annotations

import logging

from django.db import transaction
from django.test import TransactionTestCase, override_settings

from integrations.tests.graph_server import Reply, graph_error
from notifications.models import DeliveryAttempt, DeliveryEvent, IdempotencyKey, Notification
from notifications.services import notify, send_whatsapp_template
from notifications.sweep import sweep
from notifications.tests.outside import DEPOSIT, PHONE, DeliveryTestCase, approve


class DirectSendTests(DeliveryTestCase):
    """The documented call: sends now, records the row, answers with Meta's answer."""

    def send(self, name: str = "deposit_confirmed", **variables: str) -> dict:
        return send_whatsapp_template(phone_number=PHONE, template_name=name, variables=variables or DEPOSIT)

    def test_it_returns_metas_answer_and_keeps_the_row(self) -> None:
        approve()
        answer = self.send()
        self.assertEqual(answer["messages"][0]["id"], "wamid.1")
        message = Notification.objects.get()
        self.assertEqual((message.status, message.whatsapp_message_id), ("SENT", "wamid.1"))

    def test_without_credentials_it_answers_an_error_and_the_row_waits(self) -> None:
        approve()
        with override_settings(WHATSAPP_ACCESS_TOKEN=""), self.assertLogs("notifications", "WARNING"):
            answer = self.send()
        self.assertIn("Access Token", answer["error"]["message"])
        self.assertEqual(Notification.objects.get().status, "PENDING")

    def test_switched_off_is_skipped(self) -> None:
        approve()
        with override_settings(ENABLE_WHATSAPP_NOTIFICATIONS=False):
            answer = self.send()
        self.assertEqual(answer["error"]["status"], "SKIPPED")

    def test_a_template_that_is_not_approved_holds_the_row(self) -> None:
        answer = self.send()
        self.assertIn("sync_whatsapp_templates", answer["error"]["message"])
        self.assertEqual(DeliveryAttempt.objects.get().hold, "template")

    def test_a_refusal_answers_its_code(self) -> None:
        approve()
        self.meta.answer(graph_error(131026))
        with self.assertLogs("notifications", "ERROR"):
            answer = self.send()
        self.assertEqual(answer["error"]["code"], 131026)
        self.assertEqual(Notification.objects.get().status, "FAILED")

    def test_a_timeout_is_uncertain(self) -> None:
        approve()
        self.meta.answer(Reply(cut="after"))
        with self.assertLogs("notifications", "ERROR"):
            answer = self.send()
        self.assertEqual(answer["error"]["status"], "UNCERTAIN")

    def test_mistakes_are_refused_before_anything_else(self) -> None:
        with self.assertRaisesRegex(ValueError, "hello_wrld"):
            self.send("hello_wrld")
        with self.assertRaisesRegex(ValueError, "new_balance_with_currency"):
            self.send(amount_with_currency="USD 1.00", transaction_id="TX1")
        with self.assertRaisesRegex(ValueError, "not a phone number"):
            send_whatsapp_template(phone_number="?", template_name="deposit_confirmed", variables=DEPOSIT)
        self.assertFalse(Notification.objects.exists())

    def test_a_code_is_used_once_and_stored_nowhere(self) -> None:
        approve()
        with self.assertLogs(level=logging.DEBUG) as logs:
            self.send("otp_verification", code="73194628")
        self.assertIn("73194628", str(self.sent()))
        tables = (Notification, DeliveryAttempt, DeliveryEvent, IdempotencyKey)
        kept = str([list(table.objects.values()) for table in tables])
        self.assertNotIn("73194628", kept + str(logs.output))
        self.assertIn("••••••", kept)

    def test_a_code_that_could_not_be_sent_is_not_sent_later_as_a_placeholder(self) -> None:
        approve()
        self.meta.answer(graph_error(131016, 500))
        with self.assertLogs("notifications"):
            self.send("otp_verification", code="73194628")
        self.assertEqual((Notification.objects.get().status, DeliveryAttempt.objects.count()), ("FAILED", 1))
        self.assertEqual((sweep(), len(self.sent())), ([], 1))

    def test_a_code_whose_template_waits_is_skipped_at_once(self) -> None:
        answer = self.send("otp_verification", code="73194628")
        self.assertEqual(answer["error"]["status"], "SKIPPED")
        self.assertIn("sync_whatsapp_templates", answer["error"]["message"])


class OpenTransactionTests(TransactionTestCase):
    def test_inside_a_transaction_it_names_notify(self) -> None:
        with transaction.atomic(), self.assertRaisesRegex(RuntimeError, "notify"):
            send_whatsapp_template(phone_number=PHONE, template_name="deposit_confirmed", variables=DEPOSIT)

    def test_notify_is_what_goes_there(self) -> None:
        from tenants.models import Tenant

        tenant, _ = Tenant.objects.get_or_create(slug="ovii", defaults={"name": "Ovii"})
        with transaction.atomic():
            notify("x", phone_number=PHONE, template_name="deposit_confirmed", variables=DEPOSIT, tenant=tenant)
        self.assertEqual(Notification.objects.count(), 1)
