"""A body is kept within seconds, or Meta is asked to bring it again."""

from __future__ import annotations

from unittest import skipUnless
from unittest.mock import patch

from django.db import connection
from django.test import TestCase, TransactionTestCase, override_settings

from integrations import webhook_store
from integrations.models import WebhookEvent, WhatsAppConfig
from integrations.tests.signed_post import APP_SECRET, signed_post, with_app_secret


@with_app_secret
class RotationTests(TestCase):
    @override_settings(WHATSAPP_APP_SECRET="new", WHATSAPP_APP_SECRET_PREVIOUS=["old", "older"])
    def test_during_a_change_of_secret_both_sign(self) -> None:
        answers = [signed_post("status__sent", secret=secret).status_code for secret in ("new", "old", "older", "no")]
        self.assertEqual(answers, [200, 200, 200, 401])
        self.assertEqual(WebhookEvent.objects.count(), 1)

    def test_previous_secret_of_the_active_row_signs_too(self) -> None:
        WhatsAppConfig.objects.create(
            phone_number_id="1", access_token="t", app_secret="new", app_secret_previous="old", is_active=True
        )
        answers = [signed_post("status__sent", secret=secret).status_code for secret in ("new", "old", APP_SECRET)]
        self.assertEqual(answers, [200, 200, 401])

    @override_settings(WHATSAPP_APP_SECRET="", WHATSAPP_APP_SECRET_PREVIOUS=["old"])
    def test_a_previous_secret_alone_signs_nothing(self) -> None:
        self.assertEqual(signed_post("status__sent", secret="old").status_code, 401)


@with_app_secret
class StoringTests(TestCase):
    @skipUnless(connection.vendor == "postgresql", "SQLite has no such limit to show")
    def test_the_limit_ends_with_the_insert(self) -> None:
        signed_post("status__sent")
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            self.assertEqual(cursor.fetchone(), ("0",))

    @skipUnless(connection.vendor == "sqlite", "PostgreSQL has a limit of its own")
    def test_the_usual_patience_is_back_after_the_insert(self) -> None:
        signed_post("status__sent")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout")
            self.assertNotEqual(cursor.fetchone(), (3000,))


@with_app_secret
@skipUnless(connection.vendor == "postgresql", "an in-memory database has no second connection")
class LockedTableTests(TransactionTestCase):
    def test_a_connection_that_the_server_dropped_is_replaced_at_once(self) -> None:
        WebhookEvent.objects.count()
        other = connection.copy()
        self.addCleanup(other.close)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
        self.assertTrue(webhook_store.store(b"{}"))

    def test_a_database_that_takes_too_long_is_503_and_the_next_try_is_kept(self) -> None:
        other = connection.copy()
        self.addCleanup(other.close)
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"LOCK TABLE {WebhookEvent._meta.db_table} IN SHARE MODE")
            with patch.object(webhook_store, "STORE_SECONDS", 0.1), self.assertLogs("integrations.views", "ERROR"):
                self.assertEqual(signed_post("status__sent").status_code, 503)
            cursor.execute("ROLLBACK")
        self.assertEqual(signed_post("status__sent").status_code, 200)
        self.assertEqual(WebhookEvent.objects.count(), 1)
