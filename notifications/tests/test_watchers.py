from __future__ import annotations

from datetime import timedelta

from django.test import TestCase, override_settings
from django.utils import timezone

from notifications.key_ranges import first_key_since
from notifications.models import DeliveryAttempt, DeliveryEvent, Notification
from notifications.services import notify
from notifications.states import State
from notifications.tasks import watch_delivery
from notifications.tests.outside import DEPOSIT, NUMBER_ID, PHONE
from tenants.models import OperatorAlert

FAILURES = f"failure_rate:{NUMBER_ID}"


class WatchingTestCase(TestCase):
    def attempt(self, **changes: object) -> DeliveryAttempt:
        message = notify("test", phone_number=PHONE, template_name="deposit_confirmed", variables=DEPOSIT)
        DeliveryAttempt.objects.filter(notification=message).update(**changes)
        return message.attempts.get()

    def event(self, attempt: DeliveryAttempt, kind: str, ago: timedelta = timedelta(0)) -> None:
        source = "ours" if kind in ("lose", "refuse") else "provider"
        at = timezone.now() - ago
        event = DeliveryEvent.objects.create(attempt=attempt, source=source, kind=kind, at=at)
        DeliveryEvent.objects.filter(pk=event.pk).update(recorded_at=at)

    def finished(self, state: str, kind: str, ago: timedelta = timedelta(0)) -> DeliveryAttempt:
        attempt = self.attempt(state=state, sender=NUMBER_ID)
        self.event(attempt, kind, ago)
        return attempt

    def open_causes(self) -> list[str]:
        watch_delivery()
        return list(OperatorAlert.objects.filter(resolved_at=None).values_list("cause", flat=True))


@override_settings(ALERT_FAILURE_RATE_MINIMUM=4, ALERT_FAILURE_RATE_LAST=6, ALERT_FAILURE_RATE=0.5)
class FailureRateTestCase(WatchingTestCase):
    def test_it_is_told_at_the_share_and_resolves_itself_below(self) -> None:
        for state in (State.SENT, State.READ, State.FAILED, State.UNCERTAIN):
            self.finished(state, "accepted")
        self.assertEqual(self.open_causes(), [FAILURES])
        alert = OperatorAlert.objects.get()
        self.assertEqual(alert.details, {"sender": NUMBER_ID, "failed": 2, "finished": 4})
        self.finished(State.SENT, "accepted")
        self.assertEqual(self.open_causes(), [])

    def test_few_say_nothing(self) -> None:
        for _ in range(3):
            self.finished(State.FAILED, "refuse")
        self.assertEqual(self.open_causes(), [])

    def test_only_the_last_ones_count(self) -> None:
        for state in [State.FAILED] * 4 + [State.SENT] * 6:
            self.finished(state, "accepted")
        self.assertEqual(self.open_causes(), [])

    def test_an_hour_without_a_failure_resolves_it(self) -> None:
        for _ in range(4):
            self.finished(State.FAILED, "refuse")
        self.assertEqual(self.open_causes(), [FAILURES])
        DeliveryEvent.objects.update(recorded_at=timezone.now() - timedelta(hours=2))
        self.assertEqual(self.open_causes(), [])

    @override_settings(ALERT_FAILURE_RATE=0)
    def test_it_can_be_switched_off(self) -> None:
        for _ in range(4):
            self.finished(State.FAILED, "refuse")
        self.assertEqual(self.open_causes(), [])


@override_settings(ALERT_SILENCE_SECONDS=900, ALERT_OLDEST_DUE_SECONDS=0)
class SilenceTestCase(WatchingTestCase):
    def test_accepted_messages_of_which_nothing_is_heard_are_told(self) -> None:
        self.finished(State.SENT, "accepted", timedelta(minutes=20))
        self.finished(State.SENT, "accepted")
        self.assertEqual(self.open_causes(), ["webhooks.silent"])
        self.event(DeliveryAttempt.objects.earliest("pk"), "delivered")
        self.assertEqual(self.open_causes(), [])

    def test_sending_that_has_just_begun_is_no_silence(self) -> None:
        self.finished(State.SENT, "accepted", timedelta(minutes=5))
        self.assertEqual(self.open_causes(), [])

    def test_an_answered_message_long_ago_is_no_silence(self) -> None:
        before = self.finished(State.DELIVERED, "accepted", timedelta(minutes=20))
        self.event(before, "delivered", timedelta(minutes=19))
        self.finished(State.SENT, "accepted")
        self.assertEqual(self.open_causes(), [])

    def test_when_sending_stops_nothing_is_raised_and_nothing_resolved(self) -> None:
        self.finished(State.SENT, "accepted", timedelta(minutes=20))
        self.assertEqual(self.open_causes(), [])


class OldestDueTestCase(WatchingTestCase):
    def test_a_message_that_nobody_takes_is_told(self) -> None:
        attempt = self.attempt(due_at=timezone.now() - timedelta(minutes=5))
        self.assertEqual(self.open_causes(), ["delivery.stalled"])
        self.assertEqual(OperatorAlert.objects.get().severity, "critical")
        DeliveryAttempt.objects.filter(pk=attempt.pk).update(state=State.SENT)
        self.assertEqual(self.open_causes(), [])

    def test_a_held_one_has_its_own_reason(self) -> None:
        self.attempt(due_at=timezone.now() - timedelta(minutes=5), hold="template")
        self.assertEqual(self.open_causes(), [])

    def test_bulk_waits_its_turn_while_something_leaves(self) -> None:
        self.attempt(due_at=timezone.now() - timedelta(minutes=5), lane="bulk")
        self.assertEqual(self.open_causes(), ["delivery.stalled"])
        self.finished(State.SENT, "accepted")
        self.assertEqual(self.open_causes(), [])


class KeyRangesTestCase(WatchingTestCase):
    def test_it_finds_where_a_moment_stands_among_gaps(self) -> None:
        now = timezone.now()
        for number in (3, 4, 9, 30):
            message = self.attempt().notification
            Notification.objects.filter(pk=message.pk).update(created_at=now - timedelta(days=30 - number))
        ids = list(Notification.objects.order_by("pk").values_list("pk", flat=True))
        Notification.objects.get(pk=ids[1]).delete()
        days = {31: ids[0], 27: ids[0], 26: ids[2], 21: ids[2], 20: ids[3], 0: ids[3], -1: None}
        for ago, expected in days.items():
            with self.subTest(days_ago=ago):
                moment = now - timedelta(days=ago)
                rows = Notification.objects.filter(pk__gte=first_key_since(Notification, "created_at", moment))
                self.assertEqual(rows.order_by("pk").values_list("pk", flat=True).first(), expected)

    def test_an_empty_table_has_no_key(self) -> None:
        self.assertEqual(first_key_since(DeliveryEvent, "recorded_at", timezone.now()), 0)
