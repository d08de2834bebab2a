from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.test import TestCase

from integrations.whatsapp.webhooks import ContactMoved, IncomingMessage, MessageStatus
from notifications.contact_book import follow_moves, learn_from_messages, learn_from_statuses
from notifications.erasing import erase
from notifications.models import Contact
from notifications.people import find
from notifications.refusals import keep_preference
from tenants.models import Tenant
from tenants.services import default_tenant

OLD, NEW = "+263771234567", "+263771234599"
TARIRO = "ZW.1349120865530274"
AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class BookTestCase(TestCase):
    def contact(self, phone: str | None = OLD, *, since: datetime = AT - DAY, **columns: Any) -> Contact:
        contact = Contact.objects.create(phone=phone, **{"tenant": default_tenant(), "name": "Tariro"} | columns)
        Contact.objects.filter(pk=contact.pk).update(created_at=since)
        return contact

    def moved(self, **changes: Any) -> None:
        known = {"sender": OLD[1:], "timestamp": AT, "kind": "user_changed_number", "new_number": NEW[1:]}
        follow_moves([ContactMoved("wamid.S", **known | changes)])


class MovingTests(BookTestCase):
    def test_the_contact_takes_its_consents_and_its_account_to_the_new_number(self) -> None:
        user = get_user_model().objects.create_user(OLD)
        contact = self.contact(
            user=user, marketing_consent=True, marketing_consent_at=AT - DAY, undeliverable_at=AT, bsuid=TARIRO
        )
        self.moved()
        contact.refresh_from_db()
        self.assertEqual((contact.phone, contact.previous_phone, contact.phone_changed_at), (NEW, OLD, AT))
        self.assertEqual(
            (contact.user, contact.marketing_consent, contact.marketing_consent_at), (user, True, AT - DAY)
        )
        # The old number could not be reached, and the id belonged to it.
        self.assertEqual((contact.undeliverable_at, contact.bsuid), (None, None))

    def test_the_contact_moves_for_every_tenant_that_knows_it(self) -> None:
        bakery = Tenant.objects.create(name="Bakery", slug="bakery")
        contacts = [self.contact(), self.contact(tenant=bakery)]
        self.moved()
        self.assertEqual([Contact.objects.get(pk=one.pk).phone for one in contacts], [NEW, NEW])

    def test_a_row_that_the_new_number_made_becomes_one_with_the_contact(self) -> None:
        contact = self.contact(last_inbound_at=AT - DAY)
        self.contact(NEW, name="T", last_inbound_at=AT + DAY, marketing_consent=True, marketing_stopped_at=AT)
        self.moved()
        (kept,) = Contact.objects.all()
        self.assertEqual((kept.pk, kept.name, kept.phone, kept.last_inbound_at), (contact.pk, "Tariro", NEW, AT + DAY))
        # Whoever had the number before may have agreed; a stop counts from anybody.
        self.assertEqual((kept.marketing_consent, kept.marketing_stopped_at), (False, AT))

    def test_somebody_with_an_account_at_the_new_number_keeps_their_row_without_it(self) -> None:
        contact = self.contact()
        other = self.contact(NEW, name="Rudo", user=get_user_model().objects.create_user(NEW))
        self.moved()
        contact.refresh_from_db()
        other.refresh_from_db()
        self.assertEqual((contact.phone, contact.user), (NEW, None))
        self.assertEqual((other.phone, other.previous_phone, other.phone_changed_at), (None, NEW, AT))

    def test_a_replay_does_not_move_whoever_has_the_number_now(self) -> None:
        for since, columns in (
            (AT + DAY, {}),
            (AT - DAY, {"last_inbound_at": AT + DAY}),
            (AT - DAY, {"phone_changed_at": AT}),
        ):
            with self.subTest(columns):
                Contact.objects.all().delete()
                contact = self.contact(since=since, **columns)
                self.moved()
                contact.refresh_from_db()
                self.assertEqual(contact.phone, OLD)

    def test_moving_twice_is_moving_once(self) -> None:
        contact = self.contact()
        for _ in range(2):
            self.moved()
        contact.refresh_from_db()
        self.assertEqual((contact.phone, contact.previous_phone), (NEW, OLD))

    def test_moves_are_followed_in_the_order_of_their_times(self) -> None:
        contact = self.contact()
        third = "263771234588"
        second_move = ContactMoved(
            "b", sender=NEW[1:], timestamp=AT + DAY, kind="user_changed_number", new_number=third
        )
        first_move = ContactMoved("a", sender=OLD[1:], timestamp=AT, kind="user_changed_number", new_number=NEW[1:])
        follow_moves([second_move, first_move])
        contact.refresh_from_db()
        self.assertEqual(contact.phone, f"+{third}")

    def test_another_id_replaces_the_one_that_was_known(self) -> None:
        contact = self.contact(None, bsuid=TARIRO)
        self.moved(sender="", sender_user_id=TARIRO, new_number="", new_user_id="ZW.2", kind="user_changed_user_id")
        contact.refresh_from_db()
        self.assertEqual((contact.phone, contact.bsuid), (None, "ZW.2"))

    def test_somebody_known_by_the_id_alone_gets_the_new_number(self) -> None:
        contact, other = self.contact(None, bsuid=TARIRO), self.contact("+263771234588", name="Rudo")
        self.moved(sender_user_id=TARIRO)
        contact.refresh_from_db()
        other.refresh_from_db()
        self.assertEqual((contact.phone, contact.bsuid, other.phone), (NEW, None, "+263771234588"))

    def test_the_id_at_another_number_moves_nobody(self) -> None:
        other = self.contact("+263771234588", bsuid=TARIRO)
        self.moved(sender_user_id=TARIRO)
        other.refresh_from_db()
        self.assertEqual(other.phone, "+263771234588")

    def test_an_id_that_has_a_row_of_its_own_becomes_one_with_the_contact(self) -> None:
        contact = self.contact()
        self.contact(None, bsuid="ZW.2", name="")
        self.moved(new_user_id="ZW.2")
        (kept,) = Contact.objects.all()
        self.assertEqual((kept.pk, kept.phone, kept.bsuid), (contact.pk, NEW, "ZW.2"))

    def test_a_number_that_is_none_moves_nobody(self) -> None:
        contact = self.contact()
        self.moved(new_number="12")
        contact.refresh_from_db()
        self.assertEqual(contact.phone, OLD)

    def test_erasing_somebody_who_has_the_old_number_takes_it_out_of_the_movers_row(self) -> None:
        self.contact()
        self.moved()
        erase(find(OLD))
        self.assertEqual(Contact.objects.get().previous_phone, "")


class LearningTests(BookTestCase):
    def told(self, **changes: Any) -> None:
        known = {"recipient_id": OLD[1:], "recipient_user_id": TARIRO}
        learn_from_statuses([MessageStatus("wamid.A", "sent", **known | changes)])

    def test_a_status_tells_the_id_of_a_number(self) -> None:
        contact = self.contact()
        self.told()
        contact.refresh_from_db()
        self.assertEqual(contact.bsuid, TARIRO)

    def test_an_id_that_is_known_stays_and_costs_one_statement(self) -> None:
        contact = self.contact(bsuid="ZW.1")
        with self.assertNumQueries(1):
            self.told()
        contact.refresh_from_db()
        self.assertEqual(contact.bsuid, "ZW.1")

    def test_groups_and_strangers_teach_nothing(self) -> None:
        contact = self.contact()
        self.told(recipient_type="group")
        self.told(recipient_id="263771234588")
        contact.refresh_from_db()
        self.assertEqual((contact.bsuid, Contact.objects.count()), (None, 1))

    def test_a_row_known_by_the_id_alone_becomes_one_with_the_numbers(self) -> None:
        contact = self.contact(last_inbound_at=AT - DAY)
        self.contact(None, bsuid=TARIRO, last_inbound_at=AT, marketing_consent=True, marketing_consent_at=AT)
        self.told()
        (kept,) = Contact.objects.all()
        self.assertEqual((kept.pk, kept.bsuid, kept.last_inbound_at), (contact.pk, TARIRO, AT))
        self.assertTrue(kept.marketing_consent)

    def test_an_id_that_another_number_has_stays_there(self) -> None:
        contact, other = self.contact(), self.contact(NEW, bsuid=TARIRO)
        self.told()
        contact.refresh_from_db()
        other.refresh_from_db()
        self.assertEqual((contact.bsuid, other.bsuid), (None, TARIRO))

    def test_whoever_writes_without_a_number_is_kept_by_id_with_an_open_window(self) -> None:
        for at in (AT, AT - DAY):
            learn_from_messages(
                [IncomingMessage("wamid.B", sender_user_id=TARIRO, profile_name="Rudo", timestamp=at, type="text")]
            )
        (contact,) = Contact.objects.all()
        self.assertEqual((contact.phone, contact.bsuid, contact.name), (None, TARIRO, "Rudo"))
        self.assertEqual(contact.last_inbound_at, AT)

    def test_a_stop_of_somebody_known_by_id_alone_is_kept(self) -> None:
        keep_preference("", TARIRO, AT, wanted=False)
        self.assertEqual(Contact.objects.get(bsuid=TARIRO).marketing_stopped_at, AT)
