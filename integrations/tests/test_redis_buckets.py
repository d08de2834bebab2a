"""Buckets in a real Redis: the shared suite, a lost script, lost keys, a Redis that goes away and comes back."""

from __future__ import annotations

import time
from unittest import skipUnless
from unittest.mock import patch

import redis
from django.test import SimpleTestCase, TestCase, override_settings
from redis.crc import key_slot

from integrations import buckets
from integrations.buckets import Wish, chooser
from integrations.buckets.chooser import Limiter
from integrations.buckets.in_redis import RedisBuckets, client
from integrations.models import WorkerHeartbeat
from integrations.tests.brokers import silent_server
from integrations.tests.bucket_suite import ConcurrentSuite
from integrations.tests.graph_server import closed_port
from integrations.tests.redis_server import ADDRESS, door, forget_keys, redis_answers

needs_redis = skipUnless(redis_answers(), "no Redis answers")
SLOW = 1e-6


@needs_redis
class RedisBucketTests(ConcurrentSuite, SimpleTestCase):
    def setUp(self):
        super().setUp()
        self.prefix = f"{{test:{self.name}}}:"
        self.buckets = RedisBuckets(ADDRESS, self.prefix)
        self.addCleanup(forget_keys, self.prefix)
        self.server = client(ADDRESS)
        self.addCleanup(self.server.close)

    def test_server_that_lost_the_script_gets_it_anew(self):
        self.take(self.wish(2))
        self.server.script_flush()
        self.assertEqual(self.granted(self.wish(10)), [8])

    def test_server_that_lost_everything_has_full_buckets(self):
        self.take(self.wish(10))
        forget_keys(self.prefix)
        self.server.script_flush()
        self.buckets.give_back({f"{self.name}:a": 5})
        self.assertEqual(self.granted(self.wish(99)), [10])

    def test_idle_bucket_vanishes_when_it_has_filled_up(self):
        self.take(self.wish(10, rate=10), self.wish(1, key="b"))
        left = self.server.pttl(f"{self.prefix}{self.name}:a") / 1000
        self.assertAlmostEqual(left, 2, delta=0.3)

    def test_paused_bucket_outlives_its_pause(self):
        self.buckets.pause({f"{self.name}:a": 7200})
        self.take(self.wish(1, rate=100))
        self.assertGreater(self.server.ttl(f"{self.prefix}{self.name}:a"), 7190)

    def test_clock_is_not_ours(self):
        wish = self.wish(10, rate=1)
        self.take(wish)
        with patch("time.time", lambda: 4e9), patch("time.monotonic", lambda: 4e9):
            self.assertEqual(self.granted(wish), [0])

    def test_clock_that_went_back_takes_nothing_away_and_does_not_stop_the_refill(self):
        wish = self.wish(10, rate=100)
        self.take(wish)
        self.server.hset(f"{self.prefix}{self.name}:a", "a", 4e9)
        self.assertEqual(self.granted(wish), [0])
        time.sleep(0.05)
        self.assertGreaterEqual(self.granted(wish)[0], 4)

    def test_all_keys_share_a_slot_of_a_cluster(self):
        self.buckets = RedisBuckets(ADDRESS)
        with patch.object(RedisBuckets, "_script") as script:
            self.buckets.give_back({"number:1": 1, "{x}": 1, "tenant:{7}": 1})
        keys = script.call_args.kwargs["keys"]
        self.assertEqual(len({key_slot(key.encode()) for key in keys}), 1)


class AwayCase(TestCase):
    """Redis behind a door; the limiter's next try comes when the test says so."""

    def setUp(self):
        self.door = self.enterContext(door())
        self.prefix = f"{{test:{self.id()}}}:"
        self.addCleanup(forget_keys, self.prefix)
        self.enterContext(override_settings(RATE_LIMIT_URL=self.door.url))
        self.limiter = Limiter(self.door.url, RedisBuckets(self.door.url, self.prefix))
        self.enterContext(patch.object(buckets, "_limiter", self.limiter))

    def go_away(self) -> None:
        self.door.refuse()
        with self.assertLogs(chooser.logger, "WARNING"):
            buckets.take([Wish("any", 1, 1, 1)])

    def come_back(self) -> None:
        self.door.open()
        self.limiter._again_at = 0.0

    def granted(self, *wishes: Wish) -> list[int]:
        return [grant.granted for grant in buckets.take(wishes)]


@needs_redis
class RedisAwayTests(AwayCase):
    def test_codes_go_on_and_bulk_waits(self):
        self.go_away()
        code, bulk = Wish("number:1", 1000, 40, 5), Wish("number:2", 1000, 40, 5, degraded_ok=False)
        self.assertEqual(self.granted(code, bulk), [1, 0])
        time.sleep(0.02)
        mine, theirs = buckets.take([code, bulk])
        self.assertEqual(mine.granted, 5)
        self.assertGreater(theirs.wait, 4)
        self.assertEqual(buckets.take_all([code, bulk]).granted, 0)
        time.sleep(0.02)
        self.assertEqual(buckets.take_all([code, Wish("number:3", 1000, 40, 1)]).granted, 1)

    def test_it_is_said_once_and_again_when_it_is_over(self):
        with self.assertLogs(chooser.logger, "INFO") as logs:
            self.door.refuse()
            for _ in range(3):
                self.limiter._again_at = 0.0
                buckets.take([Wish("a", 1, 1, 1)])
            self.come_back()
            buckets.take([Wish("a", 1, 1, 1)])
        self.assertEqual([record.levelname for record in logs.records], ["WARNING", "INFO"])
        self.assertFalse(buckets.degraded())

    def test_between_tries_nobody_asks(self):
        self.go_away()
        self.door.open()
        with patch.object(self.limiter._shared, "take", side_effect=AssertionError):
            buckets.take([Wish("a", 1, 1, 1)])
        self.assertTrue(buckets.degraded())

    def test_what_was_taken_meanwhile_is_charged(self):
        wish = Wish("a", SLOW, 10, 10)
        self.assertEqual(self.granted(Wish("a", SLOW, 10, 2)), [2])
        self.go_away()
        self.assertEqual(self.granted(wish), [1])
        self.come_back()
        self.assertEqual(self.granted(wish), [7])

    def test_tokens_given_back_meanwhile_are_not_charged(self):
        wish = Wish("a", SLOW, 10, 10)
        self.go_away()
        self.granted(wish)
        buckets.give_back({"a": 1})
        self.come_back()
        self.assertEqual(self.granted(wish), [10])

    def test_pauses_hold_on_both_sides(self):
        buckets.pause("before", 60)
        self.go_away()
        buckets.pause("during", 60)
        before, during = Wish("before", 10, 10, 1), Wish("during", 10, 10, 1)
        self.assertEqual(self.granted(before, during), [0, 0])
        self.assertEqual(set(buckets.paused(["before", "during", "neither"])), {"before", "during"})
        self.come_back()
        self.assertEqual(self.granted(before, during), [0, 0])
        self.assertAlmostEqual(buckets.paused(["during"])["during"], 60, delta=3)

    def test_every_outage_begins_with_empty_buckets(self):
        for _ in range(2):
            self.go_away()
            time.sleep(0.02)
            self.assertEqual(self.granted(Wish("a", 1000, 40, 40)), [1])
            self.come_back()
            self.granted(Wish("b", 1, 1, 1))

    def test_silent_redis_is_waited_for_once(self):
        self.granted(Wish("a", 1, 1, 1))
        self.door.fall_silent()
        with self.assertLogs(chooser.logger, "WARNING") as logs:
            self.granted(Wish("a", 1, 1, 1))
        self.assertIn("TimeoutError", logs.output[0])
        with patch.object(self.limiter._shared, "take", side_effect=AssertionError):
            self.granted(Wish("a", 1, 1, 1))

    def test_dropped_connection_is_no_outage(self):
        self.granted(Wish("a", 1, 1, 1))
        self.door._hang_up()
        with self.assertNoLogs(chooser.logger, "WARNING"):
            self.granted(Wish("a", 1, 1, 1))


class NoRedisTests(TestCase):
    def fall(self, url: str) -> str:
        with override_settings(RATE_LIMIT_URL=url), self.assertLogs(chooser.logger, "WARNING") as logs:
            self.assertEqual(buckets.take([Wish("a", 1, 1, 1)])[0].granted, 1)
            buckets.give_back({"a": 1})
            buckets.pause("b", 1)
            self.assertEqual(list(buckets.paused(["a", "b"])), ["b"])
        return logs.output[0]

    def test_redis_that_refuses(self):
        self.assertIn("ConnectionError", self.fall(f"redis://127.0.0.1:{closed_port()}/7"))

    def test_redis_that_never_answers(self):
        with silent_server() as port:
            self.assertIn("TimeoutError", self.fall(f"redis://127.0.0.1:{port}/7"))

    def test_address_that_is_none(self):
        self.assertIn("ValueError", self.fall("http://example.com"))

    def test_buckets_in_the_database_need_no_beat(self):
        with override_settings(RATE_LIMIT_URL=""):
            buckets.take([Wish("a", 1, 1, 1)])
            buckets.beat()
        self.assertEqual(WorkerHeartbeat.objects.count(), 0)

    @needs_redis
    def test_redis_that_refuses_to_write(self):
        with patch("integrations.buckets.in_redis.Script.__call__", side_effect=redis.ResponseError("OOM")):
            self.assertIn("ResponseError", self.fall(ADDRESS))


class WorkerTests(TestCase):
    """Limiters of one process stand for processes."""

    def setUp(self):
        self.url = f"redis://127.0.0.1:{closed_port()}/7"
        self.enterContext(self.assertLogs(chooser.logger, "WARNING"))

    def limiter(self) -> Limiter:
        limiter = Limiter(self.url)
        limiter.take([Wish("any", 1, 1, 1)])
        return limiter

    def test_share_is_by_the_processes_that_beat(self):
        limiters = [self.limiter() for _ in range(4)]
        for limiter in limiters:
            limiter.workers._counted_at = float("-inf")
        grant = limiters[0].take([Wish("a", 8, 40, 5)])[0]
        self.assertEqual(grant.granted, 1)
        self.assertAlmostEqual(grant.wait, 0.5, delta=0.1)

    def test_a_process_beats_at_most_every_ten_seconds(self):
        limiter = self.limiter()
        with self.assertNumQueries(0):
            limiter.workers.beat()
        limiter.workers._beat_at -= 11
        with self.assertNumQueries(3):
            limiter.workers.beat()
        self.assertEqual(WorkerHeartbeat.objects.count(), 1)

    def test_processes_that_ended_do_not_count_and_are_forgotten(self):
        WorkerHeartbeat.objects.create(name="old", last_seen="2020-01-01T00:00:00Z")
        self.assertEqual(self.limiter().workers.live(), 1)
        self.assertFalse(WorkerHeartbeat.objects.filter(name="old").exists())

    def test_without_a_database_a_process_is_alone(self):
        limiter = self.limiter()
        limiter.workers._counted_at = limiter.workers._beat_at = float("-inf")
        with patch.object(WorkerHeartbeat._meta, "db_table", "nowhere"):
            limiter.workers.beat()
            self.assertEqual(limiter.workers.live(), 1)
