"""Meta's numbers, the wishes made of them, and management calls that wait for their turn."""

from __future__ import annotations

import json
import pickle
from unittest.mock import patch

from django.test import SimpleTestCase, TestCase, override_settings

from integrations import account_limits, buckets, checks, limits
from integrations.buckets import Wish
from integrations.credentials import Credentials
from integrations.exceptions import Outcome, Throttled, WhatsAppError
from integrations.limits import (
    app_wish,
    creation_wish,
    number_wish,
    pair_wish,
    pause_for,
    tenant_wish,
    waba_wish,
)
from integrations.models import RateBucket
from integrations.redis_address import beside, database, same_database
from integrations.services import WhatsAppClient
from integrations.tests.graph_server import Reply, graph_error
from integrations.tests.meta import WithMeta
from integrations.whatsapp.errors import error_from_response
from integrations.whatsapp.usage import rest_of_account

WABA = "waba:222"


def usage(**entry: object) -> dict[str, str]:
    return {"X-Business-Use-Case-Usage": json.dumps({"222": [entry]})}


class WishTests(SimpleTestCase):
    def test_number_has_the_rate_of_its_level_and_half_a_seconds_burst(self):
        for level, rate in (("STANDARD", 80), ("HIGH", 1000), ("COEXISTENCE", 20)):
            wish = number_wish("111", level, 5, "otp")
            self.assertEqual((wish.key, wish.rate, wish.burst, wish.want), ("number:111", rate, rate / 2, 5))

    @override_settings(WHATSAPP_MESSAGES_PER_SECOND=30)
    def test_number_of_unknown_level_has_the_configured_rate(self):
        for level in ("", "NOT_APPLICABLE", "SOMETHING_NEW"):
            self.assertEqual(number_wish("111", level, 1, "otp").rate, 30)

    def test_lanes_leave_room_for_the_more_urgent_and_bulk_waits_for_redis(self):
        found = {lane: number_wish("111", "STANDARD", 1, lane) for lane in limits.LANES}
        self.assertEqual({lane: wish.floor for lane, wish in found.items()}, {"otp": 0, "transactional": 4, "bulk": 12})
        self.assertEqual([lane for lane, wish in found.items() if not wish.degraded_ok], ["bulk"])

    def test_pair_is_one_person_however_the_number_is_spelt(self):
        wish = pair_wish("111", "+263 77-123 4567", 1, "bulk")
        self.assertEqual((wish.key, wish.burst, wish.floor), ("pair:111:263771234567", 45, 0))
        self.assertAlmostEqual(wish.rate, 1 / 6)
        self.assertFalse(wish.degraded_ok)
        self.assertEqual(pair_wish("111", "ZW.13491208655302741918", 1, "otp").key, "pair:111:ZW.13491208655302741918")

    @override_settings(WHATSAPP_PAIR_SECONDS=0, WHATSAPP_PAIR_BURST=0, WHATSAPP_MESSAGES_PER_SECOND=0)
    def test_settings_that_allow_nothing_still_make_a_wish(self):
        self.assertEqual(pair_wish("111", "1", 1, "otp").burst, 1)
        self.assertEqual(number_wish("111", "", 1, "otp").rate, 1)

    def test_no_hour_holds_more_calls_than_meta_allows(self):
        for most, wish in (
            (5000, waba_wish("222")),
            (200, waba_wish("222", registered=False)),
            (100, creation_wish("222")),
        ):
            self.assertAlmostEqual(wish.burst + wish.rate * 3600, most)

    def test_tenants_limit_is_the_operators(self):
        self.assertEqual(tenant_wish(7, 20, 40, 3, "bulk"), Wish("tenant:7", 20, 40, 3, 12, degraded_ok=False))

    def test_numbers_that_no_bucket_can_have_are_refused(self):
        for numbers in ((0, 1, 1), (1, 0.5, 1), (1, 1, -1), (float("nan"), 1, 1), (1, float("inf"), 1), (1, 1, 1, -1)):
            with self.assertRaises(ValueError):
                Wish("a", *numbers)


class TogetherTests(TestCase):
    def test_buckets_that_are_the_same_or_none_are_refused(self):
        for wishes in ([], [app_wish(), app_wish()]):
            with self.assertRaises(ValueError):
                buckets.take_all(wishes)

    def test_nothing_asked_is_nothing_answered(self):
        with self.assertNumQueries(0):
            self.assertEqual((buckets.take([]), buckets.paused([])), ([], {}))
            buckets.give_back({"a": 0})
            buckets.pause("a", 0)


class PauseTests(TestCase):
    IDS = {"waba_id": "222", "phone_number_id": "111", "recipient": "+263771234567"}

    def error(self, code: int, **headers: str) -> WhatsAppError:
        return error_from_response(400, headers, {"error": {"code": code}})

    def test_throttle_pauses_the_bucket_that_it_names(self):
        for code, key in ((130429, "number:111"), (131056, "pair:111:263771234567"), (80007, WABA), (4, "app")):
            with self.subTest(code):
                self.assertEqual(pause_for(self.error(code), **self.IDS), key)
                self.assertEqual(list(buckets.paused([key])), [key])

    def test_pause_is_as_long_as_meta_asks(self):
        pause_for(self.error(130429, **{"Retry-After": "77"}), **self.IDS)
        self.assertAlmostEqual(buckets.paused(["number:111"])["number:111"], 77, delta=2)

    def test_other_errors_and_unknown_ids_pause_nothing(self):
        for code in (131026, 131000, 132069, 133016):
            self.assertEqual(pause_for(self.error(code), **self.IDS), "")
        for code in (130429, 131056, 80007):
            self.assertEqual(pause_for(self.error(code)), "")


class UsageTests(SimpleTestCase):
    def test_account_rests_before_its_calls_are_used_up_and_until_it_regains_access(self):
        for headers, seconds in (
            (usage(call_count=94, total_time=20, estimated_time_to_regain_access=0), 0),
            (usage(call_count=95), 60),
            (usage(call_count=1, total_cputime=99.5), 60),
            (usage(call_count=100, estimated_time_to_regain_access=7), 420),
            (usage(call_count=100, estimated_time_to_regain_access=1e9), 72 * 3600),
            (usage(call_count="many", estimated_time_to_regain_access=None), 0),
            (usage(call_count=float("nan")), 0),
            ({}, 0),
        ):
            with self.subTest(headers):
                self.assertEqual(rest_of_account(headers), seconds)


class ManagementCallTests(WithMeta, TestCase):
    def test_answer_that_tells_of_nearly_used_up_calls_lets_the_account_rest(self):
        self.meta.answer(Reply(body={"data": []}, headers=usage(call_count=96)))
        self.whatsapp.get_template_status("kyc_approved")
        self.assertAlmostEqual(buckets.paused([WABA])[WABA], 60, delta=3)
        with self.assertRaises(Throttled) as refused:
            self.whatsapp.get_template_status("kyc_approved")
        self.assertEqual(len(self.meta.requests), 1)
        self.assertAlmostEqual(refused.exception.retry_after, 60, delta=3)
        self.assertEqual((refused.exception.bucket, refused.exception.outcome), ("waba", Outcome.NOT_SENT))
        self.assertTrue(refused.exception.retryable)

    def test_refusal_pauses_what_it_names(self):
        for code, key in ((80007, WABA), (80008, WABA), (4, "app"), (613, "app")):
            with self.subTest(code):
                self.meta.answer(graph_error(code, headers={"Retry-After": "90"}))
                with self.assertRaises(Throttled):
                    self.whatsapp.get_template_status("kyc_approved")
                self.assertAlmostEqual(buckets.paused([key])[key], 90, delta=3)
                RateBucket.objects.all().delete()

    def test_refusal_of_another_kind_is_heeded_too(self):
        self.meta.answer(graph_error(100, headers=usage(call_count=99)))
        with self.assertRaises(WhatsAppError) as failed:
            self.whatsapp.create_template({})
        self.assertIn(WABA, buckets.paused([WABA]))
        self.assertEqual(list(failed.exception.headers), ["x-business-use-case-usage"])
        copy = pickle.loads(pickle.dumps(failed.exception))  # noqa: S301
        self.assertEqual(copy.headers, failed.exception.headers)

    def test_call_waits_a_moment_for_its_turn(self):
        self.meta.handler = lambda request: Reply(body={"data": []})
        buckets.pause(WABA, 0.2)
        self.whatsapp.get_template_status("kyc_approved")
        self.assertEqual(len(self.meta.requests), 1)

    def test_templates_have_a_limit_of_their_own(self):
        buckets.take([creation_wish("222", 50)])
        with self.assertRaises(Throttled):
            self.whatsapp.create_template({})
        self.meta.answer(Reply(body={"data": []}))
        self.whatsapp.get_template_status("kyc_approved")
        self.assertEqual([request.method for request in self.meta.requests], ["GET"])

    def test_account_without_a_number_has_the_small_limit(self):
        client = WhatsAppClient(Credentials("222", "", "EAAx"))
        with patch.object(account_limits.limits, "waba_wish", wraps=waba_wish) as wished:
            self.meta.answer(Reply(body={"data": []}))
            client.get_template_status("kyc_approved")
        self.assertEqual(wished.call_args.kwargs, {"registered": False})


class AddressTests(SimpleTestCase):
    def test_limits_get_the_next_database_that_is_not_the_brokers(self):
        for redis_url, broker, expected in (
            ("", "filesystem://", ""),
            ("redis://r:6379/0", "redis://r:6379/0", "redis://r:6379/1"),
            ("redis://:p%40ss@r:6379", "amqp://q", "redis://:p%40ss@r:6379/1"),
            ("redis://r:6379/0", "redis://r/1", "redis://r:6379/2"),
            ("rediss://u:p@r/3?ssl_cert_reqs=none", "x", "rediss://u:p@r/4?ssl_cert_reqs=none"),
            ("redis://r?db=5", "x", "redis://r?db=6"),
            ("unix:///run/redis.sock?db=2", "x", "unix:///run/redis.sock?db=3"),
            ("unix:///run/redis.sock", "x", "unix:///run/redis.sock?db=1"),
            ("sentinel://r/0", "x", ""),
        ):
            with self.subTest(redis_url):
                self.assertEqual(beside(redis_url, broker), expected)

    def test_a_database_is_the_same_whoever_signs_in(self):
        self.assertTrue(same_database("redis://r", "rediss://u:p@R:6379/0"))
        self.assertTrue(same_database("redis://[::1]/1", "redis://[::1]:6379/1"))
        for other in ("redis://r/1", "redis://s/0", "redis://r:6380/0", "amqp://r/0", ""):
            self.assertFalse(same_database("redis://r/0", other), other)
        self.assertFalse(same_database("", ""))

    def test_what_is_no_redis_address_has_no_database(self):
        for url in ("", "http://r/0", "redis://r/name", "memory://"):
            self.assertIsNone(database(url))


class LimitCheckTests(SimpleTestCase):
    def found(self, url: str, broker: str = "redis://r:6379/0") -> list[str]:
        with override_settings(RATE_LIMIT_URL=url, CELERY_BROKER_URL=broker):
            messages = [*checks.check_limits(), *checks.check_eviction()]
        self.assertTrue(all(message.hint for message in messages))
        return [message.id for message in messages]

    def test_database_and_a_redis_of_its_own_are_right(self):
        self.assertEqual(self.found(""), [])
        with patch("redis.Redis.info", return_value={"maxmemory_policy": "noeviction"}):
            self.assertEqual(self.found("redis://r:6379/1"), [])

    def test_a_database_shared_with_the_broker_is_a_warning(self):
        with patch("redis.Redis.info", return_value={}):
            self.assertEqual(self.found("redis://r/0"), ["integrations.W008"])

    def test_a_redis_that_evicts_is_a_warning(self):
        with patch("redis.Redis.info", return_value={"maxmemory_policy": "allkeys-lru"}):
            self.assertEqual(self.found("redis://r/1"), ["integrations.W009"])

    def test_a_redis_that_does_not_answer_is_not_judged(self):
        self.assertEqual(self.found("redis://127.0.0.1:1/1"), [])

    def test_an_address_that_is_none_is_an_error(self):
        self.assertEqual(self.found("http://example.com"), ["integrations.E004"])
