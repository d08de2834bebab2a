"""What every place of buckets must do, whatever keeps them; a test case of each place inherits it."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from integrations.buckets import Grant, Wish
from integrations.buckets.base import Buckets, together

# Nothing refills within a test.
SLOW = 1e-6


class BucketSuite:
    """Mix in before a Django TestCase and set `buckets`."""

    buckets: Buckets

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self.name = uuid.uuid4().hex

    def wish(self, want: int, *, rate: float = SLOW, burst: float = 10, floor: float = 0.0, key: str = "a") -> Wish:
        return Wish(f"{self.name}:{key}", rate, burst, want, floor)

    def take(self, *wishes: Wish) -> list[Grant]:
        return [one.answer(wish) for wish, one in zip(wishes, self.buckets.take(wishes), strict=True)]

    def take_all(self, *wishes: Wish) -> Grant:
        return together(wishes, self.buckets.take(wishes, same=True))

    def granted(self, *wishes: Wish) -> list[int]:
        return [grant.granted for grant in self.take(*wishes)]

    def test_new_bucket_is_full_and_gives_no_more_than_it_holds(self):
        self.assertEqual(self.take(self.wish(4)), [Grant(4, 0.0)])
        self.assertEqual(self.granted(self.wish(9)), [6])
        self.assertEqual(self.granted(self.wish(1)), [0])

    def test_nothing_wanted_is_nothing_to_wait_for(self):
        self.assertEqual(self.take(self.wish(0)), [Grant(0, 0.0)])
        self.take(self.wish(10))
        self.assertEqual(self.take(self.wish(0)), [Grant(0, 0.0)])

    def test_tokens_come_back_at_the_rate_and_not_beyond_the_burst(self):
        self.assertEqual(self.granted(self.wish(10, rate=20)), [10])
        time.sleep(0.25)
        self.assertIn(self.granted(self.wish(10, rate=20))[0], range(4, 10))
        time.sleep(0.1)
        self.assertEqual(self.granted(self.wish(10, rate=1000)), [10])

    def test_who_waits_as_told_gets_a_token(self):
        for floor in (0.0, 3.0):
            with self.subTest(floor=floor):
                wish = self.wish(11, rate=5, floor=floor, key=str(floor))
                first = self.take(wish)[0]
                self.assertEqual(first.granted, 10 - floor)
                self.assertAlmostEqual(first.wait, 0.2, delta=0.05)
                time.sleep(first.wait)
                self.assertGreaterEqual(self.granted(wish)[0], 1)

    def test_floor_leaves_room_for_others(self):
        self.assertEqual(self.granted(self.wish(10, floor=3)), [7])
        self.assertEqual(self.granted(self.wish(10, floor=1)), [2])
        self.assertEqual(self.granted(self.wish(10)), [1])

    def test_floor_as_high_as_the_bucket_still_lets_one_through(self):
        self.assertEqual(self.granted(self.wish(5, burst=2, floor=2)), [1])

    def test_many_buckets_in_one_step_keep_their_order(self):
        wishes = [self.wish(n + 1, burst=3 + n % 2, key=f"{n * 7 % 30:02}") for n in range(30)]
        self.assertEqual(self.granted(*wishes), [min(n + 1, 3 + n % 2) for n in range(30)])

    def test_wishes_for_one_bucket_are_met_in_their_order(self):
        other = self.wish(2, key="b")
        wishes = (self.wish(2), other, self.wish(9, floor=1), self.wish(5, floor=3), self.wish(5))
        self.assertEqual(self.granted(*wishes), [2, 2, 7, 0, 1])

    def test_together_takes_the_smallest_from_each_and_nothing_beyond(self):
        small, large = self.wish(8, burst=3, key="small"), self.wish(8, key="large")
        grant = self.take_all(small, large)
        self.assertEqual(grant.granted, 3)
        self.assertGreater(grant.wait, 1000)
        self.assertEqual(self.granted(self.wish(9, key="large"), small), [7, 0])
        self.assertEqual(self.take_all(small, self.wish(8, key="third")).granted, 0)
        self.assertEqual(self.granted(self.wish(10, key="third")), [10])

    def test_together_with_enough_waits_for_nothing(self):
        self.assertEqual(self.take_all(self.wish(3), self.wish(2, key="b")), Grant(2, 0.0))
        self.assertEqual(self.granted(self.wish(10), self.wish(10, key="b")), [8, 8])

    def test_together_waits_for_the_slowest(self):
        wishes = (self.wish(1, burst=1, rate=100), self.wish(1, burst=1, rate=4, key="b"))
        self.take(*wishes)
        self.assertAlmostEqual(self.take_all(*wishes).wait, 0.25, delta=0.1)

    def test_tokens_given_back_can_be_taken_and_never_exceed_the_burst(self):
        self.take(self.wish(10), self.wish(4, key="b"))
        self.buckets.give_back({f"{self.name}:a": 3, f"{self.name}:b": 100, f"{self.name}:unknown": 5})
        unknown = self.wish(99, key="unknown")
        self.assertEqual(self.granted(self.wish(99), self.wish(99, key="b"), unknown), [3, 10, 10])

    def test_charge_takes_without_asking_and_ends_at_empty(self):
        self.buckets.charge([self.wish(4), self.wish(99, key="b")])
        self.assertEqual(self.granted(self.wish(10), self.wish(10, key="b")), [6, 0])

    def test_paused_bucket_gives_nothing_and_others_do(self):
        self.buckets.pause({f"{self.name}:a": 60})
        mine, other = self.take(self.wish(1), self.wish(1, key="b"))
        self.assertEqual((mine.granted, other.granted), (0, 1))
        self.assertGreater(mine.wait, 59)
        self.assertEqual(self.take_all(self.wish(1), self.wish(1, key="c")).granted, 0)
        self.assertEqual(self.granted(self.wish(10, key="c")), [10])

    def test_longer_pause_in_force_stays(self):
        key = f"{self.name}:a"
        self.buckets.pause({key: 60})
        self.buckets.pause({key: 1})
        self.assertAlmostEqual(self.buckets.paused([key, f"{self.name}:b"])[key], 60, delta=2)
        self.buckets.pause({key: 90})
        self.assertAlmostEqual(self.buckets.paused([key])[key], 90, delta=2)

    def test_wait_of_a_short_pause_is_the_time_of_the_next_token(self):
        self.buckets.pause({f"{self.name}:a": 0.01})
        self.assertAlmostEqual(self.take(self.wish(1, rate=2))[0].wait, 0.5, delta=0.1)

    def test_after_its_pause_a_bucket_begins_empty(self):
        self.take(self.wish(2, rate=100))
        self.buckets.pause({f"{self.name}:a": 0.05})
        time.sleep(0.08)
        self.assertEqual(self.buckets.paused([f"{self.name}:a"]), {})
        self.assertIn(self.granted(self.wish(10))[0], range(0, 10))


class ConcurrentSuite(BucketSuite):
    """For places that several threads or processes use at once."""

    THREADS = 8

    def test_many_threads_never_get_more_than_there_is(self):
        self.assertEqual(sum(self.race(lambda n: self.granted(self.wish(3, burst=50))[0])), 50)

    def test_many_threads_never_exceed_burst_and_rate(self):
        rate, burst = 200.0, 20.0
        began = time.monotonic()
        total = sum(self.race(lambda n: self.granted(self.wish(5, rate=rate, burst=burst))[0], times=60))
        self.assertLessEqual(total, burst + rate * (time.monotonic() - began) + 1)
        self.assertGreaterEqual(total, burst)

    def test_takers_in_opposite_order_do_not_block_each_other(self):
        def both(n: int) -> int:
            order = (self.wish(1, burst=500), self.wish(1, burst=500, key="b"))[:: 1 if n % 2 else -1]
            return self.take_all(*order).granted

        self.assertEqual(sum(self.race(both, times=80)), 80)
        self.assertEqual(self.granted(self.wish(999, burst=500), self.wish(999, burst=500, key="b")), [420, 420])

    def race(self, taken, times: int = 40) -> list[int]:
        with ThreadPoolExecutor(self.THREADS, initializer=self.begin_thread) as threads:
            try:
                return list(threads.map(taken, range(times)))
            finally:
                self.end_threads(threads)

    def begin_thread(self) -> None:
        """Each thread calls it first."""

    def end_threads(self, threads: ThreadPoolExecutor) -> None:
        """Called while the threads still run."""
