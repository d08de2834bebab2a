from __future__ import annotations

import json
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from io import StringIO
from typing import Any
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from integrations.models import PhoneNumber, WebhookEvent
from notifications.tests.outside import approve
from tenants.services import raise_alert

COMPLETE = {
    "WHATSAPP_WABA_ID": "222",
    "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
    "WHATSAPP_ACCESS_TOKEN": "EAAtesttoken",
    "WHATSAPP_APP_SECRET": "0123456789abcdef0123456789abcdef",
    "WHATSAPP_WEBHOOK_VERIFY_TOKEN": "verify",
}


def a_worker_answers() -> AbstractContextManager[Any]:
    """Where the broker of the test run could ask one."""
    return mock.patch("celery.app.control.Control.ping", return_value=[{"one": {"ok": "pong"}}])


def ask_doctor(*options: str) -> str:
    """What the doctor says, whatever it ends with."""
    out = StringIO()
    try:
        call_command("doctor", *options, stdout=out, no_color=True)
    except CommandError:
        out.write("\nIt ended with 1.")
    return out.getvalue()


def findings(*options: str) -> dict[str, dict[str, Any]]:
    """The worst finding of each part."""
    out = StringIO()
    with suppress(CommandError):
        call_command("doctor", "--format=json", *options, stdout=out)
    order = ("ok", "unknown", "warning", "problem")
    told = sorted(json.loads(out.getvalue())["findings"], key=lambda one: order.index(one["verdict"]))
    return {one["part"]: one for one in told}


class OfflineTestCase(TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(a_worker_answers())

    def test_a_fresh_installation_hears_what_is_missing_and_where_to_enter_it(self) -> None:
        said = ask_doctor("--offline")
        self.assertIn("WhatsApp Configurations", said)
        self.assertIn("✓ database", said)
        self.assertIn("It ended with 1.", said)

    @override_settings(**COMPLETE)
    def test_a_healthy_one_hears_that(self) -> None:
        approve()
        said = ask_doctor("--offline")
        for sign in ("✗", "ended with 1"):
            self.assertNotIn(sign, said)
        for words in ("14 APPROVED", "switched on", "All is well."):
            self.assertIn(words, said)

    @override_settings(**COMPLETE, ENABLE_WHATSAPP_NOTIFICATIONS=False)
    def test_the_switch_is_shown(self) -> None:
        approve()
        self.assertEqual(findings("--offline")["sending"]["verdict"], "problem")

    @override_settings(**COMPLETE)
    def test_no_secret_is_shown(self) -> None:
        approve()
        for said in (ask_doctor("--offline"), ask_doctor("--offline", "--format=json")):
            for secret in ("EAAtesttoken", COMPLETE["WHATSAPP_APP_SECRET"], '"verify"'):
                self.assertNotIn(secret, said)

    @override_settings(**COMPLETE)
    def test_open_alerts_are_told_with_what_to_do_and_a_warning_does_not_fail(self) -> None:
        approve()
        raise_alert("a.cause", summary="It leaks.", what_to_do="Mend it.", severity="warning")
        said = ask_doctor("--offline")
        self.assertIn("! alerts           It leaks.", said)
        self.assertIn("→ Mend it.", said)
        self.assertNotIn("ended with 1", said)
        raise_alert("another", summary="It burns.", what_to_do="Run.")
        self.assertIn("ended with 1", ask_doctor("--offline"))

    @override_settings(**COMPLETE)
    def test_a_beat_that_does_nothing_is_noticed(self) -> None:
        self.assertEqual(findings("--offline")["beat"]["verdict"], "unknown")
        row = PhoneNumber.objects.create(phone_number_id="1", waba_id="222", last_synced_at=timezone.now())
        self.assertEqual(findings("--offline")["beat"]["verdict"], "ok")
        PhoneNumber.objects.filter(pk=row.pk).update(last_synced_at=timezone.now() - timedelta(hours=1))
        self.assertIn("celery -A ovii_backend beat", findings("--offline")["beat"]["do"])

    @override_settings(**COMPLETE, RATE_LIMIT_URL="redis://127.0.0.1:1/1")
    def test_limits_without_their_redis_are_noticed(self) -> None:
        self.assertIn("does not answer", findings("--offline")["limits"]["what"])

    @override_settings(**COMPLETE)
    def test_every_complaint_says_why_and_what_to_do(self) -> None:
        raise_alert("a.cause", summary="It leaks.", what_to_do="Mend it.")
        for part, one in findings("--offline").items():
            if one["verdict"] in ("problem", "warning"):
                with self.subTest(part=part):
                    self.assertTrue(one["what"] and one["why"] and one["do"])

    @override_settings(**COMPLETE, WHATSAPP_GRAPH_URL="http://127.0.0.1:1")
    def test_where_meta_cannot_be_reached_that_is_all_that_is_said_of_it(self) -> None:
        told = findings()
        self.assertEqual(told["meta"]["verdict"], "problem")
        self.assertIn("curl", told["meta"]["do"])
        self.assertNotIn("token", told)
        self.assertEqual(WebhookEvent.objects.count(), 0)
