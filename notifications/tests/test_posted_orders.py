"""P3 on the whole way: statuses posted in any order, in any number of bodies, more than once, drained when it likes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from integrations.models import WebhookEvent
from integrations.tests.signed_post import encode, signed_post, with_app_secret
from integrations.webhook_inbox import drain
from notifications.models import DeliveryAttempt, DeliveryEvent, Notification, ShelvedStatus
from notifications.receipts import take_from_shelf
from notifications.services import notify
from notifications.tests.outside import DEPOSIT, NUMBER_ID, PHONE
from notifications.tokens import callback_data

WAMID = "wamid.HBgMMjYzNzcxMjM0NTY3FQIAERgSQTFCMkMzRDRFNUY2MDcxODI5AA=="
STORIES = {
    ("sent",): "SENT",
    ("sent", "delivered"): "DELIVERED",
    ("sent", "delivered", "read"): "READ",
    ("delivered", "read"): "READ",
    ("sent", "failed"): "FAILED",
    ("sent", "failed", "delivered"): "DELIVERED",
}
SECONDS = {word: 1760000000 + index for index, word in enumerate(("sent", "delivered", "read", "failed"))}


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[list[str]], str, bool, bool]:
    """The words of each body in its order, what they amount to, and whether they name our token and us the wamid."""
    story = draw(st.sampled_from(list(STORIES)))
    words = draw(st.permutations([*story, *draw(st.lists(st.sampled_from(story), max_size=3))]))
    bodies: list[list[str]] = [[]]
    for word in words:
        if bodies[-1] and draw(st.booleans()):
            bodies.append([])
        bodies[-1].append(word)
    return bodies, STORIES[story], draw(st.booleans()), draw(st.booleans())


def body(words: list[str], callback: str) -> bytes:
    statuses: list[dict[str, Any]] = []
    for word in words:
        one = {"id": WAMID, "status": word, "timestamp": str(SECONDS[word]), "recipient_id": PHONE[1:]}
        one |= {"biz_opaque_callback_data": callback} if callback else {}
        statuses.append(one | ({"errors": [{"code": 131026, "title": "Undeliverable"}]} if word == "failed" else {}))
    value = {"metadata": {"phone_number_id": NUMBER_ID}, "statuses": statuses}
    return encode({"entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]})


@with_app_secret
class PostedOrderTests(TestCase):
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(histories(), st.booleans())
    def test_every_order_of_posts_ends_in_the_same_state(self, case: Any, drain_each: bool) -> None:
        bodies, expected, marked, known_late = case
        message = notify(
            "transaction_completed", phone_number=PHONE, template_name="deposit_confirmed", variables=DEPOSIT
        )
        attempts = DeliveryAttempt.objects.filter(notification=message)
        attempts.update(state="SENDING", sender=NUMBER_ID, wamid="" if known_late else WAMID)
        for words in bodies:
            answer = signed_post(body(words, callback_data(attempts.get().token) if marked else ""))
            self.assertEqual(answer.status_code, 200)
            if drain_each:
                drain()
        drain()
        if known_late:
            attempts.filter(wamid="").update(wamid=WAMID)
            take_from_shelf([WAMID])
        self.assertEqual(Notification.objects.get(pk=message.pk).status, expected)
        kept = DeliveryEvent.objects.filter(attempt__notification=message, source="provider")
        told = {word for words in bodies for word in words}
        self.assertEqual({(event.kind, event.at) for event in kept}, {(word, at(word)) for word in told})
        self.assertFalse(ShelvedStatus.objects.exists())
        self.assertFalse(WebhookEvent.objects.exclude(status="DONE").exists())


def at(word: str) -> datetime:
    return datetime.fromtimestamp(SECONDS[word], UTC)
