from __future__ import annotations

from itertools import pairwise

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from notifications.states import CALLED_OFF, MOVES, PROOF, PROVIDER, RANK, State, fold, target

# Written down apart from the table: every pair (state, local move) that leads somewhere, and where.
EXPECTED = {
    ("PENDING", "hold"): "PENDING",
    ("CLAIMED", "hold"): "PENDING",
    ("CLAIMED", "return"): "PENDING",
    ("CLAIMED", "defer"): "PENDING",
    ("PENDING", "release"): "PENDING",
    ("PENDING", "skip"): "SKIPPED",
    ("CLAIMED", "skip"): "SKIPPED",
    ("PENDING", "expire"): "EXPIRED",
    ("CLAIMED", "expire"): "EXPIRED",
    ("PENDING", "cancel"): "CANCELLED",
    ("CLAIMED", "cancel"): "CANCELLED",
    ("CLAIMED", "depart"): "SENDING",
    ("SENDING", "lose"): "UNCERTAIN",
    ("SENDING", "refuse"): "FAILED",
    ("UNCERTAIN", "refuse"): "FAILED",
    ("UNCERTAIN", "vouch"): "SENT",
    ("UNCERTAIN", "give_up"): "CANCELLED",
    ("UNCERTAIN", "resend"): "UNCERTAIN",
    ("FAILED", "again"): "FAILED",
    ("UNCERTAIN", "again"): "UNCERTAIN",
    ("SKIPPED", "again"): "SKIPPED",
    ("EXPIRED", "again"): "EXPIRED",
    ("CANCELLED", "again"): "CANCELLED",
}


class StateTests(SimpleTestCase):
    def test_local_moves_leave_only_the_states_that_they_name(self) -> None:
        for state in State:
            for move in MOVES:
                with self.subTest(state=state, move=move):
                    self.assertEqual(target(state, move), EXPECTED.get((state.value, move)))

    def test_local_moves_leave_no_state_that_the_provider_has_proved(self) -> None:
        for move, rule in MOVES.items():
            with self.subTest(move=move):
                self.assertFalse(rule.leaves & set(PROOF))

    def test_provider_words_only_climb(self) -> None:
        for state in State:
            for word, to in PROVIDER.items():
                with self.subTest(state=state, word=word):
                    climbs = RANK[to] > RANK.get(state, 0)
                    self.assertEqual(target(state, word), to if climbs else None)

    def test_proof_overtakes_what_was_called_off(self) -> None:
        for state in CALLED_OFF:
            self.assertEqual(target(state, "delivered"), State.DELIVERED)

    def test_late_sent_does_not_undo_read(self) -> None:
        self.assertIsNone(target(State.READ, "sent"))

    def test_delivered_overtakes_failed(self) -> None:
        self.assertEqual(target(State.FAILED, "delivered"), State.DELIVERED)

    def test_an_unknown_move_is_a_mistake(self) -> None:
        with self.assertRaises(KeyError):
            target(State.PENDING, "teleport")

    @given(st.lists(st.sampled_from(list(PROVIDER)), min_size=1), st.randoms())
    def test_the_order_of_provider_words_does_not_matter(self, words: list[str], random: object) -> None:
        def walk(order: list[str]) -> State:
            state = State.SENDING
            for word in order:
                state = target(state, word) or state
            return state

        shuffled = list(words)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        self.assertEqual(walk(words), walk(shuffled))

    def test_ranks_stand_in_the_order_of_the_promise(self) -> None:
        order = ("SENDING", "UNCERTAIN", "SENT", "FAILED", "DELIVERED", "READ")
        for lower, higher in pairwise(order):
            self.assertLess(RANK[State(lower)], RANK[State(higher)])


class FoldTests(SimpleTestCase):
    def check(self, expected: State, *states: State) -> None:
        self.assertEqual(fold(states), expected)

    def test_the_best_proof_wins_wherever_it_stands(self) -> None:
        self.check(State.READ, State.READ, State.SENT)
        self.check(State.DELIVERED, State.FAILED, State.DELIVERED, State.PENDING)
        self.check(State.SENT, State.SENT, State.FAILED)

    def test_without_proof_the_latest_attempt_speaks(self) -> None:
        self.check(State.PENDING, State.FAILED, State.PENDING)
        self.check(State.UNCERTAIN, State.FAILED, State.UNCERTAIN)

    def test_an_attempt_that_was_called_off_does_not_hide_an_earlier_one(self) -> None:
        self.check(State.UNCERTAIN, State.UNCERTAIN, State.EXPIRED)
        self.check(State.FAILED, State.FAILED, State.CANCELLED)

    def test_all_called_off_is_the_latest_of_them(self) -> None:
        self.check(State.SKIPPED, State.SKIPPED)
        self.check(State.EXPIRED, State.CANCELLED, State.EXPIRED)

    def test_a_lease_is_not_the_messages_business(self) -> None:
        self.check(State.PENDING, State.CLAIMED)
