"""The shared suite over each place of buckets, and what is particular to each."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory
from unittest import skipUnless
from unittest.mock import patch

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import SimpleTestCase, TestCase, TransactionTestCase
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from integrations.buckets import Wish, in_database
from integrations.buckets.base import Buckets
from integrations.buckets.in_database import DatabaseBuckets
from integrations.buckets.in_process import ProcessBuckets, share
from integrations.buckets.in_redis import RedisBuckets
from integrations.models import RateBucket
from integrations.tests.bucket_suite import BucketSuite, ConcurrentSuite
from integrations.tests.redis_server import ADDRESS, forget_keys, redis_answers


class ProcessBucketTests(ConcurrentSuite, SimpleTestCase):
    def setUp(self):
        super().setUp()
        self.buckets = ProcessBuckets(tokens_at_start=math.inf)


class OwnShareTests(SimpleTestCase):
    def setUp(self):
        self.buckets = ProcessBuckets()

    def test_buckets_begin_empty_but_for_one_token(self):
        self.assertEqual(self.buckets.take([Wish("a", 0.001, 10, 10)])[0].granted, 1)

    def test_share_is_rate_burst_and_floor_divided_and_never_less_than_one_token(self):
        wish = Wish("a", 80, 40, 10, floor=12)
        self.assertEqual(share(wish, 4), Wish("a", 20, 10, 10, floor=3))
        self.assertEqual(share(wish, 80).burst, 1)
        self.assertEqual(share(wish, 1), wish)

    def test_what_was_taken_is_remembered_as_it_was_asked(self):
        wish = Wish("a", 1000, 40, 5)
        time.sleep(0.01)
        self.buckets.take([wish], among=4)
        time.sleep(0.05)
        taken = sum(left.granted for left in self.buckets.take([wish], among=4)) + 1
        self.buckets.give_back({"a": 2})
        self.assertEqual(self.buckets.spent(), [Wish("a", 1000, 40, taken - 2)])

    def test_buckets_that_filled_up_make_room(self):
        with patch("integrations.buckets.in_process.MOST_BUCKETS", 50):
            self.buckets = ProcessBuckets()
            for n in range(200):
                self.buckets.take([Wish(f"pair:{n}", 1e9, 1, 1)])
            self.assertLess(len(self.buckets._buckets), 110)


class DatabaseBucketTests(BucketSuite, TestCase):
    def setUp(self):
        super().setUp()
        self.buckets = DatabaseBuckets()

    def test_known_buckets_take_one_statement(self):
        wishes = [self.wish(1, key=str(n)) for n in range(20)]
        self.take(*wishes)
        with self.assertNumQueries(3):  # the savepoint of a test around one statement
            self.take(*wishes)
        with self.assertNumQueries(3):
            self.take_all(*wishes)

    def test_full_buckets_are_swept_and_others_stay(self):
        self.take(self.wish(1, rate=1e6, key="full"), self.wish(1, key="open"))
        self.buckets.pause({f"{self.name}:paused": 60})
        time.sleep(0.01)
        self.buckets.sweep()
        kept = RateBucket.objects.filter(key__startswith=self.name).values_list("key", flat=True)
        self.assertEqual({key.partition(":")[2] for key in kept}, {"open", "paused"})

    def test_sweep_happens_by_itself(self):
        self.take(self.wish(1, rate=1e6, key="full"))
        time.sleep(0.01)
        with patch.object(in_database, "SWEEP_SECONDS", 0):
            self.take(self.wish(1, key="open"))
        self.assertEqual(RateBucket.objects.count(), 1)

    def test_bucket_that_vanishes_each_time_gives_nothing(self):
        with patch.object(in_database, "_create"):
            self.assertEqual(self.granted(self.wish(1)), [0])

    def test_clock_is_not_ours(self):
        wish = self.wish(10, rate=1)
        self.take(wish)
        with patch("time.time", lambda: 4e9), patch("time.monotonic", lambda: 4e9):
            self.assertEqual(self.granted(wish), [0])

    def test_clock_that_went_back_takes_nothing_away_and_does_not_stop_the_refill(self):
        wish = self.wish(10, rate=100)
        self.take(wish)
        RateBucket.objects.update(refilled_at=4e9)
        self.assertEqual(self.granted(wish), [0])
        time.sleep(0.05)
        self.assertGreaterEqual(self.granted(wish)[0], 4)


class ManyConnections(ConcurrentSuite):
    def setUp(self):
        super().setUp()
        self.buckets = DatabaseBuckets()

    def end_threads(self, threads: ThreadPoolExecutor) -> None:
        barrier = threading.Barrier(self.THREADS)

        def close(_: int) -> None:
            barrier.wait(10)
            connection.close()

        if len(threads._threads) == self.THREADS:
            list(threads.map(close, range(self.THREADS)))


@pytest.mark.postgres
@skipUnless(connection.vendor == "postgresql", "an in-memory database has one connection")
class PostgresBucketTests(ManyConnections, TransactionTestCase):
    def test_taker_waits_for_one_that_has_not_committed_and_sees_what_it_left(self):
        self.take(self.wish(1))
        with ThreadPoolExecutor(1) as threads:
            with transaction.atomic():
                self.take(self.wish(4))
                waiting = threads.submit(lambda: (self.granted(self.wish(9)), connection.close()))
                time.sleep(0.3)
                self.assertFalse(waiting.done())
            self.assertEqual(waiting.result()[0], [5])

    def test_bucket_that_is_made_by_two_at_once_is_one(self):
        wishes = [self.wish(1, key=str(n)) for n in range(20)]
        self.race(lambda n: self.granted(*(wishes if n % 2 else wishes[::-1])), times=8)
        self.assertEqual(self.granted(*[self.wish(99, key=str(n)) for n in range(20)]), [2] * 20)

    def test_sweep_does_not_wait_for_a_taker(self):
        self.take(self.wish(1, rate=1e6))
        with ThreadPoolExecutor(1) as threads, transaction.atomic():
            self.take(self.wish(1, rate=1e6))
            threads.submit(lambda: (self.buckets.sweep(), connection.close())).result(10)


class SqliteProcessesTests(SimpleTestCase):
    def test_many_processes_share_a_file(self):
        folder = self.enterContext(TemporaryDirectory())
        variables = {"DATABASE_ENGINE": "sqlite", "DATABASE_NAME": f"{folder}/a.sqlite3", "DATABASE_URL": ""}
        given = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "DEBUG": "true", "LOG_FILE": "", **variables}
        begin = [sys.executable, "-W", "ignore", "-c", "import django; django.setup(); " + TAKE_IN_A_PROCESS]
        given["DJANGO_SETTINGS_MODULE"] = "ovii_backend.settings"
        migrate = [sys.executable, "-W", "ignore", "manage.py", "migrate", "integrations", "--skip-checks"]
        subprocess.run(migrate, cwd=settings.BASE_DIR, env=given, check=True, capture_output=True)
        began = time.monotonic()
        running = [
            subprocess.Popen(begin, cwd=settings.BASE_DIR, env=given, stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        total = sum(int(one.communicate(timeout=60)[0]) for one in running)
        self.assertLessEqual(total, 20 + 100 * (time.monotonic() - began) + 1)
        self.assertGreater(total, 20)


TAKE_IN_A_PROCESS = """
import time
from integrations.buckets import Wish, take
until, got = time.monotonic() + 0.5, 0
while time.monotonic() < until:
    got += take([Wish("a", 100, 20, 3)])[0].granted
print(got)
"""


class WindowTests(SimpleTestCase):
    """The arithmetic itself, by a clock of the test's own."""

    @given(
        rate=st.floats(0.01, 1000),
        burst=st.floats(1, 500),
        steps=st.lists(st.tuples(st.floats(0, 30), st.integers(0, 300), st.floats(0, 600)), min_size=1, max_size=40),
    )
    @hypothesis_settings(max_examples=150, deadline=None)
    def test_no_stretch_of_time_grants_more_than_burst_and_rate(self, rate, burst, steps):
        now, grants = 1000.0, []
        with patch("integrations.buckets.in_process.time.monotonic", lambda: now):
            place = ProcessBuckets(tokens_at_start=math.inf)
            for pause, want, floor in steps:
                now += pause
                wish = Wish("a", rate, burst, want, floor)
                left = place.take([wish])[0]
                self.assertGreaterEqual(left.tokens, (wish.reserve if left.granted else 0) - 1e-5)
                grants.append((now, left.granted))
        for first, (began, _) in enumerate(grants):
            total = 0
            for ended, granted in grants[first:]:
                total += granted
                self.assertLessEqual(total, burst + rate * (ended - began) + 1e-3)


KEYS = st.sampled_from("abc")
COUNTS = st.integers(0, 12)
WISHES = st.lists(st.tuples(KEYS, COUNTS, st.sampled_from([0.0, 0.5, 3.0, 20.0])), min_size=1, max_size=5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), WISHES),
        st.tuples(st.just("same"), WISHES),
        st.tuples(st.just("charge"), WISHES),
        st.tuples(st.just("give_back"), st.dictionaries(KEYS, COUNTS, min_size=1)),
        st.tuples(st.just("pause"), st.tuples(KEYS, st.sampled_from([60.0, 5000.0]))),
    ),
    max_size=12,
)


def walk(place: Buckets, name: str, steps: list) -> list:
    """What a place answers to the steps; nothing refills meanwhile."""
    answers: list = []
    for step, argument in steps:
        if step in ("take", "same", "charge"):
            found = [Wish(f"{name}:{key}", 1e-7, 10.5, want, floor) for key, want, floor in argument]
            found = found if step == "take" else list({wish.key: wish for wish in found}.values())
            left = place.charge(found) if step == "charge" else place.take(found, same=step == "same")
            answers.append([(one.granted, round(one.tokens, 3), one.paused > 0) for one in left or ()])
        elif step == "give_back":
            place.give_back({f"{name}:{key}": tokens for key, tokens in argument.items()})
        else:
            place.pause({f"{name}:{argument[0]}": argument[1]})
            answers.append(sorted(place.paused([f"{name}:{key}" for key in "abc"])))
    return answers


class SamenessTests(HypothesisTestCase):
    @given(steps=STEPS)
    @hypothesis_settings(max_examples=60, deadline=None)
    def test_the_database_answers_as_the_process_does(self, steps):
        model = walk(ProcessBuckets(tokens_at_start=math.inf), "a", steps)
        self.assertEqual(walk(DatabaseBuckets(), "a", steps), model)

    @skipUnless(redis_answers(), "no Redis answers")
    @given(steps=STEPS)
    @hypothesis_settings(max_examples=60, deadline=None)
    def test_redis_answers_as_the_process_does(self, steps):
        prefix = f"{{test:{uuid.uuid4()}}}:"
        try:
            model = walk(ProcessBuckets(tokens_at_start=math.inf), "a", steps)
            self.assertEqual(walk(RedisBuckets(ADDRESS, prefix), "a", steps), model)
        finally:
            forget_keys(prefix)
