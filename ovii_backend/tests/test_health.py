from __future__ import annotations

import socket
import tempfile
from datetime import timedelta
from pathlib import Path

from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from integrations.models import WhatsAppConfig, WhatsAppTemplate
from integrations.whatsapp_templates import get_all_templates
from notifications.models import DeliveryAttempt
from notifications.services import notify
from ovii_backend.health import readiness
from users.models import User

COMPLETE = {
    "WHATSAPP_WABA_ID": "102290129340398",
    "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
    "WHATSAPP_ACCESS_TOKEN": "EAAtoken",
    "WHATSAPP_APP_SECRET": "0123456789abcdef",
    "WHATSAPP_WEBHOOK_VERIFY_TOKEN": "verify",
    "CELERY_BROKER_URL": "memory://",
}


class LivenessTestCase(SimpleTestCase):
    def test_live_answers_without_a_database(self) -> None:
        self.assertEqual(self.client.get("/health/live").json(), {"status": "ok"})
        self.assertEqual(self.client.get("/health/live/").status_code, 200)

    @override_settings(ALLOWED_HOSTS=["wallet.example.com"])
    def test_a_probe_by_address_is_answered_and_nothing_else_is(self) -> None:
        self.assertEqual(self.client.get("/health/live", headers={"host": "10.0.0.7:8000"}).status_code, 200)
        self.assertEqual(self.client.get("/admin/", headers={"host": "10.0.0.7:8000"}).status_code, 400)


@override_settings(**COMPLETE)
class ReadinessTestCase(TestCase):
    def test_ready_says_the_status_only_to_strangers(self) -> None:
        answer = self.client.get("/health/ready")
        self.assertEqual((answer.status_code, answer.json()), (200, {"status": "ok"}))

    def test_without_the_broker_it_serves_on_and_tells_staff_the_reason(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.client.force_login(User.objects.create_superuser("+263770000001"))
        with self.settings(CELERY_BROKER_URL=f"redis://127.0.0.1:{port}/0"):
            answer = self.client.get("/health/ready")
        self.assertEqual((answer.status_code, answer.json()["status"]), (200, "degraded"))
        self.assertEqual(answer.json()["parts"]["database"], "ok")
        self.assertIn("The broker does not answer", answer.json()["parts"]["broker"])

    def test_a_broker_that_accepts_and_stays_silent_is_found_out(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with self.settings(CELERY_BROKER_URL=f"redis://127.0.0.1:{port}/0"):
                self.assertFalse(readiness()[-1].works)

    def test_the_folder_of_the_embedded_broker_must_be_writable(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        with self.settings(CELERY_BROKER_URL="filesystem://", BROKER_DIR=folder):
            self.assertTrue(readiness()[-1].works)
        with self.settings(CELERY_BROKER_URL="filesystem://", BROKER_DIR=folder / "absent"):
            self.assertIn("cannot be written", readiness()[-1].problem)

    @override_settings(METRICS_TOKEN="monitor")
    def test_details_are_for_the_monitor_and_for_staff(self) -> None:
        person = User.objects.create_user("+263771234567")
        operator = User.objects.create_superuser("+263770000001")
        may = {
            "Bearer monitor": True,
            f"Bearer {AccessToken.for_user(operator)}": True,
            f"Bearer {AccessToken.for_user(person)}": False,
            "Bearer wrong": False,
            "Bearer ": False,
            "": False,
        }
        for authorization, allowed in may.items():
            with self.subTest(authorization=authorization[:12]):
                answer = self.client.get("/health/ready", headers={"authorization": authorization})
                self.assertEqual("parts" in answer.json(), allowed)

    @override_settings(METRICS_TOKEN="")
    def test_an_empty_token_opens_nothing(self) -> None:
        answer = self.client.get("/health/ready", headers={"authorization": "Bearer "})
        self.assertEqual(answer.json(), {"status": "ok"})


@override_settings(**COMPLETE, METRICS_TOKEN="monitor")
class WhatsAppHealthTestCase(TestCase):
    def report(self) -> dict[str, object]:
        return self.client.get("/api/v1/whatsapp/health", headers={"authorization": "Bearer monitor"}).json()

    def why(self, part: str) -> str:
        return next((each["why"] for each in self.report()["does_not_work"] if each["what"] == part), "")

    def approve_all(self) -> None:
        for name in get_all_templates():
            WhatsAppTemplate.objects.create(
                waba_id=COMPLETE["WHATSAPP_WABA_ID"], name=name, language="en_US", category="UTILITY", status="APPROVED"
            )

    def test_everything_works_once_the_templates_are_approved(self) -> None:
        self.approve_all()
        report = self.report()
        self.assertEqual((report["status"], report["does_not_work"]), ("ok", []))
        self.assertEqual(report["templates"], {"APPROVED": 14})

    def test_strangers_see_the_status_only(self) -> None:
        answer = self.client.get("/api/v1/whatsapp/health/")
        self.assertEqual((answer.status_code, answer.json()), (200, {"status": "attention"}))

    def test_no_secret_is_shown(self) -> None:
        answer = self.client.get("/api/v1/whatsapp/health", headers={"authorization": "Bearer monitor"})
        for secret in ("EAAtoken", "0123456789abcdef", '"verify"'):
            self.assertNotIn(secret, answer.content.decode())

    def test_missing_credentials_are_named_with_their_place(self) -> None:
        with self.settings(WHATSAPP_ACCESS_TOKEN=""):
            self.assertIn("Missing: access_token.", self.why("sending"))

    def test_an_active_row_is_the_source(self) -> None:
        WhatsAppConfig.objects.create(phone_number_id="1", access_token="EAArow", is_active=True)
        self.assertEqual(self.report()["credentials"]["source"], "database")

    def test_the_switch_is_named(self) -> None:
        with self.settings(ENABLE_WHATSAPP_NOTIFICATIONS=False):
            self.assertIn("ENABLE_WHATSAPP_NOTIFICATIONS", self.why("sending"))

    def test_an_absent_app_secret_is_named_with_what_follows_from_it(self) -> None:
        with self.settings(WHATSAPP_APP_SECRET=""):
            self.assertIn("WHATSAPP_APP_SECRET", self.why("webhooks"))

    def test_templates_that_were_never_synced_are_named_with_the_command(self) -> None:
        self.assertIn("sync_whatsapp_templates", self.why("templates"))

    def test_a_message_that_nobody_takes_points_at_the_worker(self) -> None:
        self.approve_all()
        variables = {"amount_with_currency": "USD 1.00", "new_balance_with_currency": "USD 2.00", "transaction_id": "T"}
        notify("test", phone_number="+263771234567", template_name="deposit_confirmed", variables=variables)
        self.assertEqual(self.why("delivery"), "")
        DeliveryAttempt.objects.update(due_at=timezone.now() - timedelta(minutes=5))
        self.assertIn("is a worker running?", self.why("delivery"))


class HomeTestCase(TestCase):
    @override_settings(DEBUG=True, WHATSAPP_GRAPH_URL="http://127.0.0.1:8100")
    def test_a_developer_finds_phone_admin_and_api(self) -> None:
        page = self.client.get("/")
        for address in ("http://127.0.0.1:8100/", "/admin/", "/api/docs/"):
            self.assertContains(page, f'href="{address}"')

    @override_settings(DEBUG=True, WHATSAPP_GRAPH_URL="https://graph.facebook.com")
    def test_there_is_no_phone_page_where_there_is_no_sandbox(self) -> None:
        self.assertNotContains(self.client.get("/"), "graph.facebook.com")

    def test_elsewhere_it_leads_to_the_admin(self) -> None:
        self.assertRedirects(self.client.get("/"), "/admin/", fetch_redirect_response=False)
