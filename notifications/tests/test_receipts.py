from __future__ import annotations

from datetime import UTC, datetime, timedelta

from integrations.signals import message_received
from integrations.whatsapp.webhooks import IncomingMessage
from notifications.delivery import deliver
from notifications.models import Contact, DeliveryEvent, Notification, ShelvedStatus
from notifications.receipts import apply_statuses
from notifications.tests.outside import PHONE, DeliveryTestCase, approve

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


class ReceiptTests(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        approve()
        self.message = self.deposit_message()
        deliver()
        self.attempt = self.one_attempt(self.message)

    def state(self) -> str:
        self.message.refresh_from_db()
        return self.message.status

    def test_delivered_and_read_raise_the_message(self) -> None:
        apply_statuses([self.status(self.attempt, "delivered", timestamp=AT)])
        self.assertEqual(self.state(), "DELIVERED")
        apply_statuses([self.status(self.attempt, "read", timestamp=AT + timedelta(seconds=5))])
        self.assertEqual(self.state(), "READ")
        self.assertEqual((self.message.delivered_at, self.message.read_at), (AT, AT + timedelta(seconds=5)))

    def test_late_sent_does_not_undo_read_but_is_kept(self) -> None:
        apply_statuses([self.status(self.attempt, "read"), self.status(self.attempt, "sent", timestamp=AT)])
        self.assertEqual(self.state(), "READ")
        kinds = set(DeliveryEvent.objects.values_list("kind", flat=True))
        self.assertEqual(kinds, {"accepted", "read", "sent"})

    def test_a_status_that_comes_twice_is_one_event(self) -> None:
        for _ in range(3):
            apply_statuses([self.status(self.attempt, "delivered", timestamp=AT)] * 2)
        self.assertEqual(DeliveryEvent.objects.filter(kind="delivered").count(), 1)

    def test_failed_tells_why(self) -> None:
        error = {"code": 131026, "title": "Message undeliverable", "error_data": {"details": "Message Undeliverable."}}
        apply_statuses([self.status(self.attempt, "failed", errors=(error,))])
        self.assertEqual((self.state(), self.message.error_code), ("FAILED", 131026))
        self.assertIn("131026", self.message.error_message)

    def test_delivered_after_failed_is_delivered(self) -> None:
        apply_statuses([self.status(self.attempt, "failed", errors=({"code": 131000},))])
        apply_statuses([self.status(self.attempt, "delivered")])
        self.assertEqual((self.state(), self.message.error_message), ("DELIVERED", ""))

    def test_without_callback_data_the_wamid_tells(self) -> None:
        apply_statuses([self.status(self.attempt, "delivered", callback_data="")])
        self.assertEqual(self.state(), "DELIVERED")

    def test_another_numbers_status_does_not_match(self) -> None:
        apply_statuses([self.status(self.attempt, "delivered", phone_number_id="999")])
        self.assertEqual(self.state(), "SENT")
        self.assertEqual(ShelvedStatus.objects.count(), 1)

    def test_an_unknown_word_changes_nothing(self) -> None:
        apply_statuses([self.status(self.attempt, "deleted")])
        self.assertEqual(self.state(), "SENT")

    def test_a_status_before_the_answer_is_recorded_waits_on_the_shelf(self) -> None:
        self.meta.requests.clear()
        early = self.deposit_message(phone_number="+263772222222")
        status = self.status(self.one_attempt(early), "delivered", wamid="wamid.2", callback_data="", timestamp=AT)
        apply_statuses([status, status])
        self.assertEqual(ShelvedStatus.objects.count(), 1)
        deliver()
        early.refresh_from_db()
        self.assertEqual((early.status, ShelvedStatus.objects.count()), ("DELIVERED", 0))

    def test_pricing_is_kept_with_the_event(self) -> None:
        pricing = {"billable": True, "pricing_model": "PMP", "category": "utility"}
        apply_statuses([self.status(self.attempt, "sent", timestamp=AT, pricing=pricing)])
        self.assertEqual(DeliveryEvent.objects.get(kind="sent").details["pricing"], pricing)


class WindowTests(DeliveryTestCase):
    def test_whoever_writes_opens_a_window_and_old_news_do_not_move_it_back(self) -> None:
        for minutes in (5, 0, 3):
            event = IncomingMessage(
                "wamid.in", sender=PHONE[1:], profile_name="Tariro", timestamp=AT + timedelta(minutes=minutes)
            )
            message_received.send(None, events=[event])
        contact = Contact.objects.get()
        self.assertEqual((contact.phone, contact.name), (PHONE, "Tariro"))
        self.assertEqual(contact.last_inbound_at, AT + timedelta(minutes=5))
        self.assertEqual(Notification.objects.count(), 0)
