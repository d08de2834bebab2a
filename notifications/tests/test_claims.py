from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from notifications.claims import Group, Share, claim, supply
from notifications.models import DeliveryAttempt
from notifications.tests.outside import DeliveryTestCase
from tenants.models import Tenant
from tenants.services import default_tenant


class ClaimTests(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ours, self.other = default_tenant(), Tenant.objects.create(name="Bakery", slug="bakery")
        for place in range(3):
            self.deposit_message(phone_number=f"+26377100000{place}")
            self.deposit_message(phone_number=f"+26377200000{place}", tenant=self.other)
        self.deposit_message(lane="bulk", phone_number="+263773000000", sender="999")

    def groups(self) -> set[Group]:
        return set(supply())

    def test_supply_names_every_group_with_due_work_once(self) -> None:
        expected = {
            Group("transactional", "", self.ours.pk),
            Group("transactional", "", self.other.pk),
            Group("bulk", "999", self.ours.pk),
        }
        self.assertEqual(self.groups(), expected)
        self.assertEqual(len(supply()), 3)

    def test_whoever_has_waited_longest_comes_first(self) -> None:
        DeliveryAttempt.objects.filter(tenant=self.other).update(due_at=Now() - timedelta(minutes=1))
        self.assertEqual(supply()[0].tenant_id, self.other.pk)

    def test_what_is_held_or_not_due_is_no_supply(self) -> None:
        DeliveryAttempt.objects.filter(tenant=self.other).update(due_at=Now() + timedelta(minutes=1))
        DeliveryAttempt.objects.filter(sender="999").update(hold="template")
        self.assertEqual(self.groups(), {Group("transactional", "", self.ours.pk)})

    def test_a_claim_takes_each_groups_oldest_and_no_more_than_its_share(self) -> None:
        mine, theirs = Group("transactional", "", self.ours.pk), Group("transactional", "", self.other.pk)
        taken = claim([Share(mine, 2), Share(theirs, 1)])
        self.assertEqual(dict(taken.groups), {mine: 2, theirs: 1})
        first = DeliveryAttempt.objects.filter(tenant=self.ours, lane="transactional").order_by("pk")[:2]
        self.assertLessEqual({one.pk for one in first}, set(taken.ids))
        self.assertEqual(DeliveryAttempt.objects.filter(state="CLAIMED", lease_token=taken.lease).count(), 3)

    def test_a_claim_of_nothing_asks_nobody(self) -> None:
        with self.assertNumQueries(0):
            self.assertFalse(claim([]))
