from __future__ import annotations

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from integrations.exceptions import (
    CredentialsRejected,
    PayloadRefused,
    RecipientRefused,
    TemporaryFailure,
    Throttled,
    UncertainOutcome,
    UnknownRefusal,
    Unreachable,
)
from notifications.retry import LONGEST_DELAY_SECONDS, MAX_ATTEMPTS, GiveUp, HoldFor, RetryAt, decide

# error, number of the attempt that failed, decision at the top of the jitter
TABLE = [
    (Unreachable("no route"), 1, RetryAt(5)),
    (Unreachable("no route"), 2, RetryAt(10)),
    (TemporaryFailure("down", code=2), 3, RetryAt(20)),
    (TemporaryFailure("down", code=2), 7, RetryAt(320)),
    (TemporaryFailure("down", code=2), MAX_ATTEMPTS, GiveUp()),
    (TemporaryFailure("unknown", code=1, max_attempts=3), 3, GiveUp()),
    (Throttled("slow", code=130429, bucket="number", retry_after=30), 1, RetryAt(35)),
    (Throttled("pair", code=131056, bucket="pair"), 2, RetryAt(20)),
    (Throttled("pair", code=131056, bucket="pair"), 5, RetryAt(LONGEST_DELAY_SECONDS)),
    (CredentialsRejected("token", code=190), 1, HoldFor("refused")),
    (CredentialsRejected("token", code=190), 99, HoldFor("refused")),
    (RecipientRefused("not there", code=131026), 1, GiveUp()),
    (PayloadRefused("newline", code=132018), 1, GiveUp()),
    (UnknownRefusal("?", code=999999), 1, GiveUp()),
    (UncertainOutcome("timeout"), 1, GiveUp()),
]


class RetryTests(SimpleTestCase):
    def test_the_table(self) -> None:
        for error, number, expected in TABLE:
            with self.subTest(error=error.code, number=number):
                self.assertEqual(decide(error, number, chance=1), expected)

    @given(st.integers(1, MAX_ATTEMPTS - 1), st.floats(0, 1, exclude_max=True), st.floats(0, 3600))
    def test_a_pause_is_never_shorter_than_what_meta_asks_for(self, number: int, chance: float, asked: float) -> None:
        decision = decide(Throttled("slow", retry_after=asked), number, chance=chance)
        self.assertGreater(decision.seconds, asked)
        self.assertLessEqual(decision.seconds, asked + LONGEST_DELAY_SECONDS)
