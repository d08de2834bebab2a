from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from unittest import mock

from django.core import mail
from django.core.checks import run_checks
from django.test import TestCase, override_settings
from django.utils import timezone

from tenants import webhook
from tenants.models import AlertNotice
from tenants.notices import tell_due
from tenants.services import raise_alert, resolve_alert
from tenants.tasks import tell_operators
from tenants.tests.alert_receiver import alert_receiver

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()
CAUSE = "credentials.rejected"


def rejected() -> None:
    raise_alert(CAUSE, summary="Meta refuses the access token.", what_to_do="Make a new one.", severity="critical")


def all_due() -> None:
    AlertNotice.objects.update(due_at=timezone.now())


@override_settings(OPERATOR_EMAILS=["ops@example.com", "boss@example.com"])
class MailTestCase(TestCase):
    def test_the_first_raise_and_the_resolution_are_told_and_nothing_between(self) -> None:
        rejected()
        rejected()
        self.assertEqual(len(mail.outbox), 0)
        tell_operators()
        resolve_alert(CAUSE)
        tell_operators()
        tell_operators()
        raised, resolved = mail.outbox
        self.assertEqual(raised.to, ["ops@example.com", "boss@example.com"])
        self.assertEqual(raised.subject, "[Ovii] Meta refuses the access token.")
        self.assertIn("What to do:\nMake a new one.", raised.body)
        self.assertEqual(resolved.subject, "[Ovii] Resolved: Meta refuses the access token.")
        self.assertIn("resolved by: automatic", resolved.body)

    def test_a_mail_server_that_is_down_delays_and_loses_nothing(self) -> None:
        rejected()
        with mock.patch("django.core.mail.EmailMessage.send", side_effect=ConnectionRefusedError("no one")):
            self.assertEqual(tell_due(), (0, 1))
        notice = AlertNotice.objects.get()
        self.assertIn("ConnectionRefusedError", notice.error)
        self.assertGreater(notice.due_at, timezone.now() + timedelta(seconds=25))
        self.assertEqual(tell_due(), (0, 0))
        all_due()
        self.assertEqual(tell_due(), (1, 0))
        self.assertIn(str(notice.token), mail.outbox[0].extra_headers["Message-ID"])

    def test_the_resolution_waits_until_the_raise_was_told(self) -> None:
        rejected()
        resolve_alert(CAUSE)
        with mock.patch("django.core.mail.EmailMessage.send", side_effect=OSError):
            self.assertEqual(tell_due(), (0, 1))
            all_due()
        tell_due()
        tell_due()
        self.assertEqual([one.subject.startswith("[Ovii] Resolved") for one in mail.outbox], [False, True])

    def test_after_a_week_it_is_given_up_and_says_so(self) -> None:
        rejected()
        AlertNotice.objects.update(created_at=timezone.now() - timedelta(days=8))
        with mock.patch("django.core.mail.EmailMessage.send", side_effect=OSError("down")):
            tell_due()
        all_due()
        self.assertEqual(tell_due(), (0, 0))
        self.assertIsNotNone(AlertNotice.objects.get().given_up_at)

    def test_a_notice_that_somebody_tells_at_the_moment_is_left_alone(self) -> None:
        rejected()
        with mock.patch("django.core.mail.EmailMessage.send", side_effect=lambda: self.assertEqual(tell_due(), (0, 0))):
            self.assertEqual(tell_due(), (1, 0))


class WebhookTestCase(TestCase):
    def setUp(self) -> None:
        self.receiver = self.enterContext(alert_receiver())
        self.enterContext(
            override_settings(
                OPERATOR_WEBHOOK_URL=self.receiver.url, OPERATOR_WEBHOOK_SECRET=SECRET, INSTALLATION_ID="test"
            )
        )

    def test_it_carries_the_alert_and_a_signature_over_the_exact_bytes(self) -> None:
        rejected()
        self.assertEqual(tell_due(), (1, 0))
        [(headers, body)] = self.receiver.got
        told = json.loads(body)
        self.assertEqual((told["type"], told["installation"]), ("alert.raised", "test"))
        self.assertEqual((told["data"]["cause"], told["data"]["severity"]), (CAUSE, "critical"))
        signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(b"0123456789abcdef", signed, hashlib.sha256)).decode()
        self.assertEqual(headers["Webhook-Signature"], f"v1,{expected}")
        self.assertLess(abs(int(headers["Webhook-Timestamp"]) - timezone.now().timestamp()), 5)

    def test_a_repeat_has_the_same_id(self) -> None:
        rejected()
        self.receiver.status = 503
        self.assertEqual(tell_due(), (0, 1))
        self.assertEqual(AlertNotice.objects.get().error, "NotTaken: answered 503")
        self.receiver.status = 200
        all_due()
        self.assertEqual(tell_due(), (1, 0))
        first, second = (headers["Webhook-Id"] for headers, _ in self.receiver.got)
        self.assertEqual(first, second)

    def test_a_redirect_is_not_followed(self) -> None:
        rejected()
        self.receiver.status = 307
        self.assertEqual(tell_due(), (0, 1))
        self.assertEqual(len(self.receiver.got), 1)

    def test_nobody_there_is_a_reason_to_try_again(self) -> None:
        with self.settings(OPERATOR_WEBHOOK_URL="http://127.0.0.1:1/"):
            rejected()
            self.assertEqual(tell_due(), (0, 1))
        self.assertIn("no answer", AlertNotice.objects.get().error)

    def test_without_a_secret_nothing_is_posted_and_the_check_says_so(self) -> None:
        with self.settings(OPERATOR_WEBHOOK_SECRET=""):
            rejected()
            self.assertEqual(tell_due(), (0, 1))
            self.assertIn("tenants.E002", [problem.id for problem in run_checks()])
        self.assertEqual(self.receiver.got, [])

    def test_a_secret_may_be_any_text(self) -> None:
        with self.settings(OPERATOR_WEBHOOK_SECRET="plain words"):
            self.assertEqual(webhook.key(), b"plain words")
        with self.settings(OPERATOR_WEBHOOK_SECRET="whsec_!"), self.assertRaisesMessage(ValueError, "no base64"):
            webhook.key()

    def test_what_is_no_longer_configured_is_not_told(self) -> None:
        rejected()
        with self.settings(OPERATOR_WEBHOOK_URL=""):
            self.assertEqual(tell_due(), (1, 0))
        self.assertEqual(self.receiver.got, [])

    def test_an_address_that_is_none_is_found_by_the_check(self) -> None:
        with self.settings(OPERATOR_WEBHOOK_URL="ops.example.com"):
            self.assertIn("tenants.E001", [problem.id for problem in run_checks()])
