"""The pure parts of following what webhooks tell: prices, drift, merged texts, the latest word, kinds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from unittest import mock

from django.test import SimpleTestCase, TestCase

from integrations import unhandled
from integrations.latest_word import in_order, take_note
from integrations.models import UnhandledKind
from integrations.prices import CARDS, cost_of_change, market_of, price
from integrations.template_drift import drift
from integrations.template_facts import merged
from integrations.unhandled import count_unhandled, kind_of
from integrations.whatsapp.webhooks import (
    IncomingMessage,
    TemplateComponents,
    TemplateQuality,
    UnknownChange,
)
from integrations.whatsapp_templates import get_template_structure

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)


class PriceTests(SimpleTestCase):
    def test_a_change_of_category_is_told_in_money_for_each_market_once(self) -> None:
        self.assertEqual(
            cost_of_change("UTILITY", "MARKETING", ["ZW", "SN", "ES"], TODAY),
            "about 0.0225 instead of 0.0040 USD per message in Rest of Africa, "
            "about 0.0615 instead of 0.0200 USD per message in Spain",
        )

    def test_what_no_card_tells_is_left_out(self) -> None:
        self.assertIsNone(price("Other", "AUTHENTICATION", TODAY))
        self.assertEqual(cost_of_change("UTILITY", "AUTHENTICATION", ["PL"], TODAY), "")
        self.assertEqual(
            cost_of_change("AUTHENTICATION", "UTILITY", ["PL"], TODAY), "about 0.0077 USD per message in Other"
        )

    def test_the_card_of_the_day_counts(self) -> None:
        dearer = mock.Mock(effective_from=date(2027, 1, 1), usd={"Spain": {"UTILITY": Decimal("0.03")}})
        with mock.patch("integrations.prices.CARDS", (*CARDS, dearer)):
            days = (date(2025, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
            self.assertEqual([str(price("Spain", "UTILITY", day)) for day in days], ["0.0200", "0.0200", "0.03"])

    def test_every_market_of_a_country_is_on_every_card(self) -> None:
        for card in CARDS:
            for country in ("ZW", "ZA", "NG", "ES", "FR", "DE", "GB", "PT", "US", "BR", "MX", "IN", "JP", "zw"):
                self.assertIn(market_of(country), card.usd)


class DriftTests(SimpleTestCase):
    def test_our_own_definitions_do_not_differ_from_themselves(self) -> None:
        for name in ("otp_verification", "transaction_received", "welcome_message"):
            structure = get_template_structure(name) or {}
            self.assertEqual(drift(name, "en_US", structure["components"]), [])

    def test_metas_own_text_of_a_code_is_no_drift(self) -> None:
        button = {"type": "URL", "text": "Copy code", "url": "https://www.whatsapp.com/otp/code/?code=otp{{1}}"}
        components = [{"type": "BODY", "text": "*{{1}}* is your code."}, {"type": "BUTTONS", "buttons": [button]}]
        self.assertEqual(drift("otp_verification", "en_US", components), [])

    def test_changed_missing_and_added_parts_are_named(self) -> None:
        components = [{"type": "BODY", "text": "Other"}, {"type": "HEADER", "format": "IMAGE"}]
        self.assertEqual(drift("transaction_received", "en_US", components), ["body", "footer", "header"])

    def test_what_is_defined_elsewhere_cannot_drift(self) -> None:
        self.assertEqual(drift("transaction_received", "fr", [{"type": "BODY", "text": "x"}]), [])
        self.assertEqual(drift("promo", "en_US", [{"type": "BODY", "text": "x"}]), [])


class MergedTests(SimpleTestCase):
    def test_media_and_expiry_stay_and_examples_go_with_their_text(self) -> None:
        before = [
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["x"]}},
            {"type": "BODY", "text": "Old {{1}}", "example": {"body_text": [["a"]]}},
            {"type": "FOOTER", "code_expiration_minutes": 5},
            {"type": "LIMITED_TIME_OFFER"},
        ]
        after = merged(before, TemplateComponents(text="New {{1}}"))
        self.assertEqual(after, [before[0], {"type": "BODY", "text": "New {{1}}"}, before[2], before[3]])

    def test_texts_that_are_gone_at_meta_are_gone_here(self) -> None:
        before = [
            {"type": "HEADER", "format": "TEXT", "text": "Hi"},
            {"type": "BODY", "text": "Same", "example": {}},
            {"type": "FOOTER", "text": "Bye"},
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop"}]},
        ]
        self.assertEqual(merged(before, TemplateComponents(text="Same")), [before[1]])

    def test_a_button_of_the_same_type_keeps_what_the_summary_lacks(self) -> None:
        before = [{"type": "BUTTONS", "buttons": [{"type": "URL", "text": "See", "url": "a", "example": ["b"]}]}]
        told = ({"type": "URL", "text": "Look", "url": "c"}, {"type": "QUICK_REPLY", "text": "Stop"})
        (_body, buttons) = merged(before, TemplateComponents(text="x", buttons=told))
        self.assertEqual(buttons["buttons"], [{"type": "URL", "text": "Look", "url": "c", "example": ["b"]}, told[1]])

    def test_the_button_of_a_code_stays_where_the_summary_has_none(self) -> None:
        before = [{"type": "BUTTONS", "buttons": [{"type": "OTP", "text": "Copy code"}]}]
        self.assertIn(before[0], merged(before, TemplateComponents(text="{{1}} is your code")))


class LatestWordTests(SimpleTestCase):
    def test_older_news_is_not_taken_and_the_same_again_is(self) -> None:
        row = SimpleNamespace(told_at={})
        times = (AT, AT - timedelta(seconds=1), AT, AT + timedelta(seconds=1), None)
        self.assertEqual([take_note(row, "quality", at) for at in times], [True, False, True, True, True])
        self.assertTrue(take_note(row, "category", AT - timedelta(days=1)))

    def test_what_was_read_since_knows_better(self) -> None:
        row = SimpleNamespace(told_at={})
        self.assertFalse(take_note(row, "limit", AT, read_at=AT + timedelta(hours=1)))
        self.assertTrue(take_note(row, "limit", AT, read_at=AT + timedelta(minutes=1)))

    def test_events_without_a_time_come_first(self) -> None:
        events = [TemplateQuality(at=AT, after="RED"), TemplateQuality(after="GREEN")]
        self.assertEqual([event.after for event in in_order(events)], ["GREEN", "RED"])


class UnhandledTests(TestCase):
    def test_kinds_add_up(self) -> None:
        for _ in range(2):
            count_unhandled([UnknownChange("calls"), UnknownChange("calls"), IncomingMessage("w", type="text")])
        self.assertEqual(list(UnhandledKind.objects.values_list("kind", "count")), [("calls", 4)])

    def test_words_that_anybody_chose_are_tamed(self) -> None:
        self.assertEqual(kind_of(UnknownChange("")), "without_a_field")
        self.assertEqual(kind_of(UnknownChange("a b<script>" + "x" * 200)), ("a_b_script_" + "x" * 200)[:100])
        self.assertEqual(kind_of(IncomingMessage("w", type="")), "messages")

    def test_beyond_so_many_kinds_new_ones_count_together(self) -> None:
        with mock.patch.object(unhandled, "MOST_KINDS", 2):
            count_unhandled([UnknownChange("a"), UnknownChange("b")])
            count_unhandled([UnknownChange("c"), UnknownChange("d"), UnknownChange("a")])
        self.assertEqual(dict(UnhandledKind.objects.values_list("kind", "count")), {"a": 2, "b": 1, "others": 2})
