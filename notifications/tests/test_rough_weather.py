"""What must not be lost when something else breaks in the middle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.checks import run_checks
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.test import TransactionTestCase, override_settings

from integrations.models import WhatsAppConfig, WhatsAppTemplate
from integrations.tests.graph_server import Reply, graph_error
from integrations.whatsapp.webhooks import MessageStatus
from notifications.delivery import deliver
from notifications.models import DeliveryAttempt, DeliveryEvent, Notification, ShelvedStatus
from notifications.receipts import apply_statuses
from notifications.secrets import SecretRef, register
from notifications.services import notify, retry
from notifications.sweep import sweep
from notifications.tests.outside import DEPOSIT, NUMBER_ID, PHONE, DeliveryTestCase, WithMeta, approve
from tenants.models import Tenant

register("test-weather", lambda refs: dict.fromkeys(refs, "482913"))


class DatabaseTests(WithMeta, TransactionTestCase):
    def test_an_outcome_survives_a_database_error_while_it_is_written(self) -> None:
        tenant, _ = Tenant.objects.get_or_create(slug="ovii", defaults={"name": "Ovii"})
        approve()
        notify("x", phone_number=PHONE, template_name="deposit_confirmed", variables=DEPOSIT, tenant=tenant)
        failures = iter((1, 2))

        def break_twice(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            if self.meta.requests and "UPDATE" in sql and next(failures, None):
                raise OperationalError("deadlock detected")
            return execute(sql, *rest)

        with connection.execute_wrapper(break_twice):
            deliver()
        self.assertEqual(next(failures, None), None)
        self.assertEqual((Notification.objects.get().status, len(self.sent())), ("SENT", 1))


class OddAnswerTests(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        approve()

    def test_an_odd_byte_in_one_answer_does_not_touch_the_others(self) -> None:
        self.meta.handler = lambda request: (
            graph_error(131009, message="bad \x00 \ud800 byte", error_data={"details": "\x00"})
            if request.json()["to"] == PHONE
            else self.accept(request)
        )
        self.deposit_message()
        for n in range(3):
            self.deposit_message(phone_number=f"+26377123456{n}")
        with self.assertLogs("notifications"):
            deliver()
        states = sorted(DeliveryAttempt.objects.values_list("state", flat=True))
        self.assertEqual(states, ["FAILED", "SENT", "SENT", "SENT"])

    def test_a_gateway_that_answers_html_gets_a_code_three_times_at_most(self) -> None:
        self.meta.handler = lambda request: Reply(502, "<html>", {"Content-Type": "text/html"})
        notify(
            "otp_requested", phone_number=PHONE, template_name="otp_verification", variables={}, lane="otp",
            secrets={"code": SecretRef("test-weather", "1")},
        )  # fmt: skip
        for _ in range(6):
            with self.assertLogs("notifications") if len(self.meta.requests) < 3 else self.subTest():
                DeliveryAttempt.objects.filter(state="PENDING").update(due_at=Now())
                deliver()
        message = Notification.objects.get()
        self.assertEqual((len(self.sent()), message.status, message.resent_unproven), (3, "UNCERTAIN", True))

    def test_a_failure_by_webhook_that_may_pass_is_tried_again(self) -> None:
        message = self.deposit_message()
        deliver()
        failed = self.status(self.one_attempt(message), "failed", errors=({"code": 131016},))
        apply_statuses([failed, failed])
        message.refresh_from_db()
        self.assertEqual([one.state for one in message.attempts.all()], ["FAILED", "PENDING"])
        self.assertEqual(message.status, "PENDING")

    def test_another_sender_is_refused_in_words(self) -> None:
        message = self.deposit_message(sender="999")
        deliver()
        message.refresh_from_db()
        self.assertEqual((message.status, self.sent()), ("SKIPPED", []))
        self.assertIn("999", message.error_message)


class HoldTests(DeliveryTestCase):
    def hold(self, *replies: Reply) -> Notification:
        self.meta.answer(*replies)
        message = self.deposit_message()
        with self.assertLogs("notifications"):
            deliver()
        return message

    def test_what_is_mended_at_meta_is_found_out_by_trying(self) -> None:
        approve()
        message = self.hold(graph_error(131042))
        self.assertEqual(sweep(), [])
        DeliveryAttempt.objects.filter(hold="refused").update(due_at=Now() - timedelta(seconds=1))
        self.assertEqual(sweep(), ["transactional"])
        deliver()
        message.refresh_from_db()
        self.assertEqual(message.status, "SENT")

    def test_an_operator_can_let_a_held_message_go(self) -> None:
        approve()
        message = self.hold(graph_error(131042))
        retry(message)
        DeliveryAttempt.objects.filter(state="PENDING").update(due_at=Now())
        deliver()
        message.refresh_from_db()
        self.assertEqual(message.status, "SENT")

    def test_a_corrected_version_releases(self) -> None:
        approve()
        with override_settings(WHATSAPP_API_VERSION="25"):
            message = self.hold()
            self.assertEqual(sweep(), [])
        self.assertEqual(sweep(), ["transactional"])
        deliver()
        message.refresh_from_db()
        self.assertEqual(message.status, "SENT")

    def test_approval_in_another_account_or_language_does_not_spin(self) -> None:
        for changes in ({"waba_id": "old"}, {"language": "fr"}):
            with self.subTest(changes):
                WhatsAppTemplate.objects.all().delete()
                Notification.objects.all().delete()
                approve()
                WhatsAppTemplate.objects.update(**changes)
                self.hold()
                for _ in range(3):
                    self.assertEqual(sweep(), [])
                self.assertEqual(DeliveryEvent.objects.filter(kind="hold").count(), 1)

    def test_credentials_that_no_key_opens_hold_and_say_so(self) -> None:
        approve()
        WhatsAppConfig.objects.create(waba_id="222", phone_number_id="1", access_token="EAAx", is_active=True)
        with override_settings(FIELD_ENCRYPTION_KEYS=["MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="]):
            message = self.hold()
            self.assertEqual(sweep(), [])
        message.refresh_from_db()
        self.assertIn("FIELD_ENCRYPTION_KEYS", message.error_message)
        self.assertEqual(sweep(), ["transactional"])


class ShelfTests(DeliveryTestCase):
    def test_the_sweep_finds_a_status_that_was_shelved_too_late(self) -> None:
        approve()
        message = self.deposit_message()
        deliver()
        status = MessageStatus("wamid.1", "read", phone_number_id=NUMBER_ID)
        ShelvedStatus.objects.create(wamid=status.wamid, kind="read", phone_number_id=NUMBER_ID, at=message.created_at)
        sweep()
        message.refresh_from_db()
        self.assertEqual((message.status, ShelvedStatus.objects.count()), ("READ", 0))


class CheckTests(DeliveryTestCase):
    @override_settings(DELIVERY_LEASE_SECONDS=20)
    def test_a_lease_in_which_nothing_could_leave_is_an_error(self) -> None:
        self.assertIn("notifications.E001", {found.id for found in run_checks()})
