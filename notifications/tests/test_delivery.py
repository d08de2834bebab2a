from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now
from django.test import override_settings
from django.utils import timezone

from integrations.models import WhatsAppConfig, WhatsAppTemplate
from integrations.signals import template_status_changed
from integrations.tests.graph_server import Reply, closed_port, graph_error
from integrations.whatsapp.webhooks import TemplateReview
from notifications.content import Address, TextContent
from notifications.delivery import deliver
from notifications.models import Contact, DeliveryAttempt, DeliveryEvent, Notification
from notifications.secrets import SecretRef, register
from notifications.services import notify
from notifications.sweep import sweep
from notifications.tests.outside import NUMBER_ID, PHONE, DeliveryTestCase, approve
from notifications.tokens import callback_data

CODES = {"live": "482913"}
register("test-codes", lambda refs: {ref: CODES[ref] for ref in refs if ref in CODES})


class SendingTests(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        approve()

    def test_a_due_message_is_sent_once_with_the_attempts_token(self) -> None:
        message = self.deposit_message()
        self.assertEqual(deliver(), 1)
        self.assertEqual(deliver(), 0)
        message.refresh_from_db()
        attempt = self.one_attempt(message)
        [payload] = self.sent()
        self.assertEqual(payload["biz_opaque_callback_data"], callback_data(attempt.token))
        self.assertEqual(payload["to"], PHONE)
        self.assertEqual((message.status, message.whatsapp_message_id), ("SENT", "wamid.1"))
        self.assertEqual((attempt.state, attempt.sender, message.template_language), ("SENT", NUMBER_ID, "en_US"))
        self.assertEqual(message.provider_response["messages"][0]["id"], "wamid.1")

    def test_many_messages_leave_in_one_batch_over_few_connections(self) -> None:
        for n in range(130):
            self.deposit_message(phone_number=f"+26377{1000000 + n}")
        self.assertEqual(deliver(), 130)
        self.assertEqual(Notification.objects.filter(status="SENT").count(), 130)
        self.assertEqual(len({payload["biz_opaque_callback_data"] for payload in self.sent()}), 130)
        self.assertLessEqual(self.meta.connections, 64)

    @override_settings(DELIVERY_THREADS=1)
    def test_codes_leave_before_bulk(self) -> None:
        self.deposit_message(lane="bulk")
        self.deposit_message(lane="transactional", phone_number="+263772222222")
        self.code_message()
        deliver()
        self.assertEqual(self.sent()[0]["template"]["name"], "otp_verification")
        self.assertEqual(self.sent()[1]["to"], "+263772222222")

    def code_message(self, ref: str = "live") -> Notification:
        return notify(
            "otp_requested",
            phone_number=PHONE,
            template_name="otp_verification",
            variables={},
            secrets={"code": SecretRef("test-codes", ref)},
            lane="otp",
        )

    def test_a_secret_is_filled_in_for_the_wire_alone(self) -> None:
        message = self.code_message()
        deliver()
        body, button = self.sent()[0]["template"]["components"]
        self.assertEqual([body["parameters"][0]["text"], button["parameters"][0]["text"]], ["482913", "482913"])
        message.refresh_from_db()
        self.assertEqual(message.status, "SENT")
        rows = [*Notification.objects.values(), *DeliveryAttempt.objects.values(), *DeliveryEvent.objects.values()]
        self.assertNotIn("482913", str(rows))

    def test_a_secret_that_is_gone_skips_its_message(self) -> None:
        message = self.code_message("gone")
        deliver()
        message.refresh_from_db()
        self.assertEqual((message.status, self.sent()), ("SKIPPED", []))
        self.assertIn("no longer valid", message.error_message)

    def test_text_goes_as_text(self) -> None:
        message = notify("note", to=Address(phone=PHONE), content=TextContent("Hello"))
        Contact.objects.create(tenant=message.tenant, phone=PHONE, last_inbound_at=timezone.now())
        deliver()
        self.assertEqual(self.sent()[0]["text"]["body"], "Hello")


class GateTests(DeliveryTestCase):
    def outcome(self, message: Notification) -> tuple[str, str]:
        deliver()
        message.refresh_from_db()
        self.assertEqual(self.sent(), [])
        return message.status, message.error_message

    def test_without_credentials_messages_wait_and_say_why(self) -> None:
        approve()
        message = self.deposit_message()
        with override_settings(WHATSAPP_ACCESS_TOKEN=""):
            status, reason = self.outcome(message)
            self.assertEqual((status, self.one_attempt(message).hold), ("PENDING", "credentials"))
            self.assertIn("Access Token", reason)
            self.assertEqual(sweep(), [])
        self.assertEqual(sweep(), ["transactional"])
        deliver()
        message.refresh_from_db()
        self.assertEqual((message.status, message.error_message), ("SENT", ""))

    def test_a_row_in_the_admin_releases_them_too(self) -> None:
        approve()
        message = self.deposit_message()
        with override_settings(WHATSAPP_ACCESS_TOKEN=""):
            self.outcome(message)
            WhatsAppConfig.objects.create(waba_id="222", phone_number_id="777", access_token="EAArow", is_active=True)
            sweep()
            deliver()
        self.assertEqual(self.one_attempt(message).sender, "777")

    def test_a_template_that_is_unknown_at_meta_holds_its_messages(self) -> None:
        status, reason = self.outcome(self.deposit_message())
        self.assertEqual(status, "PENDING")
        self.assertIn("sync_whatsapp_templates", reason)

    def test_approval_releases_what_a_template_held(self) -> None:
        approve()
        WhatsAppTemplate.objects.update(status="PENDING")
        message = self.deposit_message()
        status, reason = self.outcome(message)
        self.assertEqual(status, "PENDING")
        self.assertIn("PENDING in en_US", reason)
        WhatsAppTemplate.objects.update(status="APPROVED")
        review = TemplateReview(event="APPROVED", name="deposit_confirmed", language="en_US")
        template_status_changed.send(None, events=[review])
        deliver()
        message.refresh_from_db()
        self.assertEqual(message.status, "SENT")

    def test_switched_off_means_skipped_with_the_reason(self) -> None:
        approve()
        with override_settings(ENABLE_WHATSAPP_NOTIFICATIONS=False):
            status, reason = self.outcome(self.deposit_message())
        self.assertEqual(status, "SKIPPED")
        self.assertIn("ENABLE_WHATSAPP_NOTIFICATIONS", reason)

    def test_a_tenant_without_whatsapp_is_skipped(self) -> None:
        approve()
        message = self.deposit_message()
        message.tenant.whatsapp_enabled = False
        message.tenant.save()
        self.assertEqual(self.outcome(message)[0], "SKIPPED")

    def test_what_is_too_late_expires(self) -> None:
        approve()
        message = self.deposit_message(expires_at=timezone.now() - timedelta(seconds=1))
        self.assertEqual(self.outcome(message)[0], "EXPIRED")

    def test_the_sweep_expires_what_is_held_too_long_and_keeps_the_reason(self) -> None:
        message = self.deposit_message()
        self.outcome(message)
        Notification.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        sweep()
        message.refresh_from_db()
        self.assertEqual(message.status, "EXPIRED")
        self.assertIn("sync_whatsapp_templates", message.error_message)

    def test_marketing_needs_the_contacts_consent(self) -> None:
        approve()
        arguments = {"phone_number": PHONE, "template_name": "welcome_message", "variables": {"user_name": "Tariro"}}
        status, reason = self.outcome(notify("user_joined", **arguments))
        self.assertEqual(status, "SKIPPED")
        self.assertIn("agreed", reason)
        message = notify("user_joined", **arguments)
        Contact.objects.create(tenant=message.tenant, phone=PHONE, marketing_consent=True)
        deliver()
        message.refresh_from_db()
        self.assertEqual(message.status, "SENT")

    def test_a_channel_that_is_not_installed_is_said(self) -> None:
        message = notify("note", to=Address(email="a@b.example"), content=TextContent("Hello"), channels=["EMAIL"])
        self.assertEqual(self.outcome(message), ("SKIPPED", "No channel EMAIL is installed."))


class FailureTests(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        approve()

    def fail(self, *replies: Reply, **changes: object) -> Notification:
        self.meta.answer(*replies)
        message = self.deposit_message(**changes)
        with self.assertLogs("notifications"):
            deliver()
        message.refresh_from_db()
        return message

    def test_a_final_refusal_is_failed_with_code_and_words(self) -> None:
        self.meta.answer(graph_error(131026))
        message = self.deposit_message()
        with self.assertLogs("notifications.results", "ERROR") as logs:
            deliver()
        message.refresh_from_db()
        self.assertEqual((message.status, message.error_code), ("FAILED", 131026))
        self.assertIn(f"Failed to send WhatsApp notification {message.pk}: ", logs.output[0])
        self.assertEqual(DeliveryAttempt.objects.count(), 1)

    def test_a_temporary_failure_goes_again_as_a_new_attempt(self) -> None:
        message = self.fail(graph_error(131016, 500))
        first, second = message.attempts.all()
        self.assertEqual((first.state, second.state, message.status), ("FAILED", "PENDING", "PENDING"))
        self.assertGreater(second.due_at, timezone.now())
        self.assertNotEqual(first.token, second.token)
        DeliveryAttempt.objects.filter(pk=second.pk).update(due_at=Now())
        deliver()
        message.refresh_from_db()
        self.assertEqual((message.status, message.error_message), ("SENT", ""))

    def test_nothing_listening_is_tried_again(self) -> None:
        with override_settings(WHATSAPP_GRAPH_URL=f"http://127.0.0.1:{closed_port()}"):
            message = self.fail()
        self.assertEqual([one.state for one in message.attempts.all()], ["FAILED", "PENDING"])

    def test_an_expired_token_holds_until_the_credentials_are_others(self) -> None:
        message = self.fail(graph_error(190, 401, error_subcode=463))
        waiting = message.attempts.last()
        self.assertEqual((message.status, waiting.hold, message.error_code), ("PENDING", "refused", None))
        self.assertIn("token", message.error_message.lower())
        self.assertEqual(sweep(), [])
        with override_settings(WHATSAPP_ACCESS_TOKEN="EAAnew"):
            self.assertEqual(sweep(), ["transactional"])
            deliver()
        message.refresh_from_db()
        self.assertEqual(message.status, "SENT")
        self.assertEqual(self.meta.requests[-1].headers["Authorization"], "Bearer EAAnew")

    def test_html_in_place_of_json_is_uncertain(self) -> None:
        message = self.fail(Reply(200, "<html>proxy</html>", {"Content-Type": "text/html"}))
        self.assertEqual((message.status, message.attempts.count()), ("UNCERTAIN", 1))

    def test_a_connection_cut_after_the_request_is_uncertain_and_not_sent_again(self) -> None:
        message = self.fail(Reply(cut="after"))
        self.assertEqual(message.status, "UNCERTAIN")
        self.assertEqual(sweep(), [])
        self.assertEqual(len(self.meta.requests), 1)

    def test_a_read_timeout_is_uncertain(self) -> None:
        with override_settings(WHATSAPP_READ_TIMEOUT_SECONDS=0.2):
            message = self.fail(Reply(hang=True))
        self.assertEqual(message.status, "UNCERTAIN")

    def test_a_code_with_unknown_outcome_goes_again_at_once(self) -> None:
        self.meta.answer(Reply(cut="after"))
        notify(
            "otp_requested", phone_number=PHONE, template_name="otp_verification", variables={}, lane="otp",
            secrets={"code": SecretRef("test-codes", "live")},
        )  # fmt: skip
        with self.assertLogs("notifications"):
            deliver()
        self.assertEqual([one.state for one in DeliveryAttempt.objects.all()], ["UNCERTAIN", "SENT"])
        self.assertEqual(Notification.objects.get().status, "SENT")

    def test_one_refusal_does_not_touch_the_rest_of_the_batch(self) -> None:
        self.meta.handler = lambda request: (
            graph_error(131009) if request.json()["to"] == PHONE else self.accept(request)
        )
        for n in range(5):
            self.deposit_message(phone_number=f"+26377123456{n}")
        bad = self.deposit_message()
        with self.assertLogs("notifications"):
            deliver()
        self.assertEqual(Notification.objects.filter(status="SENT").count(), 5)
        bad.refresh_from_db()
        self.assertEqual(bad.status, "FAILED")
