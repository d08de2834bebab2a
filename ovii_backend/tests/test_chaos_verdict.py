"""Violations are planted one by one: each must be found, and nothing else."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase

from ovii_backend.chaos.chronicle import Chronicle, Taken, Told
from ovii_backend.chaos.ledger import Attempt, Row
from ovii_backend.chaos.plan import Planned
from ovii_backend.chaos.verdict import Evidence, Verdict, judge

KEY, CODE = "CH1-000001", "CH1-000002"
PHONE, CODE_PHONE = "+263771000001", "+263771000002"
PLANNED = {
    KEY: Planned(KEY, 0, 0, "ovii", "transactional", PHONE, "deposit_confirmed"),
    CODE: Planned(CODE, 0, 1, "ovii", "otp", CODE_PHONE, "otp_verification"),
}
DROPPED = tuple(Told(10.0 + place, status, False, "dropped") for place, status in enumerate(("sent", "delivered")))
HEARD = (Told(10.0, "sent", True, "delivered"),)


def taken(wamid: str = "wamid.1", *, key: str = KEY, status: str = "read", at: float = 1.0, **more: Any) -> Taken:
    phone = more.pop("phone", CODE_PHONE if key == CODE else PHONE)
    return Taken(wamid, key, phone, at, status, **more)


def row(status: str = "READ", *, key: str = KEY, **more: Any) -> Row:
    return Row(7, key, status, **more)


def judged(run: str, messages: list[Taken], *rows: Row, committed: set[str] | None = None, **more: Any) -> Verdict:
    by_key: dict[str, list[Row]] = {}
    for one in rows:
        by_key.setdefault(one.key, []).append(one)
    evidence = Evidence(
        run, PLANNED, {KEY} if committed is None else committed, more.pop("aborted", set()), messages, by_key
    )
    return judge(evidence)


class VerdictTestCase(SimpleTestCase):
    def assert_found(self, verdict: Verdict, *kinds: str) -> None:
        self.assertEqual([violation.kind for violation in verdict.violations], list(kinds), verdict.violations)
        self.assertEqual(verdict.good, not kinds)

    def test_what_came_once_and_is_known_is_good(self) -> None:
        for run in "AB":
            self.assert_found(judged(run, [taken(told=(Told(9.0, "read", True, "delivered"),))], row()))

    def test_a_committed_message_without_a_row_is_lost(self) -> None:
        self.assert_found(judged("A", []), "lost")

    def test_a_message_that_meta_never_took_is_lost_unless_its_row_shows_it(self) -> None:
        for run in "AB":
            for status in ("PENDING", "SENDING", "SENT", "READ", "FAILED", "EXPIRED"):
                self.assert_found(judged(run, [], row(status)), "lost")
            self.assert_found(judged(run, [], row("UNCERTAIN")), "lost")
            self.assert_found(judged(run, [], row("UNCERTAIN", resent_unproven=True)))

    def test_two_messages_are_a_duplicate(self) -> None:
        two = [taken("wamid.1"), taken("wamid.2", at=30.0)]
        self.assert_found(judged("A", two, row(resent_unproven=True)), "duplicate")
        self.assert_found(judged("B", [taken("wamid.1", told=HEARD), two[1]], row(resent_unproven=True)), "duplicate")

    def test_run_b_excuses_a_duplicate_of_which_nothing_was_told_if_it_is_counted(self) -> None:
        two = [taken("wamid.1", told=DROPPED), taken("wamid.2", at=30.0, told=(Told(31.0, "read", True, "delivered"),))]
        self.assert_found(judged("B", two, row(resent_unproven=True)))
        self.assert_found(judged("B", two, row()), "duplicate")
        self.assert_found(judged("A", two, row(resent_unproven=True)), "duplicate")

    def test_three_messages_are_two_duplicates(self) -> None:
        three = [taken(f"wamid.{at}", at=float(at)) for at in (1, 2, 3)]
        self.assert_found(judged("A", three, row()), "duplicate", "duplicate")

    def test_another_try_after_a_failed_one_is_no_duplicate(self) -> None:
        self.assert_found(judged("A", [taken("wamid.1", status="failed"), taken("wamid.2", at=9.0)], row()))

    def test_a_code_may_come_again_but_must_be_the_same(self) -> None:
        twice = [taken("wamid.1", key=CODE, code="123456"), taken("wamid.2", key=CODE, code="123456", at=2.0)]
        self.assert_found(judged("A", twice, row(key=CODE), committed={CODE}))
        other = [twice[0], taken("wamid.2", key=CODE, code="654321", at=2.0)]
        self.assert_found(judged("A", other, row(key=CODE), committed={CODE}), "wrong code")

    def test_in_run_a_the_row_says_what_the_sandbox_says(self) -> None:
        for status, right in (("read", "READ"), ("delivered", "DELIVERED"), ("sent", "SENT"), ("failed", "FAILED")):
            for said in ("READ", "DELIVERED", "SENT", "FAILED", "UNCERTAIN", "PENDING", "EXPIRED"):
                verdict = judged("A", [taken(status=status)], row(said))
                self.assert_found(verdict, *([] if said == right else ["wrong state"]))

    def test_in_run_b_the_row_knows_what_was_told_and_nothing_that_is_not_so(self) -> None:
        told = (Told(9.0, "delivered", True, "delivered"), Told(9.5, "read", False, "dropped"))
        self.assert_found(judged("B", [taken(told=told)], row("DELIVERED")))
        self.assert_found(judged("B", [taken(told=told)], row("READ")))
        self.assert_found(judged("B", [taken(told=told)], row("SENT")), "wrong state")
        self.assert_found(judged("B", [taken(told=told)], row("UNCERTAIN")), "wrong state")
        self.assert_found(judged("B", [taken(status="delivered", told=told[:1])], row("READ")), "wrong state")
        self.assert_found(judged("B", [taken(told=DROPPED)], row("UNCERTAIN", resent_unproven=True)))
        self.assert_found(judged("B", [taken(told=DROPPED)], row("EXPIRED")), "wrong state")

    def test_what_nobody_committed_must_not_arrive(self) -> None:
        self.assert_found(judged("A", [taken()], committed=set()), "never said")
        self.assert_found(judged("A", [taken()], committed=set(), aborted={KEY}), "never said")
        self.assert_found(judged("A", [taken(key="")], committed=set()), "never said")

    def test_somebody_elses_phone_is_found(self) -> None:
        self.assert_found(judged("A", [taken(phone="+263779999999")], row()), "wrong person")

    def test_two_notifications_of_one_key_are_found(self) -> None:
        self.assert_found(judged("A", [taken()], row(), row()), "twice in the database")

    def test_what_happened_is_counted(self) -> None:
        tries = (Attempt(1, "UNCERTAIN", "t1", ""), Attempt(2, "READ", "t2", "wamid.1"))
        verdict = judged("B", [taken()], row(resent_unproven=True, attempts=tries), aborted={"CH1-000009"})
        counted = {name for name in verdict.counts if verdict.counts[name]}
        self.assertLessEqual({"committed", "rolled back", "taken by Meta", "READ", "resent_unproven"}, counted)
        self.assertEqual(verdict.counts["more than one try, or one in doubt"], 1)


class ChronicleTestCase(SimpleTestCase):
    def test_a_message_is_known_by_its_text_and_a_code_by_its_phone(self) -> None:
        of_code = {CODE_PHONE: CODE}
        common = {"wamid": "wamid.1", "at": 1.0, "status": "read", "callback_data": None, "direction": "out"}
        text = {
            **common,
            "to": PHONE[1:],
            "text": f"The transaction ID is {KEY}.",
            "template": {"name": "deposit_confirmed"},
        }
        code = {
            **common,
            "to": CODE_PHONE[1:],
            "text": "123456 is your code.",
            "template": {"name": "otp_verification"},
        }
        chronicle = Chronicle("http://127.0.0.1:1")
        self.assertEqual(chronicle._taken(text, of_code).key, KEY)
        found = chronicle._taken(code, of_code)
        self.assertEqual((found.key, found.code), (CODE, "123456"))

    def test_only_what_was_answered_with_success_arrived(self) -> None:
        told = (Told(1.0, "sent", True, "delivered"), Told(2.0, "delivered", False, "refused"))
        message = taken(told=told)
        self.assertEqual(message.arrived(), ["sent"])
