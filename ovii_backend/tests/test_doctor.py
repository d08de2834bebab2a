from __future__ import annotations

import json
from io import StringIO

from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings

from notifications.tests.outside import approve

COMPLETE = {
    "WHATSAPP_WABA_ID": "222",
    "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
    "WHATSAPP_ACCESS_TOKEN": "EAAtesttoken",
    "WHATSAPP_APP_SECRET": "0123456789abcdef0123456789abcdef",
    "WHATSAPP_WEBHOOK_VERIFY_TOKEN": "verify",
}


class DoctorTestCase(TestCase):
    def ask(self, *options: str) -> str:
        out = StringIO()
        call_command("doctor", *options, stdout=out, no_color=True)
        return out.getvalue()

    def test_a_fresh_installation_hears_what_is_missing_and_where_to_enter_it(self) -> None:
        out = StringIO()
        with self.assertRaisesMessage(CommandError, "sending"):
            call_command("doctor", stdout=out, no_color=True)
        self.assertIn("WhatsApp Configurations", out.getvalue())
        self.assertIn("✓ database", out.getvalue())

    @override_settings(**COMPLETE)
    def test_a_healthy_one_hears_that(self) -> None:
        approve()
        said = self.ask()
        self.assertNotIn("✗", said)
        self.assertIn("14 APPROVED", said)
        self.assertIn("switched on", said)

    @override_settings(**COMPLETE, ENABLE_WHATSAPP_NOTIFICATIONS=False)
    def test_the_switch_is_shown(self) -> None:
        approve()
        with self.assertRaisesMessage(CommandError, "sending"):
            self.ask()

    @override_settings(**COMPLETE)
    def test_json_shows_no_secret(self) -> None:
        approve()
        said = self.ask("--format=json")
        self.assertEqual(json.loads(said)["whatsapp"]["credentials"]["source"], "environment")
        for secret in ("EAAtesttoken", COMPLETE["WHATSAPP_APP_SECRET"], '"verify"'):
            self.assertNotIn(secret, said)
