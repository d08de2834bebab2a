from __future__ import annotations

from django.core.checks import Error, Warning
from django.test import TestCase, override_settings

from integrations import checks
from integrations.models import WhatsAppConfig

COMPLETE = {
    "WHATSAPP_WABA_ID": "222",
    "WHATSAPP_PHONE_NUMBER_ID": "111",
    "WHATSAPP_ACCESS_TOKEN": "EAAx",
    "WHATSAPP_APP_SECRET": "secret",
}


@override_settings(TESTING=False, DEBUG=True, **COMPLETE)
class ChecksTests(TestCase):
    def found(self, **settings) -> dict[str, object]:
        with self.settings(**settings):
            messages = [*checks.check_values(), *checks.check_credentials(), *checks.check_templates()]
        for message in messages:
            self.assertTrue(message.hint or message.id in ("integrations.W006", "integrations.W007"))
        return {message.id: message for message in messages}

    def test_complete_installation_is_clean(self):
        self.assertEqual(self.found(), {})

    def test_fresh_installation_is_only_warned(self):
        found = self.found(**dict.fromkeys(COMPLETE, ""))
        self.assertEqual(list(found), ["integrations.W001"])
        self.assertIsInstance(found["integrations.W001"], Warning)

    def test_incomplete_credentials_name_what_is_missing(self):
        found = self.found(WHATSAPP_ACCESS_TOKEN="")
        self.assertIn("access_token", found["integrations.W002"].msg)
        self.assertIn("WHATSAPP_ACCESS_TOKEN", found["integrations.W002"].hint)

    def test_active_row_is_asked_first(self):
        WhatsAppConfig.objects.create(phone_number_id="111", access_token="EAAx", is_active=True)
        self.assertIn("(database)", self.found()["integrations.W002"].msg)

    def test_missing_app_secret_is_a_warning(self):
        self.assertEqual(list(self.found(WHATSAPP_APP_SECRET="")), ["integrations.W004"])

    def test_retired_version_is_a_warning_and_malformed_an_error(self):
        self.assertIn("v25.0", self.found(WHATSAPP_API_VERSION="v18.0")["integrations.W003"].hint)
        for version in ("25", "latest", "", "v25", "V25.0"):
            self.assertIsInstance(self.found(WHATSAPP_API_VERSION=version)["integrations.E001"], Error)
        self.assertEqual(self.found(WHATSAPP_API_VERSION="v31.0"), {})

    def test_address_that_is_not_metas_is_a_warning_outside_debug(self):
        self.assertEqual(self.found(WHATSAPP_GRAPH_URL="http://127.0.0.1:8100"), {})
        found = self.found(WHATSAPP_GRAPH_URL="http://127.0.0.1:8100", DEBUG=False)
        self.assertEqual(list(found), ["integrations.W005"])

    def test_malformed_address_is_an_error(self):
        for url in ("", "graph.facebook.com", "ftp://x", "http://", "http://x:port", "https://x/?a=1"):
            self.assertIn("integrations.E002", self.found(WHATSAPP_GRAPH_URL=url), url)

    def test_key_that_is_none_is_an_error_and_does_not_show_it(self):
        found = self.found(FIELD_ENCRYPTION_KEYS=["not-a-fernet-key"])
        self.assertIn("Key 1", found["integrations.E003"].msg)
        self.assertNotIn("not-a-fernet-key", found["integrations.E003"].msg)

    def test_stored_secret_under_another_key_is_a_warning(self):
        WhatsAppConfig.objects.create(phone_number_id="111", access_token="EAAx", is_active=True)
        found = self.found(FIELD_ENCRYPTION_KEYS=["a2V5LXRoYXQtb3BlbnMtbm90aGluZy1vZi10aGVtISE="])
        self.assertEqual(list(found), ["integrations.W007"])


class ChecksWithoutDatabaseTests(TestCase):
    @override_settings(TESTING=True, WHATSAPP_ACCESS_TOKEN="", WHATSAPP_PHONE_NUMBER_ID="", WHATSAPP_WABA_ID="")
    def test_database_is_not_asked_in_a_test_run(self):
        with self.assertNumQueries(0):
            self.assertEqual([one.id for one in checks.check_credentials()], ["integrations.W001"])
