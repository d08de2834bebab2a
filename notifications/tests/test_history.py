from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import override_settings
from django.utils import timezone

from integrations import buckets
from integrations.models import PhoneNumber, WebhookEvent
from integrations.tests.graph_server import Reply, Request
from integrations.whatsapp.history import PastStatus, past_statuses
from notifications import history
from notifications.delivery import deliver
from notifications.models import DeliveryAttempt, DeliveryEvent, Notification
from notifications.receipts import apply_statuses
from notifications.states import State
from notifications.tasks import ask_history
from notifications.tests.outside import DeliveryTestCase, approve
from notifications.uncertain import resend_unproven
from tenants.models import OperatorAlert

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
REFUSAL = Reply(400, {"error": {"code": 100, "message": "(#100) Tried accessing nonexisting field (message_history)"}})


class AskingTestCase(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        approve()
        self.events: dict[str, list[str]] = {}
        self.refusal: Reply | None = None

    def unheard(self, *words: str, ago: timedelta = timedelta(hours=2), phone: str = "+263771234567") -> Notification:
        """A message that Meta accepted so long ago; `words` are what Meta will say became of it."""
        self.meta.handler = self.accept
        message = self.deposit_message(phone_number=phone)
        deliver()
        DeliveryAttempt.objects.filter(notification=message).update(sent_at=timezone.now() - ago)
        self.events[self.one_attempt(message).wamid] = list(words)
        self.meta.requests.clear()
        self.meta.handler = self.tell
        return message

    def tell(self, request: Request) -> Reply:
        if self.refusal:
            return self.refusal
        wamid = request.query["message_id"][0]
        told = [
            {"delivery_status": word, "timestamp": int(AT.timestamp()) + number, "webhook_update_state": "FAILED"}
            for number, word in enumerate(self.events[wamid])
        ]
        return Reply(body={"data": [{"id": "1", "message_id": wamid, "events": {"data": told}}]})

    def status_of(self, message: Notification) -> str:
        message.refresh_from_db()
        return message.status

    def asked(self) -> list[str]:
        return [request.query["message_id"][0] for request in self.meta.requests]

    def open_causes(self) -> set[str]:
        return set(OperatorAlert.objects.filter(resolved_at=None).values_list("cause", flat=True))


class AskingTests(AskingTestCase):
    def test_what_no_webhook_told_is_brought_up_to_date(self) -> None:
        message = self.unheard("SENT", "DELIVERED", "READ")
        ask_history()
        self.assertEqual(self.status_of(message), "READ")
        event = DeliveryEvent.objects.get(kind="read")
        self.assertEqual((event.source, event.at), ("history", AT + timedelta(seconds=2)))
        self.assertEqual(event.details, {"told_by": "message_history", "webhook": "FAILED"})

    def test_a_failure_tells_its_reason(self) -> None:
        message = self.unheard("FAILED")
        ask_history()
        self.assertEqual(self.status_of(message), "FAILED")

    def test_the_newest_come_first_and_fresh_ones_not_at_all(self) -> None:
        ages = (timedelta(hours=3), timedelta(hours=2), timedelta(minutes=30), timedelta(days=8))
        messages = [self.unheard(ago=ago, phone=f"+26377100000{n}") for n, ago in enumerate(ages)]
        ask_history()
        wamids = [self.one_attempt(message).wamid for message in messages]
        self.assertEqual(self.asked(), [wamids[1], wamids[0]])

    def test_a_message_is_asked_for_once_at_each_age(self) -> None:
        message = self.unheard("SENT")
        for _ in range(3):
            ask_history()
        self.assertEqual(len(self.asked()), 1)
        DeliveryEvent.objects.filter(kind="asked").update(at=timezone.now() - timedelta(hours=6))
        DeliveryAttempt.objects.filter(notification=message).update(sent_at=timezone.now() - timedelta(hours=7))
        ask_history()
        self.assertEqual(len(self.asked()), 2)

    def test_while_webhooks_wait_to_be_understood_nothing_is_asked(self) -> None:
        self.unheard("READ")
        WebhookEvent.objects.create(body=b"{}", digest=b"1")
        ask_history()
        self.assertEqual(self.asked(), [])

    @override_settings(WHATSAPP_MESSAGE_HISTORY=False)
    def test_it_can_be_switched_off(self) -> None:
        self.unheard("READ")
        ask_history()
        self.assertEqual(self.asked(), [])

    def test_an_uncertain_one_is_never_settled_by_it_nor_sent_again_for_it(self) -> None:
        lost = self.unheard("READ")
        long_ago = timezone.now() - timedelta(hours=2)
        DeliveryAttempt.objects.filter(notification=lost).update(state=State.UNCERTAIN, uncertain_at=long_ago)
        Notification.objects.filter(pk=lost.pk).update(status=State.UNCERTAIN)
        later = self.unheard("READ", phone="+263772222222")
        ask_history()
        self.assertEqual(self.status_of(later), "READ")
        self.assertEqual(resend_unproven(), 0)
        self.assertEqual(self.status_of(lost), "UNCERTAIN")


class BudgetTests(AskingTestCase):
    def test_no_hour_holds_more_than_500_calls(self) -> None:
        self.assertLessEqual(history.CALLS.burst + history.CALLS.rate * 3600, 500)

    def test_when_the_calls_are_used_up_nothing_is_asked(self) -> None:
        self.unheard("READ")
        buckets.take([buckets.Wish("history:222", history.CALLS.rate, history.CALLS.burst, want=20)])
        ask_history()
        self.assertEqual(self.asked(), [])

    def test_calls_that_were_not_made_are_given_back(self) -> None:
        for number in range(3):
            self.unheard("READ", phone=f"+26377100000{number}")
        self.refusal = Reply(500, {"error": {"code": 1, "message": "An unknown error"}})
        ask_history()
        self.assertEqual(len(self.asked()), 1)
        left = buckets.take([buckets.Wish("history:222", history.CALLS.rate, history.CALLS.burst, want=20)])
        self.assertEqual(left[0].granted, 19)


class RefusalTests(AskingTestCase):
    def test_a_refusal_is_said_once_and_nothing_is_asked_after_it(self) -> None:
        message = self.unheard("READ")
        self.refusal = REFUSAL
        with self.assertLogs("notifications.history", "WARNING") as said:
            for _ in range(3):
                ask_history()
        self.assertEqual((len(said.records), len(self.asked())), (1, 1))
        self.assertEqual(self.status_of(message), "SENT")
        alert = OperatorAlert.objects.get()
        self.assertEqual((alert.severity, alert.count), ("warning", 1))
        self.assertIn("WHATSAPP_MESSAGE_HISTORY", alert.what_to_do)

    def test_when_the_operator_resolves_it_or_the_token_changes_it_is_asked_again(self) -> None:
        self.unheard("READ")
        self.refusal = REFUSAL
        ask_history()
        OperatorAlert.objects.update(resolved_at=timezone.now())
        ask_history()
        with override_settings(WHATSAPP_ACCESS_TOKEN="EAAanother"):
            ask_history()
        self.assertEqual(len(self.asked()), 3)
        self.assertEqual(OperatorAlert.objects.filter(resolved_at=None).count(), 1)

    def test_a_number_that_was_given_up_says_nothing_of_the_others(self) -> None:
        message = self.unheard("READ")
        DeliveryAttempt.objects.filter(notification=message).update(sender="999")
        self.refusal = REFUSAL
        ask_history()
        self.assertEqual(self.open_causes(), set())
        PhoneNumber.objects.create(phone_number_id="999", waba_id="222", status="CONNECTED")
        DeliveryEvent.objects.filter(kind="asked").delete()
        ask_history()
        self.assertEqual(len(self.open_causes()), 1)

    def test_a_rejected_token_is_no_reason_to_switch_it_off(self) -> None:
        self.unheard("READ")
        self.refusal = Reply(401, {"error": {"code": 190, "message": "Session has expired"}})
        ask_history()
        self.assertEqual(self.open_causes(), set())


class GapTests(AskingTestCase):
    def test_the_gap_is_told_with_its_size_and_closes_by_itself(self) -> None:
        self.unheard("SENT", "DELIVERED")
        ask_history()
        alert = OperatorAlert.objects.get(cause=history.GAP)
        self.assertIn("between 24 Nov 08:00 and 24 Nov 08:00 UTC: 1 message was", alert.summary)
        ask_history()
        self.assertIn(history.GAP, self.open_causes())
        DeliveryEvent.objects.filter(source="history").update(recorded_at=timezone.now() - timedelta(hours=2))
        ask_history()
        self.assertEqual(self.open_causes(), set())

    def test_what_webhooks_had_told_is_no_gap(self) -> None:
        message = self.unheard("SENT")
        apply_statuses([self.status(self.one_attempt(message), "sent", timestamp=AT)])
        ask_history()
        self.assertEqual((len(self.asked()), self.open_causes()), (1, set()))


class FoldingTests(AskingTestCase):
    def test_every_order_and_every_repetition_ends_the_same(self) -> None:
        words = ("sent", "delivered", "read")
        for number, order in enumerate(itertools.permutations(words * 2, 4)):
            if number % 6 or not {"read"} <= set(order):
                continue
            with self.subTest(order=order):
                message = self.unheard(phone=f"+2637710{number:05d}")
                attempt = self.one_attempt(message)
                for word in order:
                    history.fold([(attempt, [self.past(attempt, word)] * 2)])
                self.assertEqual(self.status_of(message), "READ")
                kinds = DeliveryEvent.objects.filter(attempt=attempt, source="history").values_list("kind", flat=True)
                self.assertEqual(sorted(kinds), sorted(set(order)))

    def test_a_webhook_that_comes_afterwards_changes_nothing_but_is_kept(self) -> None:
        message = self.unheard("DELIVERED", "READ")
        ask_history()
        apply_statuses([self.status(self.one_attempt(message), "delivered", timestamp=AT)])
        self.assertEqual(self.status_of(message), "READ")
        self.assertEqual(DeliveryEvent.objects.filter(kind="delivered").count(), 2)

    def past(self, attempt: DeliveryAttempt, word: str) -> PastStatus:
        return PastStatus(attempt.wamid, word, AT)


class ReadingTests(AskingTestCase):
    def test_what_cannot_be_read_is_passed_over(self) -> None:
        odd: list[Any] = [None, 7, {}, {"message_id": "w", "events": []}, {"message_id": "w", "events": {"data": [{}]}}]
        self.assertEqual(past_statuses({"data": odd}), [])
        self.assertEqual(past_statuses({}), [])
