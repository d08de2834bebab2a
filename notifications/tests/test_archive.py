from __future__ import annotations

import threading
from datetime import timedelta
from io import StringIO
from unittest import skipUnless

from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import TransactionTestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from notifications.archive import archive, plain, purge_keys, restored
from notifications.delivery import deliver
from notifications.models import (
    ArchivedAttempt,
    ArchivedNotification,
    DeliveryAttempt,
    DeliveryEvent,
    IdempotencyKey,
    Notification,
    ShelvedStatus,
)
from notifications.receipts import apply_statuses
from notifications.services import notify
from notifications.states import State
from notifications.tasks import archive_messages
from notifications.tests.outside import DEPOSIT, NUMBER_ID, PHONE, DeliveryTestCase, approve
from tenants.models import Tenant

LONG_AGO = timedelta(days=100)


def aged(message: Notification, age: timedelta = LONG_AGO) -> None:
    """As if everything of it had happened so long ago."""
    then = timezone.now() - age
    Notification.objects.filter(pk=message.pk).update(created_at=then, updated_at=then)
    DeliveryAttempt.objects.filter(notification=message).update(created_at=then)


def ninety_days_ago():
    return timezone.now() - timedelta(days=90)


class ArchivingTestCase(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        approve("deposit_confirmed")

    def delivered(self, **changes: object) -> Notification:
        message = self.deposit_message(**changes)
        deliver()
        apply_statuses([self.status(self.one_attempt(message), "delivered", timestamp=timezone.now())])
        message.refresh_from_db()
        return message

    def archived(self, **changes: object) -> ArchivedNotification:
        message = self.delivered(**changes)
        aged(message)
        archive(ninety_days_ago())
        return ArchivedNotification.objects.get(pk=message.pk)


class MovingTestCase(ArchivingTestCase):
    def test_a_finished_message_moves_with_everything_and_can_be_restored(self) -> None:
        message = self.delivered()
        aged(message)
        message.refresh_from_db()
        attempt = self.one_attempt(message)
        events = [plain(event) for event in attempt.events.all()]
        self.assertEqual(archive(ninety_days_ago()).moved, 1)
        for model in (Notification, DeliveryAttempt, DeliveryEvent):
            self.assertEqual(model.objects.count(), 0, model)
        again, [tried] = restored(ArchivedNotification.objects.get())
        self.assertEqual(plain(again), plain(message))
        self.assertEqual(plain(tried), plain(attempt))
        self.assertEqual([plain(event) for event in tried.events.all()], events)

    def test_what_is_young_unfinished_or_undecided_stays(self) -> None:
        young = self.delivered()
        for state in (State.PENDING, State.SENDING, State.UNCERTAIN):
            message = self.deposit_message()
            Notification.objects.filter(pk=message.pk).update(status=state)
            DeliveryAttempt.objects.filter(notification=message).update(state=state)
            aged(message)
        touched = self.delivered()
        aged(touched)
        Notification.objects.filter(pk=touched.pk).update(updated_at=timezone.now())
        self.assertEqual(archive(ninety_days_ago()).moved, 0)
        self.assertTrue(Notification.objects.filter(pk=young.pk).exists())

    def test_chunks_limit_and_a_second_run(self) -> None:
        for _ in range(5):
            aged(self.delivered())
        told: list[int] = []
        done = archive(ninety_days_ago(), limit=3, chunk=2, tell=lambda progress: told.append(progress.moved))
        self.assertEqual((done.moved, told, done.finished), (3, [2, 3], False))
        self.assertEqual(archive(ninety_days_ago()).moved, 2)
        self.assertEqual(ArchivedNotification.objects.count(), 5)

    def test_time_that_is_up_ends_a_run_and_the_next_goes_on(self) -> None:
        aged(self.delivered())
        self.assertEqual(archive(ninety_days_ago(), seconds=-1).moved, 0)
        self.assertEqual(archive(ninety_days_ago(), seconds=30).moved, 1)

    def test_yesterdays_messages_are_too_young(self) -> None:
        with self.assertRaisesMessage(ValueError, "at least a day old"):
            archive(timezone.now() - timedelta(hours=3))

    @override_settings(ARCHIVE_AFTER_DAYS=0)
    def test_zero_days_mean_never(self) -> None:
        aged(self.delivered())
        archive_messages()
        self.assertEqual(ArchivedNotification.objects.count(), 0)


class KeysTestCase(ArchivingTestCase):
    def test_a_key_outlives_its_message_by_thirty_days(self) -> None:
        archived = self.archived(idempotency_key="tx:1")
        self.assertEqual(purge_keys(), 0)
        self.assertIsNone(IdempotencyKey.objects.get().notification)
        self.assertIsNone(self.deposit_message(idempotency_key="tx:1").pk)
        ArchivedNotification.objects.update(archived_at=timezone.now() - timedelta(days=31))
        self.assertEqual((purge_keys(), purge_keys()), (1, 0))
        self.assertEqual(IdempotencyKey.objects.count(), 0)
        archived.refresh_from_db()
        self.assertIsNone(archived.key_id)


class LateStatusTestCase(ArchivingTestCase):
    def test_it_is_kept_and_counted_and_changes_no_outcome(self) -> None:
        message = self.delivered()
        status = self.status(self.one_attempt(message), "read", timestamp=timezone.now())
        aged(message)
        archive(ninety_days_ago())
        apply_statuses([status])
        self.assertEqual(ShelvedStatus.objects.count(), 1)
        archive_messages()
        archive_messages()
        archived = ArchivedNotification.objects.get()
        self.assertEqual((archived.late_statuses, archived.status), (1, State.DELIVERED))
        self.assertEqual([event["kind"] for event in archived.attempts[0]["events"]][-1], "read")
        self.assertEqual(ShelvedStatus.objects.count(), 0)

    def test_by_the_message_id_alone_and_only_from_its_own_number(self) -> None:
        archived = self.archived()
        wamid = ArchivedAttempt.objects.get().wamid
        status = self.status(DeliveryAttempt(wamid=wamid), "read", callback_data="", timestamp=timezone.now())
        apply_statuses([status, self.status(DeliveryAttempt(wamid=wamid), "failed", phone_number_id="9")])
        archive_messages()
        archived.refresh_from_db()
        self.assertEqual((archived.late_statuses, ShelvedStatus.objects.get().kind), (1, "failed"))


class CommandTestCase(ArchivingTestCase):
    def run_with(self, *options: str) -> str:
        out = StringIO()
        call_command("archive_messages", *options, stdout=out)
        return out.getvalue()

    def test_a_dry_run_counts_and_moves_nothing(self) -> None:
        aged(self.delivered())
        self.assertIn("1 messages from before", self.run_with("--dry-run"))
        self.assertEqual(Notification.objects.count(), 1)

    def test_it_says_what_it_did(self) -> None:
        aged(self.delivered())
        self.assertIn("1 messages archived, 0 late statuses kept, 0 old keys purged.", self.run_with())

    def test_a_date_may_be_given(self) -> None:
        aged(self.delivered(), timedelta(days=10))
        self.assertIn("0 messages archived", self.run_with())
        self.assertIn(
            "1 messages archived", self.run_with("--before", f"{timezone.now() - timedelta(days=5):%Y-%m-%d}")
        )

    def test_what_is_wrong_is_said(self) -> None:
        for options, said in ((["--before", "soon"], "no date"), (["--before", "2999-01-01"], "a day old")):
            with self.subTest(options), self.assertRaisesMessage(CommandError, said):
                self.run_with(*options)
        with self.settings(ARCHIVE_AFTER_DAYS=0), self.assertRaisesMessage(CommandError, "--before"):
            self.run_with()


class PagesTestCase(ArchivingTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(get_user_model().objects.create_superuser("+263771000001"))

    def test_the_list_finds_a_number_in_any_spelling_and_shows_it_masked(self) -> None:
        self.archived()
        address = reverse("admin:notifications_archivednotification_changelist")
        for term in ("077 123 4567", "+263771234567", "263771234567", f"#{ArchivedNotification.objects.get().pk}"):
            with self.subTest(term):
                page = self.client.get(address, {"q": term})
                self.assertContains(page, "deposit_confirmed")
                self.assertContains(page, "+263•••••••67")
        self.assertNotContains(self.client.get(address, {"q": "077 123 9999"}), "deposit_confirmed</a>")

    def test_the_page_tells_the_whole_story(self) -> None:
        archived = self.archived()
        page = self.client.get(reverse("admin:notifications_archivednotification_change", args=(archived.pk,)))
        for text in ("In the archive since", "Attempt 1", "Accepted by Meta", "Arrived on the phone", "USD 25.00"):
            self.assertContains(page, text)
        self.assertNotContains(page, PHONE)


@skipUnless(connection.vendor == "postgresql", "an in-memory database has one connection")
class RacesTestCase(TransactionTestCase):
    def setUp(self) -> None:
        Tenant.objects.get_or_create(slug="ovii", defaults={"name": "Ovii"})
        self.message = notify("test", phone_number=PHONE, template_name="deposit_confirmed", variables=DEPOSIT)
        Notification.objects.update(status=State.SENT)
        DeliveryAttempt.objects.update(state=State.SENT, sender=NUMBER_ID, wamid="wamid.1")
        aged(self.message)

    def test_a_status_that_comes_while_its_message_moves_waits_on_the_shelf(self) -> None:
        status = DeliveryTestCase.status(self, self.message.attempts.get(), "read")  # type: ignore[arg-type]

        def arrive() -> None:
            apply_statuses([status])
            connection.close()

        webhook = threading.Thread(target=arrive)
        with transaction.atomic():
            archive(ninety_days_ago())
            webhook.start()
            webhook.join(0.5)
            self.assertTrue(webhook.is_alive())
        webhook.join()
        self.assertEqual(ShelvedStatus.objects.count(), 1)
        archive_messages()
        self.assertEqual(ArchivedNotification.objects.get().late_statuses, 1)

    def test_a_message_that_somebody_changes_at_the_moment_is_passed_over(self) -> None:
        moved: list[int] = []

        def run() -> None:
            moved.append(archive(ninety_days_ago()).moved)
            connection.close()

        with transaction.atomic():
            Notification.objects.select_for_update().get()
            archiver = threading.Thread(target=run)
            archiver.start()
            archiver.join(10)
        self.assertEqual(moved, [0])
