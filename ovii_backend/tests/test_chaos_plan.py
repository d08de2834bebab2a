from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import SimpleTestCase

from ovii_backend.chaos.blows import make_blows
from ovii_backend.chaos.pace import SHORT_RUN, pace_for
from ovii_backend.chaos.plan import TENANTS, make_plan
from ovii_backend.chaos.troubles import DROPPED, OUTWARD, PEOPLE
from ovii_backend.chaos.writer import Journal, load_plan, read_journal, save_plan

PACE = pace_for(10_000)


class PlanTestCase(SimpleTestCase):
    def test_the_same_seed_makes_the_same_plan_faults_and_blows(self) -> None:
        for run in "AB":
            first, again = make_plan(run, 7, 2000, PACE), make_plan(run, 7, 2000, PACE)
            self.assertEqual(first, again)
            self.assertEqual(first.faults(), again.faults())
            self.assertEqual(first.people(), again.people())
            self.assertEqual(make_blows(run, 7, PACE), make_blows(run, 7, PACE))

    def test_another_seed_makes_another_plan(self) -> None:
        self.assertNotEqual(
            [replace(one, key="") for one in make_plan("A", 7, 2000, PACE).messages],
            [replace(one, key="") for one in make_plan("A", 8, 2000, PACE).messages],
        )
        self.assertNotEqual(make_blows("A", 7, PACE), make_blows("A", 8, PACE))

    def test_a_plan_has_so_many_messages_of_every_kind(self) -> None:
        plan = make_plan("B", 3, 10_000, PACE).messages
        self.assertEqual(len({one.key for one in plan}), 10_000)
        self.assertEqual({one.tenant for one in plan}, set(TENANTS))
        self.assertEqual({one.lane for one in plan}, {"otp", "transactional", "bulk"})
        self.assertEqual({one.trouble for one in plan} - {""}, set(OUTWARD))
        self.assertEqual({one.dropped for one in plan} - {""}, set(DROPPED))
        self.assertEqual({one.person for one in plan} - {""}, set(PEOPLE))
        self.assertTrue(any(one.aborted for one in plan))

    def test_nothing_is_dropped_in_run_a(self) -> None:
        faults = make_plan("A", 3, 10_000, PACE).faults()
        self.assertNotIn("drop", {fault["kind"] for fault in faults})
        self.assertIn("drop", {fault["kind"] for fault in make_plan("B", 3, 10_000, PACE).faults()})

    def test_a_code_is_the_only_message_of_its_phone(self) -> None:
        plan = make_plan("A", 3, 10_000, PACE).messages
        others = {one.phone for one in plan if one.lane != "otp"}
        codes = [one.phone for one in plan if one.lane == "otp"]
        self.assertEqual(len(set(codes)), len(codes))
        self.assertFalse(others & set(codes))

    def test_the_last_messages_are_calm(self) -> None:
        plan = make_plan("B", 3, 500, pace_for(500))
        for one in plan.messages[-8:]:
            self.assertGreater(one.at, plan.pace.storm)
            self.assertFalse(one.trouble or one.dropped or one.person or one.aborted)

    def test_a_plan_survives_the_way_to_the_writer(self) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "plan.json"
            plan = make_plan("B", 3, 200, pace_for(200)).messages
            save_plan(path, plan)
            self.assertEqual(load_plan(path), list(plan))


class BlowsTestCase(SimpleTestCase):
    def test_what_is_killed_or_stopped_starts_again_and_what_is_emptied_runs_on(self) -> None:
        for messages in (SHORT_RUN, 10_000):
            blows = make_blows("A", 5, pace_for(messages))
            self.assertEqual(blows, sorted(blows))
            for blow in blows:
                self.assertEqual(blow.pause > 0, blow.act in ("kill", "stop"), blow)
                self.assertLess(blow.at, pace_for(messages).storm)

    def test_every_kind_of_blow_falls(self) -> None:
        for messages in (300, 10_000):
            fallen = {(blow.act, blow.target.partition("-")[0]) for blow in make_blows("B", 5, pace_for(messages))}
            self.assertLessEqual(
                {("kill", "worker"), ("stop", "worker"), ("flush", "redis"), ("kill", "redis"), ("kill", "postgres")},
                fallen,
            )


class PaceTestCase(SimpleTestCase):
    def test_too_few_messages_are_refused(self) -> None:
        with self.assertRaisesMessage(ValueError, "--messages"):
            pace_for(3)

    def test_the_window_outlasts_the_longest_delay_and_the_lease_a_request(self) -> None:
        for messages in (300, 10_000):
            pace = pace_for(messages)
            self.assertGreater(pace.window, 2 * pace.longest_delay)
            self.assertGreater(pace.lease, 2 * pace.read_timeout)


class JournalTestCase(SimpleTestCase):
    def test_a_journal_is_read_up_to_where_its_writer_died(self) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "journal"
            with open(path, "w") as file:
                Journal(file).note(["CH1-000001", "CH1-000002"], committed=True)
                Journal(file).note(["CH1-000003"], committed=False)
                file.write('{"keys": ["CH1-0000')
            self.assertEqual(read_journal(path), ({"CH1-000001", "CH1-000002"}, {"CH1-000003"}))

    def test_no_journal_is_an_empty_one(self) -> None:
        self.assertEqual(read_journal(Path("/nowhere/at/all")), (set(), set()))
