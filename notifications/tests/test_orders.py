"""P3: whatever the order in which the world and we find out, the message ends in one state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from integrations.whatsapp.webhooks import MessageStatus
from notifications.models import DeliveryAttempt, Notification
from notifications.receipts import apply_statuses
from notifications.services import notify
from notifications.tests.outside import DEPOSIT, NUMBER_ID, PHONE
from notifications.tokens import callback_data, new_token
from notifications.transitions import Move, Next, apply

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
# What the provider may truly say of one message that it took, and the state that it amounts to.
STORIES = {
    (): None,
    ("sent",): "SENT",
    ("sent", "delivered"): "DELIVERED",
    ("sent", "delivered", "read"): "READ",
    ("read",): "READ",
    ("failed",): "FAILED",
    ("sent", "failed"): "FAILED",
    ("sent", "failed", "delivered"): "DELIVERED",
    ("unavailable",): "PENDING",
    ("sent", "unavailable"): "PENDING",
    ("unavailable", "delivered"): "DELIVERED",
}
# Meta's word and code: the second failure is one that passes, so another attempt follows.
FAILURES = {"failed": 131026, "unavailable": 131016}
OURS = ("timeout", "lease expiry", "resend", "expire", "vouch", "give up")
# Without any proof these decide by when they happen: that is no question of order.
DECIDING = ("resend", "vouch", "give up")


class World:
    """One message on the wire and everything that can happen to it, as separate acts."""

    def __init__(self) -> None:
        self.message = notify(
            "transaction_completed", phone_number=PHONE, template_name="deposit_confirmed", variables=DEPOSIT
        )
        self.lease = new_token()
        attempt = DeliveryAttempt.objects.get(notification=self.message)
        DeliveryAttempt.objects.filter(pk=attempt.pk).update(state="SENDING", sender=NUMBER_ID, lease_token=self.lease)
        self.pk, self.token = attempt.pk, attempt.token

    def act(self, what: str) -> None:
        getattr(self, what.replace(" ", "_"), lambda: self.provider(what))()

    def provider(self, word: str) -> None:
        at = AT + timedelta(seconds=("sent", "delivered", "read", *FAILURES).index(word))
        errors: tuple[dict[str, Any], ...] = ({"code": FAILURES[word]},) if word in FAILURES else ()
        word, data = "failed" if errors else word, callback_data(self.token)
        apply_statuses(
            [MessageStatus("wamid.1", word, at, phone_number_id=NUMBER_ID, callback_data=data, errors=errors)]
        )

    def success(self) -> None:
        apply([Move(self.pk, "accepted", AT, wamid="wamid.1")])

    def timeout(self) -> None:
        apply([Move(self.pk, "lose", lease=self.lease, reason="timed out")])

    def lease_expiry(self) -> None:
        apply(
            [Move(self.pk, "return", lease=self.lease), Move(self.pk, "lose", lease=self.lease, reason="worker lost")]
        )

    def resend(self) -> None:
        apply([Move(self.pk, "resend", then=Next(unproven=True))])

    def vouch(self) -> None:
        apply([Move(self.pk, "vouch")])

    def give_up(self) -> None:
        apply([Move(self.pk, "give_up")])

    def expire(self) -> None:
        Notification.objects.filter(pk=self.message.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        waiting = DeliveryAttempt.objects.filter(notification=self.message, state__in=("PENDING", "CLAIMED"))
        apply([Move(pk, "expire") for pk in waiting.values_list("pk", flat=True)])

    def final(self) -> str:
        return Notification.objects.get(pk=self.message.pk).status


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[str], list[str], str | None]:
    """Two orders of the same acts, with repetitions, and the state that the provider's story amounts to."""
    story = draw(st.sampled_from(list(STORIES)))
    # The answer to the request names the outcome only where the provider took the message.
    own = draw(st.lists(st.sampled_from(OURS), max_size=4))
    answer = ["success"] if story and draw(st.booleans()) else ["timeout"]
    repeated = draw(st.lists(st.sampled_from(story), max_size=3)) if story else []
    acts = [*story, *own, *answer, *repeated]
    if not story:
        acts = [act for act in acts if act not in DECIDING]
    told = STORIES[story]
    if told == "PENDING" and "expire" in acts:
        # The next attempt has no time left, or none is made: what remains is the failure.
        told = "FAILED"
    return draw(st.permutations(acts)), draw(st.permutations(acts)), told


class OrderTests(TestCase):
    @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(orders())
    def test_one_final_state_for_every_order(self, case: tuple[list[str], list[str], str | None]) -> None:
        first, second, told = case
        finals = []
        for order in (first, second):
            world = World()
            for act in order:
                world.act(act)
            finals.append(world.final())
        self.assertEqual(finals[0], finals[1])
        self.assertEqual(finals[0], told or "UNCERTAIN")
