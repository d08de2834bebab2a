"""What is not from Meta costs little, is counted, and never closes the door to Meta."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import time_machine
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, SimpleTestCase, TestCase, override_settings
from django.utils import timezone

from integrations.models import RefusedPosts, WebhookEvent, WebhookSource
from integrations.tests.signed_post import WEBHOOK_URL, encode, payload, signed_post, with_app_secret
from integrations.tests.test_webhook_view import Unreadable
from integrations.webhook_counters import Counters, counters, judge, refused_since, sources, write
from integrations.webhook_sources import BURST, KNOWN, TRUST_SECONDS, Sources, source_of
from integrations.whatsapp.webhooks import sign
from tenants.models import OperatorAlert


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class SourcesTests(SimpleTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.shared: list[str] = []
        self.asked = 0
        self.sources = Sources(self.ask, self.clock)

    def ask(self) -> list[str]:
        self.asked += 1
        return self.shared

    def refuse(self, address: str, times: int = BURST) -> None:
        for _ in range(times):
            self.sources.refused(address)

    def test_a_source_is_shed_after_a_burst_and_looked_at_again_after_a_while(self) -> None:
        self.refuse("1.2.3.4", BURST - 1)
        self.assertFalse(self.sources.sheds("1.2.3.4"))
        self.refuse("1.2.3.4", 1)
        self.assertTrue(self.sources.sheds("1.2.3.4"))
        self.clock.now += 2
        self.assertFalse(self.sources.sheds("1.2.3.4"))

    def test_others_are_not_shed_with_it(self) -> None:
        self.refuse("1.2.3.4")
        self.assertFalse(self.sources.sheds("1.2.3.5"))

    def test_a_source_with_an_authentic_post_within_the_hour_is_never_shed(self) -> None:
        self.assertTrue(self.sources.authentic("1.2.3.4"))
        self.refuse("1.2.3.4", 1000)
        self.clock.now += TRUST_SECONDS - 1
        self.assertFalse(self.sources.sheds("1.2.3.4"))
        self.clock.now += 2
        self.refuse("1.2.3.4")
        self.assertTrue(self.sources.sheds("1.2.3.4"))

    def test_what_another_process_knows_to_be_authentic_is_not_shed_here(self) -> None:
        self.shared = ["1.2.3.4"]
        self.refuse("1.2.3.4")
        self.assertFalse(self.sources.sheds("1.2.3.4"))

    def test_the_database_is_asked_at_most_once_in_ten_seconds(self) -> None:
        for place in range(50):
            self.refuse(f"1.2.3.{place}")
            self.assertTrue(self.sources.sheds(f"1.2.3.{place}"))
        self.assertEqual(self.asked, 1)

    def test_news_of_an_authentic_source_are_told_now_and_then(self) -> None:
        told = [self.sources.authentic("1.2.3.4") for _ in range(3)]
        self.clock.now += TRUST_SECONDS / 5
        self.assertEqual([*told, self.sources.authentic("1.2.3.4")], [True, False, False, True])

    def test_memory_is_bounded_whatever_number_of_addresses_comes(self) -> None:
        for place in range(2 * KNOWN):
            self.sources.refused(f"10.{place}")
        self.assertEqual(len(self.sources), KNOWN)

    def test_an_unknown_address_is_never_shed(self) -> None:
        self.refuse("")
        self.assertFalse(self.sources.sheds(""))


class AddressTests(SimpleTestCase):
    def address(self, remote: str, forwarded: str = "") -> str:
        request = Client().get("/nowhere", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded).wsgi_request
        return source_of(request)

    def test_the_header_counts_only_as_far_as_proxies_are_trusted(self) -> None:
        self.assertEqual(self.address("10.0.0.1", "6.6.6.6"), "10.0.0.1")
        with override_settings(REST_FRAMEWORK={"NUM_PROXIES": 1}):
            self.assertEqual(self.address("10.0.0.1", "6.6.6.6, 9.9.9.9"), "9.9.9.9")
            self.assertEqual(self.address("10.0.0.1"), "10.0.0.1")

    def test_an_ipv6_network_is_one_source(self) -> None:
        self.assertEqual(self.address("2001:db8:1:2:3:4:5:6"), self.address("2001:db8:1:2::9"))
        self.assertEqual(self.address("a:b:nonsense" * 20), ("a:b:nonsense" * 20)[:64])


@with_app_secret
class SheddingTests(TestCase):
    def setUp(self) -> None:
        sources.forget()
        self.addCleanup(sources.forget)
        self.addCleanup(counters.flush)

    def forge(self, times: int = BURST) -> HttpResponse:
        answers = [signed_post("status__sent", secret="guessed") for _ in range(times)]
        return answers[-1]

    def test_a_flood_is_answered_without_reading_the_body(self) -> None:
        self.assertEqual(self.forge().status_code, 401)
        body = encode(payload("status__sent"))
        answer = self.client.post(
            WEBHOOK_URL,
            body,
            content_type="application/json",
            headers={"X-Hub-Signature-256": sign(body, "guessed")},
            **{"wsgi.input": Unreadable()},
        )
        self.assertEqual(answer.status_code, 429)

    def test_a_source_that_was_authentic_is_checked_whatever_else_comes_from_it(self) -> None:
        signed_post("status__sent")
        self.forge(3 * BURST)
        self.assertEqual(signed_post("status__delivered").status_code, 200)
        self.assertEqual(WebhookEvent.objects.count(), 2)

    @override_settings(WHATSAPP_APP_SECRET="")
    def test_without_a_secret_nobody_is_blamed(self) -> None:
        self.assertEqual(self.forge(2 * BURST).status_code, 401)

    def test_refusals_are_counted_by_reason_and_written_once(self) -> None:
        counters.flush()
        self.forge(BURST + 3)
        self.client.post(WEBHOOK_URL, b"{}", content_type="application/json", REMOTE_ADDR="1.2.3.4")
        counters.flush()
        counters.flush()
        self.assertEqual(refused_since(timezone.now()), {"forged": BURST, "shed": 3, "unsigned": 1})

    def test_an_authentic_source_is_known_to_all_processes_after_the_next_flush(self) -> None:
        signed_post("status__sent")
        counters.flush()
        self.assertEqual(WebhookSource.objects.get().address, "127.0.0.1")
        sources.forget()
        self.assertEqual([self.forge(2 * BURST).status_code], [401])


class CountersTests(TestCase):
    def test_what_could_not_be_written_is_written_later(self) -> None:
        written: list[Counter[str]] = []

        def fail_once(counts: Counter[str], addresses: set[str]) -> None:
            if not written:
                written.append(Counter())
                raise OperationalError("gone")
            written.append(counts)

        mine = Counters(fail_once)
        mine.refused("forged")
        with self.assertLogs("integrations.webhook_counters", "WARNING"):
            mine.flush()
        mine.refused("forged")
        mine.flush()
        self.assertEqual((written[-1], mine.total), (Counter(forged=2), 2))

    def test_a_flood_is_told_once_and_resolved_when_it_is_over(self) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            write(Counter(shed=5000, forged=30), set())
            judge()
            judge()
            (alert,) = OperatorAlert.objects.filter(resolved_at=None)
            self.assertIn("5,030 posts", alert.summary)
            clock.shift(timedelta(minutes=11))
            judge()
        self.assertFalse(OperatorAlert.objects.filter(resolved_at=None).exists())

    def test_a_few_refused_posts_are_no_flood(self) -> None:
        write(Counter(forged=20, unsigned=5), set())
        judge()
        self.assertFalse(OperatorAlert.objects.exists())

    def test_old_counts_are_forgotten(self) -> None:
        with time_machine.travel(timezone.now() - timedelta(days=40)):
            write(Counter(forged=1), {"1.2.3.4"})
        judge()
        self.assertEqual((RefusedPosts.objects.count(), WebhookSource.objects.count()), (0, 0))
