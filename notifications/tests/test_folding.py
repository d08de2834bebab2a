"""Ordinary statuses folded with one statement: the short way and the long way write the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import skipUnless
from unittest.mock import patch

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from integrations.whatsapp.webhooks import MessageStatus
from notifications import folding, transitions
from notifications.models import DeliveryAttempt, DeliveryEvent, Notification
from notifications.receipts import apply_statuses
from notifications.services import notify
from notifications.signals import notification_changed
from notifications.tests.outside import DEPOSIT, NUMBER_ID, PHONE, DeliveryTestCase
from notifications.tokens import callback_data
from notifications.transitions import Move, Next, apply

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CLOCKS = {"updated_at", "created_at", "due_at", "expires_at", "uncertain_at", "id", "token", "notification_id"}
PRICING = {"billable": True, "category": "utility", "pricing_model": "PMP"}
BEFORE = ("SENDING", "UNCERTAIN", "SENT", "FAILED", "DELIVERED", "READ", "PENDING", "CANCELLED")


def written(attempt: DeliveryAttempt) -> list[dict[str, Any]]:
    rows = [
        DeliveryAttempt.objects.filter(pk=attempt.pk).values().get(),
        Notification.objects.filter(pk=attempt.notification_id).values().get(),
        *DeliveryEvent.objects.filter(attempt=attempt).order_by("id").values("source", "kind", "at", "details"),
    ]
    return [{name: value for name, value in row.items() if name not in CLOCKS} for row in rows]


def on_the_wire(state: str, **facts: Any) -> DeliveryAttempt:
    message = notify("transaction_completed", phone_number=PHONE, template_name="deposit_confirmed", variables=DEPOSIT)
    Notification.objects.filter(pk=message.pk).update(status=state)
    DeliveryAttempt.objects.filter(notification=message).update(state=state, sender=NUMBER_ID, **facts)
    return DeliveryAttempt.objects.get(notification=message)


def told(attempt: DeliveryAttempt, word: str, seconds: int, **facts: Any) -> MessageStatus:
    return MessageStatus(
        f"wamid.{word}",
        word,
        AT + timedelta(seconds=seconds),
        phone_number_id=NUMBER_ID,
        callback_data=callback_data(attempt.token),
        **facts,
    )


def the_long_way(events: Sequence[MessageStatus]) -> None:
    with patch.object(folding, "ordinary", lambda moves: []):
        apply_statuses(events)


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, dict[str, Any], list[tuple[str, int, dict[str, Any]]]]:
    """An attempt's state before, what is known of it, and words about it in some order."""
    words = st.tuples(
        st.sampled_from(("sent", "delivered", "read", "played", "failed")),
        st.integers(0, 3),
        st.sampled_from(({}, {"pricing": PRICING}, {"recipient_user_id": "ZW.1"})),
    )
    known = {"wamid": draw(st.sampled_from(("", "wamid.known")))}
    for column in ("sent_at", "delivered_at", "failed_at"):
        known[column] = draw(st.sampled_from((None, AT + timedelta(seconds=1))))
    return draw(st.sampled_from(BEFORE)), known, draw(st.lists(words, min_size=1, max_size=5))


@skipUnless(connection.vendor == "postgresql", "one statement with several writes needs PostgreSQL")
class BothWaysTests(TestCase):
    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(cases())
    def test_both_ways_write_the_same(self, case: tuple[str, dict[str, Any], list[Any]]) -> None:
        state, known, words = case
        short, long = (on_the_wire(state, **known) for _ in range(2))
        short_events, long_events = (
            [
                told(one, word, at, **facts, errors=({"code": 131026},) if word == "failed" else ())
                for word, at, facts in words
            ]
            for one in (short, long)
        )
        apply_statuses(short_events)
        the_long_way(long_events)
        self.assertEqual(written(short), written(long))


@skipUnless(connection.vendor == "postgresql", "one statement with several writes needs PostgreSQL")
class FoldingTests(DeliveryTestCase):
    def moves(self, attempt: DeliveryAttempt, *words: str) -> list[Move]:
        return [Move(attempt.pk, word, AT + timedelta(seconds=place)) for place, word in enumerate(words)]

    def test_many_messages_take_as_many_statements_as_one(self) -> None:
        moves = [move for _ in range(20) for move in self.moves(on_the_wire("SENT"), "delivered", "read")]
        with self.assertNumQueries(4), patch.object(transitions, "_take_each") as long_way:
            risen = apply(moves)
        long_way.assert_not_called()
        self.assertEqual(len(risen), 20)
        self.assertEqual(DeliveryEvent.objects.count(), 40)

    def test_only_what_rose_is_announced(self) -> None:
        new, known = on_the_wire("SENT"), on_the_wire("READ")
        heard: list[int] = []

        def hear(ids: list[int], **_: Any) -> None:
            heard.extend(ids)

        notification_changed.connect(hear)
        self.addCleanup(notification_changed.disconnect, hear)
        with self.captureOnCommitCallbacks(execute=True):
            risen = apply(self.moves(new, "delivered") + self.moves(known, "delivered"))
        self.assertEqual((risen, heard), ({new.pk}, [new.notification_id]))

    def test_an_attempt_with_a_sibling_goes_the_long_way(self) -> None:
        attempt = on_the_wire("UNCERTAIN")
        apply([Move(attempt.pk, "resend", then=Next(unproven=True))])
        apply(self.moves(attempt, "delivered"))
        states = DeliveryAttempt.objects.filter(notification=attempt.notification_id).values_list("state", flat=True)
        self.assertEqual(list(states), ["DELIVERED", "CANCELLED"])

    def test_an_attempt_with_a_failure_among_its_words_goes_whole_the_long_way(self) -> None:
        one, other = on_the_wire("SENT"), on_the_wire("SENT")
        failure = Move(one.pk, "failed", AT, error={"code": 131026})
        mixed = [*self.moves(one, "delivered"), *self.moves(other, "delivered"), failure]
        self.assertEqual(folding.ordinary(mixed), self.moves(other, "delivered"))

    def test_a_word_on_what_is_gone_changes_nothing(self) -> None:
        attempt = on_the_wire("SENT")
        moves = self.moves(attempt, "delivered")
        Notification.objects.filter(pk=attempt.notification_id).delete()
        self.assertEqual(apply(moves), set())
