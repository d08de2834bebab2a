"""What the doctor makes of what Meta says; what the sandbox cannot say stands here."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from django.test import SimpleTestCase, TestCase, override_settings

from integrations.conf import META_GRAPH_URL
from integrations.tests.graph_server import Reply, Request
from integrations.tests.meta import WithMeta
from ovii_backend.doctor.at_meta import clock_of
from ovii_backend.doctor.finding import fine
from ovii_backend.doctor.subscription import OBJECT, USEFUL
from ovii_backend.doctor.webhook import public
from ovii_backend.tests.test_doctor import COMPLETE, findings

NUMBER = COMPLETE["WHATSAPP_PHONE_NUMBER_ID"]
SCOPES = ["whatsapp_business_messaging", "whatsapp_business_management"]
ALL_FIELDS = [{"name": name} for name in ("messages", *USEFUL)]


def healthy() -> dict[str, Any]:
    """What Meta answers, by path without the version."""
    return {
        NUMBER: {"id": NUMBER, "display_phone_number": "+263 77 123 4567", "status": "CONNECTED"},
        "debug_token": {"data": {"app_id": "11", "is_valid": True, "scopes": SCOPES, "expires_at": 0}},
        "222": {"id": "222", "name": "Ovii", "account_review_status": "APPROVED"},
        "222/message_templates": {"data": []},
        "222/subscribed_apps": {"data": [{"whatsapp_business_api_data": {"id": "11", "name": "Ovii"}}]},
        "11/subscriptions": {"data": [{"object": OBJECT, "active": True, "fields": ALL_FIELDS}]},
    }


def blocked(state: str) -> dict[str, Any]:
    error = {"error_code": 141006, "error_description": "No payment method.", "possible_solution": "Add one."}
    entity = {"entity_type": "WABA", "id": "222", "can_send_message": state, "errors": [error]}
    return {"can_send_message": state, "entities": [entity]}


#: What is changed in the healthy answers -> the part, the verdict, and words of the finding.
SAID: list[tuple[str, dict[str, Any], tuple[str, str, str]]] = [
    ("debug_token", {"data": {"is_valid": False}}, ("token", "problem", "not valid")),
    (
        "debug_token",
        {"data": {"app_id": "11", "is_valid": True, "scopes": SCOPES[:1]}},
        ("token", "problem", "lacks whatsapp_business_management"),
    ),
    (
        "debug_token",
        {"data": {"app_id": "11", "is_valid": True, "scopes": SCOPES, "expires_at": 1}},
        ("token", "warning", "It ends on"),
    ),
    (NUMBER, {"id": NUMBER, "status": "CONNECTED", "account_mode": "SANDBOX"}, ("number", "warning", "test number")),
    (NUMBER, {"id": NUMBER, "health_status": blocked("BLOCKED")}, ("health", "problem", "No payment method.")),
    (NUMBER, {"id": NUMBER, "health_status": blocked("LIMITED")}, ("health", "warning", "WABA is LIMITED")),
    (NUMBER, {"id": NUMBER, "quality_rating": "YELLOW"}, ("quality", "warning", "is YELLOW")),
    (
        "222/subscribed_apps",
        {"data": [{"whatsapp_business_api_data": {"id": "12", "name": "Old"}}]},
        ("subscription", "problem", "subscribed by Old, not by our app 11"),
    ),
    ("11/subscriptions", {"data": []}, ("fields", "problem", "no webhook for WhatsApp")),
    (
        "11/subscriptions",
        {"data": [{"object": OBJECT, "active": True, "fields": [{"name": "security"}]}]},
        ("fields", "problem", "not told the field “messages”"),
    ),
    (
        "11/subscriptions",
        {"data": [{"object": OBJECT, "active": True, "fields": ALL_FIELDS[:-1]}]},
        ("fields", "warning", "user_preferences"),
    ),
    ("222", {"id": "222", "account_review_status": "REJECTED"}, ("account", "warning", "REJECTED")),
]


class SaidByMetaTestCase(WithMeta, TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.set(**COMPLETE)
        self.answers = healthy()
        self.meta.handler = self.answer

    def answer(self, request: Request) -> Reply:
        path = urlsplit(request.path).path.lstrip("/").partition("/")[2]
        return Reply(body=self.answers[path])

    def test_every_word_of_meta_becomes_a_finding_with_its_remedy(self) -> None:
        for path, said, (part, verdict, what) in SAID:
            with self.subTest(what=what):
                self.answers = healthy() | {path: said}
                one = findings()[part]
                self.assertEqual(one["verdict"], verdict)
                self.assertIn(what, one["what"])
                self.assertTrue(one["why"] and one["do"])

    def test_a_healthy_account_has_its_fields(self) -> None:
        told = findings()
        self.assertEqual((told["fields"]["verdict"], told["fields"]["what"]), ("ok", f"{len(ALL_FIELDS)} fields"))

    def test_the_doctor_only_reads(self) -> None:
        findings()
        self.assertEqual({request.method for request in self.meta.requests}, {"GET"})

    def test_another_version_than_asked_for_is_told(self) -> None:
        headers = {"facebook-api-version": "v21.0"}
        self.meta.handler = lambda request: Reply(body=self.answer(request).body, headers=headers)
        self.assertIn("Meta served v21.0", findings()["version"]["what"])

    def test_a_clock_that_is_wrong_is_told(self) -> None:
        self.assertIn("timedatectl", (clock_of("Tue, 24 Nov 2020 08:00:00 GMT") or fine("clock")).do)
        for right in (format_datetime(datetime.now(UTC), usegmt=True), "", "soon"):
            self.assertIsNone(clock_of(right))


@override_settings(WHATSAPP_GRAPH_URL=META_GRAPH_URL)
class PublicAddressTestCase(SimpleTestCase):
    def test_meta_posts_to_public_https_addresses_only(self) -> None:
        for url, accepted in {
            "https://pay.example.org/hook": True,
            "http://pay.example.org/hook": False,
            "https://localhost/hook": False,
            "https://backend:8000/hook": False,
            "https://192.168.1.4/hook": False,
            "https://8.8.8.8/hook": True,
        }.items():
            with self.subTest(url=url):
                self.assertEqual(list(public(url)) == [], accepted)
