"""The gates, one row for each reason to keep a message back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import SimpleTestCase

from integrations.models import PhoneNumber, WhatsAppTemplate
from integrations.whatsapp.parameters import Mismatch
from notifications import gates
from notifications.channels.base import Held, Skipped
from notifications.gates import Case
from notifications.models import Blockade, Contact, DeliveryAttempt, Notification
from tenants.models import Tenant

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def template(**changes: Any) -> WhatsAppTemplate:
    known = {"name": "deposit_confirmed", "language": "en_US", "category": "UTILITY", "status": "APPROVED"}
    return WhatsAppTemplate(**known | changes)


def case(
    *,
    message: Any = None,
    lane: str = "transactional",
    tenant: Any = None,
    contact: Any = None,
    row: Any = None,
    **facts: Any,
) -> Case:
    """A message that every gate lets through, changed in one place."""
    whose = Tenant(name="Ovii", **(tenant or {}))
    known = {"recipient_phone": "+263771234567", "template_name": "deposit_confirmed", "message_type": "template"}
    told = Notification(tenant=whose, lane=lane, **known | (message or {}))
    chosen = template(**(row or {}))
    usual: dict[str, Any] = {
        "attempt": DeliveryAttempt(notification=told, lane=lane),
        "now": NOW,
        "sender": "106",
        "fingerprint": "abc",
        "waba_id": "222",
        "contact": Contact(**contact) if contact is not None else None,
        "row": chosen if chosen.is_usable and "rows" not in facts else None,
        "rows": (chosen,),
    }
    return Case(**usual | facts)


MARKETING = {"row": {"category": "MARKETING"}}
CODE = {"row": {"category": "AUTHENTICATION"}}
AGREED = {"marketing_consent": True, "marketing_consent_at": NOW - DAY}
BSUID = {"recipient_phone": "", "recipient_bsuid": "ZW.1349120865530274"}
TEXT = {"message_type": "text", "template_name": "", "body": "Hello"}


def number(status: str) -> PhoneNumber:
    return PhoneNumber(phone_number_id="106", display_phone_number="+263 77 1", status=status)


PASSES = None
# What is otherwise than usual, what it waits for ("" for skipped), and what the operator reads.
TABLE: list[tuple[dict[str, Any], str | None, str]] = [
    ({}, PASSES, ""),
    ({"enabled": False}, "", "ENABLE_WHATSAPP_NOTIFICATIONS is false"),
    ({"tenant": {"whatsapp_enabled": False}}, "", "switched off for Ovii"),
    ({"tenant": {"is_active": False}}, "", "switched off for Ovii"),
    ({"problem": "WhatsApp has no Access Token."}, "credentials", "Access Token"),
    ({"sender_is_ours": False}, "", "no credentials for the number 106"),
    ({"number": number("CONNECTED")}, PASSES, ""),
    ({"number": number("FLAGGED")}, PASSES, ""),
    ({"number": number("")}, PASSES, ""),
    ({"number": number("DISCONNECTED")}, "number", "+263 77 1 is DISCONNECTED at Meta: mend it in WhatsApp Manager"),
    ({"number": number("BANNED")}, "number", "is BANNED"),
    ({"number": number("RESTRICTED")}, "number", "is RESTRICTED"),
    ({"number": number("DELETED")}, "number", "is DELETED"),
    ({"message": {"recipient_phone": ""}}, "", "no phone number in E.164"),
    ({"message": BSUID, **CODE}, "", "login code needs the person's phone number"),
    ({"message": BSUID}, "", "Only an id within WhatsApp is known"),
    ({"message": TEXT}, "", "never wrote to us: send a template"),
    ({"message": TEXT, "wrote_at": NOW - 25 * HOUR}, "", "last wrote at 23 Nov 07:00 UTC"),
    ({"message": TEXT, "wrote_at": NOW - DAY + timedelta(minutes=1)}, "", "send a template"),
    ({"message": TEXT, "wrote_at": NOW - DAY + timedelta(minutes=3)}, PASSES, ""),
    ({"rows": (), "known_here": False}, "template", "not known at Meta"),
    ({"row": {"status": "PENDING"}}, "template", "PENDING in en_US: its messages wait until Meta approves it"),
    ({"row": {"status": "PAUSED"}}, "template", "Meta paused it for bad feedback"),
    ({"row": {"status": "DISABLED"}}, "template", "create another under a new name"),
    ({"row": {"status": "REJECTED", "rejection_reason": "INVALID_FORMAT"}}, "template", "(INVALID_FORMAT): correct it"),
    (
        {"row": {"refused_at": NOW, "refused_reason": "Another number of values."}},
        "template",
        "Another number of values",
    ),
    (MARKETING, "", "people who agreed"),
    ({**MARKETING, "contact": {}}, "", "people who agreed"),
    ({**MARKETING, "contact": AGREED}, PASSES, ""),
    ({**MARKETING, "contact": {**AGREED, "marketing_stopped_at": NOW}}, "", "stopped marketing from us on 24 Nov 2026"),
    ({**MARKETING, "contact": {**AGREED, "marketing_stopped_at": NOW - 2 * DAY}}, PASSES, ""),
    ({**MARKETING, "contact": {"marketing_consent": True, "marketing_stopped_at": NOW - DAY}}, "", "stopped marketing"),
    ({"contact": {"marketing_stopped_at": NOW}}, PASSES, ""),
    ({"contact": {"messages_stopped_at": NOW}}, "", "ended our messages by STOP on 24 Nov 2026"),
    ({"contact": {"messages_stopped_at": NOW}, "message": {"event": "reply"}}, PASSES, ""),
    ({**CODE, "contact": {"messages_stopped_at": NOW}}, PASSES, ""),
    ({"lane": "otp", "contact": {"messages_stopped_at": NOW}}, PASSES, ""),
    ({**MARKETING, "contact": {**AGREED, "marketing_capped_until": NOW + HOUR}}, "", "before 24 Nov 09:00 UTC"),
    ({**MARKETING, "contact": {**AGREED, "marketing_capped_until": NOW - HOUR}}, PASSES, ""),
    (
        {"lane": "bulk", "contact": {"undeliverable_at": NOW - DAY}},
        "",
        "could not reach this person on WhatsApp on 23 Nov",
    ),
    ({"lane": "bulk", "contact": {"undeliverable_at": NOW - 8 * DAY}}, PASSES, ""),
    ({"lane": "bulk", "contact": {"undeliverable_at": NOW - DAY}, "wrote_at": NOW - HOUR}, PASSES, ""),
    ({**MARKETING, "contact": {**AGREED, "undeliverable_at": NOW - DAY}}, "", "could not reach this person"),
    ({"contact": {"undeliverable_at": NOW - DAY}}, PASSES, ""),
    ({**CODE, "lane": "otp", "contact": {"undeliverable_at": NOW - DAY}}, PASSES, ""),
]


class GateTests(SimpleTestCase):
    def check(self, verdict: object, hold: str | None, words: str) -> None:
        if hold is None:
            self.assertIsNone(verdict)
        elif hold:
            self.assertIsInstance(verdict, Held)
            self.assertEqual(verdict.what, hold)
        else:
            self.assertIsInstance(verdict, Skipped)
        self.assertIn(words, getattr(verdict, "reason", ""))

    def test_the_table(self) -> None:
        for changes, hold, words in TABLE:
            with self.subTest(changes):
                self.check(gates.objection(case(**changes)), hold, words)

    def test_every_gate_objects_somewhere_in_the_table(self) -> None:
        for gate in gates.GATES:
            self.assertTrue(any(gate(case(**changes)) for changes, _, _ in TABLE), gate.__name__)

    def test_a_value_that_meta_refuses_ends_its_message_and_a_template_that_differs_holds_all(self) -> None:
        self.check(gates.values_fit(case(), None), None, "")
        self.check(gates.values_fit(case(), Mismatch("value 1 of the body is empty", False)), "", "value 1")
        self.check(gates.values_fit(case(), Mismatch("it takes 2 values", True)), "template", "Sync, then compare both")

    def test_bulk_alone_waits_for_room_under_the_daily_limit(self) -> None:
        bulk = case(lane="bulk")
        self.check(gates.within_the_tier(bulk, "TIER_250", 0), "tier", "TIER_250")
        self.check(gates.within_the_tier(bulk, "TIER_250", 1), None, "")
        self.check(gates.within_the_tier(case(), "TIER_250", 0), None, "")
        self.check(gates.within_the_tier(replace(bulk, wrote_at=NOW - HOUR), "TIER_250", 0), None, "")

    def test_a_blockade_says_since_when_why_and_when_it_is_tried_again(self) -> None:
        blockade = Blockade(ref="abc", reason="Payment failed.", since=NOW - HOUR, recheck_at=NOW + HOUR)
        verdict = gates.meta_takes_what_we_send(case(blockades={"abc": blockade}))
        self.check(verdict, "refused", "since 24 Nov 07:00 UTC: Payment failed. One message tries again at 09:00 UTC.")
