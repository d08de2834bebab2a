from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from django.test import SimpleTestCase

from ovii_backend.demo.cast import RUDO, TARIRO
from ovii_backend.demo.clients import Operator, Phone, Unexpected
from ovii_backend.demo.scenario import Expected, Observer
from ovii_backend.demo.verdict import who_got_what, wrong_on_the_phones, wrong_statuses
from ovii_backend.terminal import Paint


def message(phone_number: str, template: str, text: str = "") -> dict[str, Any]:
    return {"to": phone_number.removeprefix("+"), "template": {"name": template}, "type": "template", "text": text}


class Recorded(BaseHTTPRequestHandler):
    """Answers every GET with the server's document."""

    def do_GET(self) -> None:
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()
        self.wfile.write(json.dumps(self.server.document).encode())  # type: ignore[attr-defined]

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class PhonesTestCase(SimpleTestCase):
    def setUp(self) -> None:
        self.server = HTTPServer(("127.0.0.1", 0), Recorded)
        self.server.status, self.server.document = 200, {}
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.phone = Phone(f"http://127.0.0.1:{self.server.server_port}")
        self.addCleanup(self.phone.session.close)

    def wrong(self, *messages: dict[str, Any], duplicates: dict[str, list[str]] | None = None) -> list[str]:
        self.server.document = {"messages": list(messages), "duplicates": duplicates or {}}
        expected = [Expected(TARIRO, "transaction_sent", 0), Expected(RUDO, "transaction_received", 0)]
        return list(wrong_on_the_phones(self.phone, expected))

    def test_each_message_once_is_right(self) -> None:
        self.assertEqual(self.wrong(message(TARIRO, "transaction_sent"), message(RUDO, "transaction_received")), [])

    def test_a_missing_message_is_named(self) -> None:
        complaints = self.wrong(message(TARIRO, "transaction_sent"))
        self.assertEqual(complaints, [f"{RUDO} should have transaction_received 1 times and has it 0 times."])

    def test_a_message_that_came_twice_is_named(self) -> None:
        twice = [message(TARIRO, "transaction_sent")] * 2
        complaints = self.wrong(*twice, message(RUDO, "transaction_received"), duplicates={"ovii:1": ["a", "b"]})
        self.assertEqual(len(complaints), 2)
        self.assertIn("has it 2 times", complaints[0])
        self.assertIn("a, b", complaints[1])

    def test_a_message_on_the_wrong_phone_is_named(self) -> None:
        swapped = [message(RUDO, "transaction_sent"), message(TARIRO, "transaction_received")]
        self.assertEqual(len(self.wrong(*swapped)), 4)

    def test_the_code_is_read_from_the_latest_code_message(self) -> None:
        codes = [message(TARIRO, "otp_verification", f"{code} is your verification code.") for code in (111111, 222222)]
        self.server.document = {"messages": [*codes, message(TARIRO, "transaction_sent", "333333")]}
        self.assertEqual(self.phone.code(TARIRO), "222222")

    def test_an_answer_that_the_story_does_not_allow_is_told_with_its_text(self) -> None:
        self.server.status, self.server.document = 500, {"detail": "no"}
        with self.assertRaisesMessage(Unexpected, 'GET /x answered 500: {"detail": "no"}'):
            self.phone.get("/x")


class TableTestCase(SimpleTestCase):
    def row(self, status: str) -> dict[str, Any]:
        return {"id": 7, "template_name": "transaction_sent", "recipient_phone": TARIRO, "status": status}

    def test_only_read_is_the_end(self) -> None:
        self.assertEqual(list(wrong_statuses([self.row("READ")])), [])
        self.assertIn("is SENT, not READ", next(wrong_statuses([self.row("SENT")])))

    def test_seconds_count_from_the_request(self) -> None:
        observer = Observer(Operator("http://127.0.0.1:9"))
        observer.rows, observer.first_seen = [self.row("READ")], {(7, "SENT"): 100.5, (7, "READ"): 102.0}
        line = who_got_what([Expected(TARIRO, "transaction_sent", 100.0)], observer, Paint(False)).splitlines()[-1]
        self.assertEqual(line.split(), ["Tariro", TARIRO, "transaction_sent", "READ", "0.5", "s", "-", "2.0", "s"])
