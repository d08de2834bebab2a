from __future__ import annotations

from django.test import SimpleTestCase, override_settings

from integrations.exceptions import UncertainOutcome, Unreachable
from notifications import wire
from notifications.channels.base import Receipt
from notifications.wire import Wire


class WireTests(SimpleTestCase):
    def gather(self, sending: Wire, many: int) -> dict[int, object]:
        found: dict[int, object] = {}
        while len(found) < many:
            came = sending.collect(7, 10)
            self.assertTrue(0 < len(came) <= 7)
            found |= {result.attempt_id: result.outcome for result in came}
        return found

    def test_every_request_brings_one_result(self) -> None:
        sending = Wire()
        for n in range(100):
            sending.submit(n, lambda n=n: Receipt(f"wamid.{n}", {}))
        found = self.gather(sending, 100)
        self.assertEqual({n: outcome.wamid for n, outcome in found.items()}, {n: f"wamid.{n}" for n in range(100)})
        self.assertEqual((sending.in_flight, sending.collect(7, 0.01)), (0, []))

    def test_a_bug_leaves_one_message_uncertain(self) -> None:
        def bug() -> Receipt:
            raise KeyError("wamid")

        def away() -> Receipt:
            raise Unreachable("Not now.")

        sending = Wire()
        with self.assertLogs("notifications.wire", "ERROR"):
            for n, send in enumerate((bug, away, lambda: Receipt("wamid.2", {}))):
                sending.submit(n, send)
            found = self.gather(sending, 3)
        self.assertIsInstance(found[0], UncertainOutcome)
        self.assertIsInstance(found[1], Unreachable)
        self.assertEqual(found[2], Receipt("wamid.2", {}))

    def test_a_result_does_not_wait_for_a_handful(self) -> None:
        sending = Wire()
        sending._submitted = 1_000
        sending.submit(1, lambda: Receipt("wamid.1", {}))
        self.assertEqual(len(sending.collect(7, 10 * wire.HANDFUL_SECONDS + 5)), 1)

    def test_requests_in_flight_follow_the_time_of_an_answer(self) -> None:
        kept = wire._pace.answer_seconds
        self.addCleanup(setattr, wire._pace, "answer_seconds", kept)
        for seconds, width in ((0.001, 64), (0.2, 200), (5.0, 256)):
            wire._pace.answer_seconds = seconds
            with override_settings(DELIVERY_THREADS=256):
                self.assertEqual(Wire().width, width)
        with override_settings(DELIVERY_THREADS=4):
            self.assertEqual(Wire().width, 4)
