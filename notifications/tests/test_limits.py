from __future__ import annotations

from django.db.models.functions import Now
from django.test import override_settings

from integrations import buckets
from integrations.limits import number_key, pair_key
from integrations.tests.graph_server import graph_error
from notifications.delivery import deliver
from notifications.models import DeliveryAttempt, Notification
from notifications.secrets import SecretRef, register
from notifications.services import notify
from notifications.tests.outside import NUMBER_ID, PHONE, DeliveryTestCase, approve
from tenants.models import Tenant

register("test-limits", lambda refs: dict.fromkeys(refs, "482913"))


class LimitTests(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        approve()

    def many(self, count: int, **changes: object) -> None:
        for place in range(count):
            self.deposit_message(phone_number=f"+26377{1000000 + place}", **changes)

    def code(self) -> Notification:
        return notify(
            "otp_requested", phone_number=PHONE, template_name="otp_verification", variables={}, lane="otp",
            secrets={"code": SecretRef("test-limits", "1")},
        )  # fmt: skip

    def names(self) -> list[str]:
        return [payload["template"]["name"] for payload in self.sent()]

    @override_settings(WHATSAPP_MESSAGES_PER_SECOND=2)
    def test_a_number_sends_its_burst_and_the_rest_waits(self) -> None:
        self.many(40)
        taken = deliver()
        self.assertIn(taken, range(1, 20))
        self.assertEqual(Notification.objects.filter(status="PENDING").count(), 40 - taken)

    @override_settings(WHATSAPP_MESSAGES_PER_SECOND=10)
    def test_bulk_leaves_room_for_a_code(self) -> None:
        self.many(20, lane="bulk")
        deliver()
        self.code()
        deliver()
        self.assertIn("otp_verification", self.names())

    @override_settings(WHATSAPP_MESSAGES_PER_SECOND=20)
    def test_one_tenants_flood_leaves_half_of_the_number_to_another(self) -> None:
        other = Tenant.objects.create(name="Bakery", slug="bakery")
        self.many(100)
        self.many(100, tenant=other)
        deliver()
        sent = Notification.objects.filter(status="SENT")
        # Of an odd number of tokens whoever has waited longer gets the last one, at each look.
        mine, theirs = sent.exclude(tenant=other).count(), sent.filter(tenant=other).count()
        self.assertLessEqual(abs(mine - theirs), 2 + (mine + theirs) / 4)

    def test_a_tenants_own_limit_holds_back_its_messages_but_not_its_codes(self) -> None:
        Tenant.objects.update(messages_per_second=2)
        self.many(20)
        deliver()
        self.assertLess(len(self.sent()), 20)
        self.code()
        deliver()
        self.assertIn("otp_verification", self.names())

    @override_settings(WHATSAPP_PAIR_BURST=2, WHATSAPP_PAIR_SECONDS=60)
    def test_one_person_gets_no_more_than_meta_allows_and_the_rest_later(self) -> None:
        for _ in range(4):
            self.deposit_message()
        deliver()
        self.assertEqual(len(self.sent()), 2)
        waiting = DeliveryAttempt.objects.filter(state="PENDING", due_at__gt=Now())
        self.assertEqual(waiting.count(), 2)
        self.assertIn("one message to a person", waiting[0].reason)

    def test_a_throttled_number_rests_as_long_as_meta_says(self) -> None:
        self.meta.answer(graph_error(130429, 429, headers={"Retry-After": "30"}))
        self.deposit_message()
        with self.assertLogs("notifications"):
            deliver()
        self.many(5)
        self.assertEqual(deliver(), 0)
        self.assertGreater(buckets.paused([number_key(NUMBER_ID)])[number_key(NUMBER_ID)], 25)

    def test_bad_quality_stops_campaigns_and_nothing_else(self) -> None:
        self.meta.answer(graph_error(131048))
        self.deposit_message(lane="bulk")
        with self.assertLogs("notifications"):
            deliver()
        self.many(3, lane="bulk")
        self.assertEqual(deliver(), 0)
        self.deposit_message()
        self.assertEqual(deliver(), 1)

    def test_an_account_that_makes_too_many_calls_rests_as_a_whole(self) -> None:
        self.meta.answer(graph_error(80007))
        self.deposit_message()
        with self.assertLogs("notifications"):
            deliver()
        self.many(3)
        self.assertEqual(deliver(), 0)

    def test_a_throttled_pair_rests_alone(self) -> None:
        self.meta.answer(graph_error(131056))
        self.deposit_message()
        with self.assertLogs("notifications"):
            deliver()
        self.assertIn(pair_key(NUMBER_ID, PHONE), buckets.paused([pair_key(NUMBER_ID, PHONE)]))
        self.many(3)
        self.assertEqual(deliver(), 3)
