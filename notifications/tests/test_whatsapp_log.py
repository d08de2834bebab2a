from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.tests.signed_post import encode
from integrations.webhook_inbox import drain, store
from notifications.archive import archive
from notifications.delivery import deliver
from notifications.models import Notification
from notifications.receipts import apply_statuses
from notifications.secrets import SecretRef
from notifications.services import notify
from notifications.tests.outside import DEPOSIT, PHONE, DeliveryTestCase, approve


def log(number: str, *options: str) -> str:
    out = StringIO()
    call_command("whatsapp_log", number, *options, stdout=out)
    return out.getvalue()


def written(words: str, sender: str = PHONE[1:]) -> None:
    """The person writes to us; the webhook is drained."""
    message = {"id": f"wamid.{words}", "from": sender, "timestamp": "1764000000", "type": "text"}
    value = {
        "contacts": [{"wa_id": sender, "profile": {"name": "Tariro"}}],
        "messages": [message | {"text": {"body": words}}],
    }
    store(encode({"entry": [{"id": "222", "changes": [{"field": "messages", "value": value}]}]}))
    drain()


class WhatsAppLogTests(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        approve("deposit_confirmed")

    def messages(self, *options: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(log(PHONE, "--format=json", *options))["messages"]
        return found

    def test_it_tells_the_story_of_both_sides_in_order(self) -> None:
        written("Hello")
        message = self.deposit_message()
        deliver()
        apply_statuses([self.status(self.one_attempt(message), "read", timestamp=timezone.now())])
        said = log(PHONE)
        for words in (
            f"{PHONE}, Tariro",
            "←  text: Hello",
            "deposit_confirmed",
            "READ",
            "USD 25.00",
            "Accepted by Meta",
        ):
            self.assertIn(words, said)
        self.assertLess(said.index("Hello"), said.index("deposit_confirmed"))

    def test_every_spelling_of_the_number_will_do(self) -> None:
        self.deposit_message()
        for spelling in ("+263 77 123 4567", "00263771234567", "077 123 4567", "whatsapp:+263771234567"):
            with self.subTest(spelling=spelling):
                self.assertIn("deposit_confirmed", log(spelling))
        with self.assertRaisesMessage(CommandError, "is not a phone number"):
            log("Tariro")

    def test_what_it_waits_for_is_told(self) -> None:
        notify("welcome", phone_number=PHONE, template_name="kyc_approved", variables={"verification_level": "2"})
        deliver()
        self.assertIn("Waits for template kyc_approved since", log(PHONE))
        self.assertEqual(self.messages()[0]["attempts"][0]["waiting"]["for"], "template kyc_approved")

    def test_what_is_in_the_archive_is_told_too(self) -> None:
        message = self.deposit_message()
        deliver()
        apply_statuses([self.status(self.one_attempt(message), "read", timestamp=timezone.now())])
        long_ago = timezone.now() - timedelta(days=100)
        Notification.objects.update(created_at=long_ago, updated_at=long_ago)
        archive(timezone.now() - timedelta(days=90))
        self.assertEqual(Notification.objects.count(), 0)
        found = self.messages()[0]
        self.assertEqual((found["archived"], found["status"]), (True, "READ"))
        self.assertIn("read", [event["kind"] for event in found["attempts"][0]["events"]])
        self.assertIn("in the archive", log(PHONE))

    def test_a_code_is_not_told(self) -> None:
        notify(
            "otp",
            phone_number=PHONE,
            template_name="otp_verification",
            lane="otp",
            secrets={"code": SecretRef("otp", "1")},
        )
        self.assertIn("••••••", self.messages()[0]["text"])

    def test_the_limit_keeps_the_latest(self) -> None:
        for _ in range(3):
            self.deposit_message()
        latest = Notification.objects.order_by("-pk").values_list("pk", flat=True)[:2]
        self.assertEqual([one["id"] for one in self.messages("--limit=2")], sorted(latest))
        with self.assertRaisesMessage(CommandError, "at least 1"):
            log(PHONE, "--limit=0")

    def test_other_people_stay_out(self) -> None:
        written("Not mine", "263772222222")
        notify("deposit", phone_number="+263772222222", template_name="deposit_confirmed", variables=DEPOSIT)
        self.assertIn("Nothing is held", log(PHONE))
