"""The short way and the long way write the same."""

from __future__ import annotations

from typing import Any
from unittest import skipUnless

from django.db import connection
from django.utils import timezone

from notifications import express, transitions
from notifications.claims import Claim, claim_one
from notifications.models import DeliveryAttempt, DeliveryEvent, Notification
from notifications.receipts import apply_statuses
from notifications.tests.outside import NUMBER_ID, DeliveryTestCase
from notifications.transitions import Move

CLOCKS = {
    "expires_at",
    "departed_at",
    "lease_until",
    "lease_token",
    "updated_at",
    "created_at",
    "due_at",
    "id",
    "token",
}


@skipUnless(connection.vendor == "postgresql", "one statement with several writes needs PostgreSQL")
class ExpressTests(DeliveryTestCase):
    def claimed(self) -> tuple[DeliveryAttempt, Claim]:
        attempt = self.one_attempt(self.deposit_message())
        return attempt, claim_one(attempt.pk)

    def departing(self, attempt: DeliveryAttempt, taken: Claim) -> Move:
        return Move(attempt.pk, "depart", lease=taken.lease, sender=NUMBER_ID, language="en_US")

    def accepted(self, attempt: DeliveryAttempt) -> Move:
        answer = {"messages": [{"id": f"wamid.{attempt.pk}"}]}
        return Move(attempt.pk, "accepted", self.at, wamid=f"wamid.{attempt.pk}", response=answer)

    def setUp(self) -> None:
        super().setUp()
        self.at = timezone.now()

    def written(self, attempt: DeliveryAttempt) -> list[dict[str, Any]]:
        rows = [
            DeliveryAttempt.objects.filter(pk=attempt.pk).values().get(),
            Notification.objects.filter(pk=attempt.notification_id).values().get(),
            *DeliveryEvent.objects.filter(attempt=attempt).values("source", "kind", "at", "details"),
        ]
        text = str(attempt.pk)
        return [
            {name: str(value).replace(f"wamid.{text}", "wamid.N") for name, value in row.items() if name not in CLOCKS}
            for row in rows
        ]

    def test_both_ways_write_the_same(self) -> None:
        short, short_claim = self.claimed()
        long, long_claim = self.claimed()
        with self.assertNumQueries(3):  # one statement, and the savepoint around it
            transitions.apply([self.departing(short, short_claim)])
        transitions._take_each([self.departing(long, long_claim)])
        transitions.apply([self.accepted(short)])
        transitions._take_each([self.accepted(long)])
        for one, other in zip(self.written(short), self.written(long), strict=True):
            self.assertEqual(one | {"notification_id": 0}, other | {"notification_id": 0})

    def test_a_lease_that_is_lost_does_not_depart(self) -> None:
        attempt, taken = self.claimed()
        DeliveryAttempt.objects.update(state="PENDING", lease_token=None)
        claim_one(attempt.pk)
        self.assertEqual(transitions.apply([self.departing(attempt, taken)]), set())

    def test_an_acceptance_after_its_own_delivery_does_not_lower_the_state(self) -> None:
        attempt, taken = self.claimed()
        transitions.apply([self.departing(attempt, taken)])
        attempt.refresh_from_db()
        apply_statuses([self.status(attempt, "delivered")])
        transitions.apply([self.accepted(attempt)])
        attempt.refresh_from_db()
        self.assertEqual((attempt.state, attempt.sent_at), ("DELIVERED", self.at))

    def test_what_is_not_ordinary_goes_the_long_way(self) -> None:
        attempt, taken = self.claimed()
        lost = Move(attempt.pk, "lose", lease=taken.lease)
        twice = [self.departing(attempt, taken), self.accepted(attempt)]
        self.assertEqual(express.sorted_out([lost]), ([], [lost]))
        self.assertEqual(express.sorted_out(twice), ([], twice))
