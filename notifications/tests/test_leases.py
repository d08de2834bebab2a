from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now
from django.test import override_settings

from integrations.tests.graph_server import Reply
from integrations.webhook_inbox import store
from notifications.claims import Claim, Group, Share, claim, claim_one
from notifications.delivery import deliver, process
from notifications.models import DeliveryAttempt
from notifications.receipts import apply_statuses
from notifications.sweep import sweep
from notifications.tests.outside import NUMBER_ID, DeliveryTestCase, approve
from tenants.services import default_tenant


def take(lane: str, count: int) -> Claim:
    """Of the default tenant and the configured number."""
    return claim([Share(Group(lane, "", default_tenant().pk), count)])


class LeaseTests(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        approve()

    def test_two_claims_never_overlap(self) -> None:
        for n in range(10):
            self.deposit_message(phone_number=f"+26377{1000000 + n}")
        first, second = take("transactional", 6), take("transactional", 6)
        self.assertEqual((len(first.ids), len(second.ids)), (6, 4))
        self.assertFalse(set(first.ids) & set(second.ids))
        self.assertFalse(take("transactional", 6))

    def test_a_worker_killed_between_claim_and_sending_loses_nothing(self) -> None:
        message = self.deposit_message()
        take("transactional", 10)
        self.assertEqual(sweep(), [])
        DeliveryAttempt.objects.update(lease_until=Now() - timedelta(seconds=1))
        self.assertEqual(sweep(), ["transactional"])
        deliver()
        message.refresh_from_db()
        self.assertEqual((message.status, message.attempts.count()), ("SENT", 1))

    def test_a_worker_killed_on_the_wire_leaves_an_uncertain_message(self) -> None:
        message = self.deposit_message()
        DeliveryAttempt.objects.update(state="SENDING", lease_until=Now() - timedelta(seconds=1), sender=NUMBER_ID)
        self.assertEqual(sweep(), [])
        message.refresh_from_db()
        self.assertEqual(message.status, "UNCERTAIN")
        apply_statuses([self.status(self.one_attempt(message), "delivered")])
        message.refresh_from_db()
        self.assertEqual((message.status, message.whatsapp_message_id), ("DELIVERED", "wamid.X"))

    def test_a_claim_that_was_lost_sends_nothing(self) -> None:
        self.deposit_message()
        mine = take("transactional", 10)
        DeliveryAttempt.objects.update(state="PENDING", lease_token=None)
        other = take("transactional", 10)
        process(mine)
        self.assertEqual(self.sent(), [])
        process(other)
        self.assertEqual(len(self.sent()), 1)

    @override_settings(DELIVERY_LEASE_SECONDS=10)
    def test_a_lease_too_short_for_a_request_gives_the_row_back(self) -> None:
        message = self.deposit_message()
        process(claim_one(self.one_attempt(message).pk))
        self.assertEqual((self.one_attempt(message).state, self.sent()), ("PENDING", []))


class ResendTests(DeliveryTestCase):
    """Once, after the window, with the inbox empty and later messages of the number reported."""

    def setUp(self) -> None:
        super().setUp()
        approve()
        self.meta.answer(Reply(cut="after"))
        self.lost = self.deposit_message()
        with self.assertLogs("notifications"):
            deliver()
        self.later = self.deposit_message(phone_number="+263772222222")
        deliver()

    def pass_the_window(self) -> None:
        DeliveryAttempt.objects.filter(state="UNCERTAIN").update(uncertain_at=Now() - timedelta(seconds=901))

    def report_the_later_one(self) -> None:
        apply_statuses([self.status(self.one_attempt(self.later), "delivered")])

    def test_it_goes_once_more_and_is_counted(self) -> None:
        self.pass_the_window()
        self.report_the_later_one()
        self.assertEqual(sweep(), ["transactional"])
        deliver()
        self.lost.refresh_from_db()
        self.assertEqual((self.lost.status, self.lost.resent_unproven, len(self.sent())), ("SENT", True, 3))

    def test_not_before_the_window_has_passed(self) -> None:
        self.report_the_later_one()
        self.assertEqual(sweep(), [])

    def test_not_while_nothing_later_was_reported(self) -> None:
        self.pass_the_window()
        self.assertEqual(sweep(), [])

    def test_not_while_a_webhook_is_waiting(self) -> None:
        self.pass_the_window()
        self.report_the_later_one()
        store(b'{"entry":[]}')
        self.assertEqual(sweep(), [])

    def test_proof_that_comes_first_calls_the_repeat_off(self) -> None:
        self.pass_the_window()
        self.report_the_later_one()
        sweep()
        first = self.lost.attempts.first()
        apply_statuses([self.status(first, "read", wamid="wamid.late")])
        deliver()
        self.lost.refresh_from_db()
        self.assertEqual([one.state for one in self.lost.attempts.all()], ["READ", "CANCELLED"])
        self.assertEqual((self.lost.status, len(self.sent())), ("READ", 2))
