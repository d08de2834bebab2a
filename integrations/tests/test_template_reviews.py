from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.models import WhatsAppTemplate
from integrations.signals import template_status_changed
from integrations.tests.listening import Listening
from integrations.tests.signed_post import encode, payload
from integrations.webhook_inbox import drain, store


class TemplateReviewTests(Listening):
    def row(self, **columns: str) -> WhatsAppTemplate:
        defaults = {
            "waba_id": "102290129340398",
            "template_id": "1689556908129832",
            "name": "transaction_received",
            "language": "en_US",
            "category": "UTILITY",
        }
        return WhatsAppTemplate.objects.create(**defaults | columns)

    def review(self, name: str = "template__approved", **changes: object) -> None:
        document = payload(name)
        document["entry"][0]["changes"][0]["value"] |= changes
        store(encode(document))
        drain()

    def test_verdicts_reach_the_row(self) -> None:
        row = self.row()
        verdicts = (
            ("APPROVED", "APPROVED"),
            ("FLAGGED", "APPROVED"),
            ("LOCKED", "APPROVED"),
            ("PAUSED", "PAUSED"),
            ("REINSTATED", "APPROVED"),
            ("DISABLED", "DISABLED"),
            ("IN_APPEAL", "IN_APPEAL"),
            ("LIMIT_EXCEEDED", "LIMIT_EXCEEDED"),
            ("ARCHIVED", "ARCHIVED"),
            ("UNARCHIVED", "APPROVED"),
            ("PENDING_DELETION", "PENDING_DELETION"),
            ("DELETED", "DELETED"),
            ("SOMETHING_NEW", "DELETED"),
        )
        for event, expected in verdicts:
            with self.subTest(event):
                self.review(event=event)
                row.refresh_from_db()
                self.assertEqual(row.status, expected)
        self.assertEqual(len(self.events), len(verdicts))

    def test_rejection_keeps_its_reason_until_approval(self) -> None:
        row = self.row()
        self.review("template__rejected")
        row.refresh_from_db()
        self.assertEqual((row.status, row.rejection_reason), ("REJECTED", "INVALID_FORMAT"))
        self.review("template__approved")
        row.refresh_from_db()
        self.assertEqual((row.status, row.rejection_reason), ("APPROVED", ""))

    def test_row_without_metas_id_is_found_by_account_name_and_language(self) -> None:
        row, other = self.row(template_id=""), self.row(template_id="", language="fr")
        elsewhere = self.row(template_id="", waba_id="999")
        self.review()
        for one in (row, other, elsewhere):
            one.refresh_from_db()
        self.assertEqual((row.status, row.template_id), ("APPROVED", "1689556908129832"))
        self.assertEqual((other.status, elsewhere.status), ("PENDING", "PENDING"))

    def test_end_of_a_template_does_not_end_its_successor(self) -> None:
        row = self.row(template_id="2", status="APPROVED")
        self.review(event="DELETED")
        row.refresh_from_db()
        self.assertEqual(row.status, "APPROVED")

    def test_row_is_up_to_date_when_the_receivers_hear(self) -> None:
        self.row()
        seen: list[str] = []

        def look(sender: object, events: Sequence[Any], **_: object) -> None:
            seen.append(WhatsAppTemplate.objects.get().status)

        template_status_changed.connect(look)
        self.addCleanup(template_status_changed.disconnect, look)
        self.review()
        self.assertEqual(seen, ["APPROVED"])
