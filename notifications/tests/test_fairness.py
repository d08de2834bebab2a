from __future__ import annotations

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from notifications.claims import Group, Share
from notifications.fairness import fill, shares

NUMBER = "106540352242922"


def group(lane: str, tenant: int = 1, sender: str = NUMBER) -> Group:
    return Group(lane, sender, tenant)


class FillTests(SimpleTestCase):
    @given(st.integers(0, 500), st.lists(st.integers(0, 200), max_size=12))
    def test_all_is_given_that_can_be_and_nobody_gets_more_than_it_can_take(self, amount: int, most: list[int]) -> None:
        parts = fill(amount, most)
        self.assertEqual(sum(parts), min(amount, sum(most)))
        self.assertTrue(all(part <= limit for part, limit in zip(parts, most, strict=True)))

    @given(st.integers(0, 500), st.lists(st.integers(0, 200), min_size=1, max_size=12))
    def test_whoever_gets_less_than_another_by_more_than_one_is_full(self, amount: int, most: list[int]) -> None:
        parts = fill(amount, most)
        for part, limit in zip(parts, most, strict=True):
            if part < max(parts) - 1:
                self.assertEqual(part, limit)


class SharesTests(SimpleTestCase):
    def test_codes_come_first_and_bulk_gets_what_remains(self) -> None:
        tokens = {("otp", NUMBER): 30, ("transactional", NUMBER): 30, ("bulk", NUMBER): 100}
        found = shares([group("bulk"), group("transactional"), group("otp")], tokens, room=70)
        self.assertEqual(
            [(one.group.lane, one.count) for one in found], [("otp", 30), ("transactional", 30), ("bulk", 10)]
        )

    def test_tenants_share_a_number_evenly(self) -> None:
        found = shares([group("bulk", 1), group("bulk", 2)], {("bulk", NUMBER): 40}, room=200)
        self.assertEqual([one.count for one in found], [20, 20])

    def test_a_tenants_own_limit_leaves_the_rest_to_the_others(self) -> None:
        found = shares([group("bulk", 1), group("bulk", 2)], {("bulk", NUMBER): 40}, room=200, tenant_tokens={1: 5})
        self.assertEqual(found, [Share(group("bulk", 1), 5), Share(group("bulk", 2), 35)])

    def test_a_tenants_limit_counts_over_its_lanes_and_numbers(self) -> None:
        waiting = [group("transactional", 1), group("bulk", 1), group("bulk", 1, "other")]
        tokens = dict.fromkeys([(one.lane, one.sender) for one in waiting], 50)
        self.assertEqual(sum(one.count for one in shares(waiting, tokens, 200, tenant_tokens={1: 7})), 7)

    def test_numbers_share_the_room(self) -> None:
        waiting = [group("bulk", 1, "one"), group("bulk", 2, "two")]
        found = shares(waiting, {("bulk", "one"): 500, ("bulk", "two"): 500}, room=100)
        self.assertEqual([one.count for one in found], [50, 50])

    def test_a_number_without_tokens_gets_nothing(self) -> None:
        self.assertEqual(shares([group("otp")], {("otp", NUMBER): 0}, room=10), [])
