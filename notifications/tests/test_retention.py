from __future__ import annotations

import json
from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase, override_settings
from django.utils import timezone

from integrations.models import WebhookEvent
from integrations.webhook_inbox import replay, store
from notifications.archive import plain
from notifications.blanking import BLANKED, KEPT
from notifications.erasing import erase
from notifications.exceptions import NotRetryable
from notifications.exporting import export
from notifications.models import ArchivedNotification, DeliveryAttempt, DeliveryEvent, Notification, ShelvedStatus
from notifications.people import find
from notifications.pseudonyms import pseudonym
from notifications.receipts import apply_statuses
from notifications.retention import blank_expired
from notifications.services import retry
from notifications.states import State
from notifications.tasks import archive_messages, forget_contents
from notifications.tests.outside import DEPOSIT, PHONE
from notifications.tests.test_archive import ArchivingTestCase, aged
from tenants.services import default_tenant

TELLING = (PHONE, PHONE.removeprefix("+"), "USD 25.00", "wamid.", "ZW.1234")


class PseudonymsTestCase(SimpleTestCase):
    def test_equal_numbers_stay_equal_and_fit_the_column(self) -> None:
        one = pseudonym("phone", PHONE)
        self.assertEqual(pseudonym("phone", PHONE), one)
        self.assertRegex(one, r"^~[a-z2-7]{15}$")
        self.assertNotEqual(pseudonym("phone", "+263771234568"), one)
        self.assertNotEqual(pseudonym("email", PHONE), one)

    def test_a_pseudonym_and_nothing_stay_as_they_are(self) -> None:
        one = pseudonym("phone", PHONE)
        self.assertEqual((pseudonym("phone", one), pseudonym("phone", "")), (one, ""))

    def test_another_secret_gives_others_and_none_is_refused(self) -> None:
        one = pseudonym("phone", PHONE)
        with self.settings(PSEUDONYM_SECRET="another"):
            self.assertNotEqual(pseudonym("phone", PHONE), one)
        with self.settings(PSEUDONYM_SECRET=""), self.assertRaisesMessage(ImproperlyConfigured, "PSEUDONYM_SECRET"):
            pseudonym("phone", PHONE)


class ColumnsTestCase(SimpleTestCase):
    def test_every_column_is_either_kept_or_blanked(self) -> None:
        """A new column belongs into notifications/blanking.py: does it tell anything of a person?"""
        for model in BLANKED:
            with self.subTest(model.__name__):
                columns = {field.attname for field in model._meta.concrete_fields}
                self.assertEqual(columns - set(KEPT[model]), set(BLANKED[model]))


@override_settings(RETENTION_DAYS=30, ARCHIVE_AFTER_DAYS=0)
class BlankingTestCase(ArchivingTestCase):
    def told(self) -> Notification:
        """A message of which Meta told with the person's id, refused once, and whose time is over."""
        message = self.delivered()
        attempt = self.one_attempt(message)
        apply_statuses([self.status(attempt, "read", timestamp=timezone.now(), recipient_user_id="ZW.1234")])
        error = {"code": 131026, "fault": "recipient", "message": f"{PHONE} is not reachable"}
        DeliveryAttempt.objects.filter(pk=attempt.pk).update(error=error, reason=f"To {PHONE}")
        Notification.objects.filter(pk=message.pk).update(error_message=f"To {PHONE}", metadata={"for": PHONE})
        aged(message)
        return message

    def everything(self) -> str:
        models = (Notification, DeliveryAttempt, DeliveryEvent, ArchivedNotification)
        return json.dumps([plain(row) for model in models for row in model.objects.all()], default=str)

    def assert_nothing_tells(self) -> None:
        text = self.everything()
        for told in TELLING:
            self.assertNotIn(told, text)

    def test_texts_go_numbers_become_pseudonyms_and_the_outcome_stays(self) -> None:
        message = self.told()
        before = Notification.objects.values("status", "read_at", "template_name", "updated_at").get()
        report = blank_expired()
        self.assertEqual((report.counts["messages"], report.finished), (1, True))
        self.assert_nothing_tells()
        message.refresh_from_db()
        self.assertEqual(message.recipient_phone, pseudonym("phone", PHONE))
        self.assertEqual(Notification.objects.values(*before).get(), before)
        attempt = self.one_attempt(message)
        self.assertEqual(attempt.error, {"code": 131026, "fault": "recipient"})
        self.assertEqual({event.kind for event in attempt.events.all()}, {"accepted", "delivered", "read"})

    def test_a_second_run_finds_nothing(self) -> None:
        self.told()
        blank_expired()
        self.assertEqual(set(blank_expired().counts.values()), {0})

    def test_in_the_archive_too(self) -> None:
        self.told()
        with self.settings(ARCHIVE_AFTER_DAYS=90):
            archive_messages()
        self.assertEqual(blank_expired().counts["archived_messages"], 1)
        self.assert_nothing_tells()
        archived = ArchivedNotification.objects.get()
        self.assertEqual((archived.status, archived.names.get().wamid), (State.READ, ""))
        self.assertIsNotNone(archived.blanked_at)

    def test_a_tenant_decides_for_its_own_messages(self) -> None:
        self.told()
        tenant = default_tenant()
        for days, blanked in ((0, 0), (200, 0), (99, 1)):
            tenant.retention_days = days
            tenant.save()
            with self.subTest(days=days):
                self.assertEqual(blank_expired().counts.get("messages", 0), blanked)

    @override_settings(RETENTION_DAYS=0)
    def test_zero_days_mean_never(self) -> None:
        self.told()
        forget_contents()
        self.assertIn(PHONE, self.everything())

    def test_what_is_young_or_not_finished_stays(self) -> None:
        self.delivered()
        pending = self.deposit_message()
        aged(pending)
        self.assertEqual(blank_expired().counts["messages"], 0)

    def test_a_blanked_message_cannot_be_tried_again(self) -> None:
        message = self.told()
        Notification.objects.update(status=State.FAILED)
        blank_expired()
        with self.assertRaisesMessage(NotRetryable, "was blanked"):
            retry(message)

    def test_bodies_of_webhooks_go_and_redeliveries_are_still_known(self) -> None:
        bodies = [b'{"entry": [1]}', b'{"entry": [2]}']
        for body in bodies:
            store(body)
        old = timezone.now() - timedelta(days=40)
        WebhookEvent.objects.filter(body=bodies[0]).update(status="DONE", processed_at=old)
        self.assertEqual(blank_expired().counts["webhook_bodies"], 1)
        self.assertEqual([bytes(row.body) for row in WebhookEvent.objects.order_by("pk")], [b"", bodies[1]])
        self.assertFalse(store(bodies[0]))
        self.assertEqual(replay(WebhookEvent.objects.all()), 1)

    def test_the_shortest_time_holds_for_what_belongs_to_no_tenant(self) -> None:
        tenant = default_tenant()
        tenant.retention_days = 3
        tenant.save()
        ShelvedStatus.objects.create(wamid="wamid.9", kind="sent", at=timezone.now())
        ShelvedStatus.objects.update(received_at=timezone.now() - timedelta(days=4))
        self.assertEqual(blank_expired().counts["shelved_statuses"], 1)


class ErasingTestCase(ArchivingTestCase):
    def test_the_archive_is_exported_and_erased_too(self) -> None:
        archived = self.archived()
        person = find("077 123 4567")
        [held] = export(person)["archived_messages"]
        self.assertEqual((held["id"], held["template_parameters"]), (archived.pk, DEPOSIT))
        self.assertEqual([event["kind"] for event in held["attempts"][0]["events"]], ["accepted", "delivered"])
        self.assertEqual(erase(person)["archived_messages"], 1)
        self.assertEqual(erase(person)["archived_messages"], 0)
        [held] = export(person)["archived_messages"]
        self.assertEqual((held["recipient_phone"], held["template_parameters"]), (person.pseudonym, {}))

    def test_statuses_on_the_shelf_and_an_unknown_outcome_go_with_the_person(self) -> None:
        message = self.delivered()
        Notification.objects.update(status=State.UNCERTAIN)
        wamid = self.one_attempt(message).wamid
        ShelvedStatus.objects.create(wamid=wamid, kind="read", at=timezone.now(), phone_number_id="9")
        self.assertEqual(erase(find(PHONE))["shelved_statuses"], 1)
        message.refresh_from_db()
        self.assertLessEqual(message.expires_at, timezone.now())
