"""What must not be read by the wrong eyes: credentials at rest, tokens and numbers in logs."""

from __future__ import annotations

import logging
import sys

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from django.test import SimpleTestCase, TestCase

from integrations.credentials import Credentials
from integrations.fields import DecryptionFailed
from integrations.models import WhatsAppConfig
from integrations.phone import InvalidPhoneNumber, mask, to_e164
from integrations.redaction import RedactionFilter, redact


def config(**fields) -> WhatsAppConfig:
    return WhatsAppConfig.objects.create(
        **{"phone_number_id": "111", "access_token": "EAArow", "is_active": True} | fields
    )


class StoredCredentialsTests(TestCase):
    def test_database_holds_no_secret_in_clear(self):
        config(app_secret="app-secret", webhook_verify_token="verify-token")
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM integrations_whatsappconfig")
            stored = str(cursor.fetchall())
        for secret in ("EAArow", "app-secret", "verify-token"):
            self.assertNotIn(secret, stored)
        row = WhatsAppConfig.objects.get()
        self.assertEqual((row.access_token, row.app_secret), ("EAArow", "app-secret"))

    def test_older_key_still_opens_and_the_newer_encrypts(self):
        old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        with self.settings(FIELD_ENCRYPTION_KEYS=[old]):
            row = config()
        with self.settings(FIELD_ENCRYPTION_KEYS=[new, old]):
            WhatsAppConfig.objects.get().save()
        with self.settings(FIELD_ENCRYPTION_KEYS=[new]):
            row.refresh_from_db()
            self.assertEqual(row.access_token, "EAArow")
        with self.settings(FIELD_ENCRYPTION_KEYS=[old]), self.assertRaises(DecryptionFailed):
            WhatsAppConfig.objects.get()

    def test_no_key_and_a_broken_key_are_refused_in_words(self):
        for keys in ([], ["nonsense"]):
            self.enterContext(self.settings(FIELD_ENCRYPTION_KEYS=keys))
            with self.assertRaisesMessage(ImproperlyConfigured, "FIELD_ENCRYPTION_KEYS"):
                config()

    def test_second_active_row_is_refused_by_the_database(self):
        config()
        config(is_active=False)
        with self.assertRaises(IntegrityError), transaction.atomic():
            config()

    def test_secret_token_and_version_fall_back_singly_the_rest_together(self):
        config(waba_id="")
        with self.settings(
            WHATSAPP_WABA_ID="env", WHATSAPP_APP_SECRET="env-secret", WHATSAPP_WEBHOOK_VERIFY_TOKEN="env-token"
        ):
            found = WhatsAppConfig.objects.current_credentials()
        self.assertEqual((found.waba_id, found.source), ("", "database"))
        self.assertEqual((found.app_secret, found.webhook_verify_token), ("env-secret", "env-token"))

    def test_credentials_are_read_once_in_a_while(self):
        config()
        with self.settings(CREDENTIALS_CACHE_SECONDS=60), self.assertNumQueries(1):
            WhatsAppConfig.objects.current_credentials()
            WhatsAppConfig.objects.current_credentials()
        with self.assertNumQueries(2):
            WhatsAppConfig.objects.current_credentials()
            WhatsAppConfig.objects.current_credentials()

    def test_fingerprint_tells_credentials_apart_without_showing_them(self):
        one = Credentials(phone_number_id="111", access_token="EAAone")
        other = Credentials(phone_number_id="111", access_token="EAAother")
        self.assertRegex(one.fingerprint, "^[0-9a-f]{16}$")
        self.assertNotEqual(one.fingerprint, other.fingerprint)
        self.assertEqual(Credentials(phone_number_id="111").fingerprint, "")
        self.assertEqual(Credentials(access_token="x").missing, ("phone_number_id",))


class PhoneNumberTests(SimpleTestCase):
    def test_every_usual_spelling_becomes_e164(self):
        for raw in (
            "+263771234567",
            "+263 77-123-4567",
            "00263 77 123 4567",
            " +263 (77) 123 4567 ",
            "whatsapp:+263771234567",
        ):
            self.assertEqual(to_e164(raw), "+263771234567", raw)
        self.assertEqual(to_e164("077 123 4567", "ZW"), "+263771234567")
        self.assertEqual(to_e164("+34 612 345 678"), "+34612345678")

    def test_what_is_no_number_is_refused_with_what_to_write_instead(self):
        for raw in ("", "hello", "0771234567", "+", "+999123456789", None):
            with self.assertRaisesMessage(InvalidPhoneNumber, "+263771234567"):
                to_e164(raw)
        for raw in ("+26377", "+26377123456712345"):
            with self.assertRaisesMessage(InvalidPhoneNumber, "digits"):
                to_e164(raw)

    def test_mask_shows_country_and_last_digits_only(self):
        self.assertEqual(mask("+263771234567"), "+263•••••••67")
        self.assertEqual(mask("263771234567"), "+263•••••••67")
        self.assertEqual(mask(""), "(no number)")
        self.assertNotRegex(mask("12345"), r"\d")


class RedactionTests(SimpleTestCase):
    def test_numbers_and_tokens_are_cut(self):
        for text, kept in (
            ("sent to +263771234567.", "sent to +263•••••••67."),
            ("Bearer EAAsecretsecret", "Bearer …"),
            ("?access_token=EAAx&limit=1", "?access_token=…&limit=1"),
            ("token EAABCDEFGHIJKLMNOP!", "token EAABCDEFGHI…!"),
            ("at 2026-11-24T10:00:00+0000, id 1234567890123", None),
        ):
            self.assertEqual(redact(text), kept or text)

    def test_filter_redacts_arguments_and_tracebacks_stay_usable(self):
        record = logging.LogRecord("x", logging.INFO, "a.py", 1, "to %s", ("+263771234567",), None)
        self.assertTrue(RedactionFilter().filter(record))
        self.assertEqual(record.getMessage(), "to +263•••••••67")

    def test_traceback_is_redacted_and_a_message_that_does_not_fit_is_left_to_the_handler(self):
        try:
            raise ValueError("no +263771234567")
        except ValueError:
            record = logging.LogRecord("x", logging.ERROR, "a.py", 1, "failed", (), sys.exc_info())
        RedactionFilter().filter(record)
        shown = logging.Formatter().format(record)
        self.assertIn("ValueError: no +263•••••••67", shown)
        self.assertNotIn("+263771234567", shown)
        odd = logging.LogRecord("x", logging.INFO, "a.py", 1, "%d", ("x",), None)
        self.assertTrue(RedactionFilter().filter(odd))

    def test_lines_of_heyoo_are_dropped(self):
        record = logging.LogRecord("root", logging.INFO, "/x/heyoo/__init__.py", 1, "to 263", (), None)
        self.assertFalse(RedactionFilter().filter(record))
