"""What Meta changed, as the operator reads it, and what delivery makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.test import TestCase
from django.utils import timezone

from integrations import numbers, template_rows
from integrations.limits import number_wish
from integrations.models import PhoneNumber, WhatsAppTemplate
from integrations.number_sync import NumberChange
from integrations.signals import phone_number_changed
from integrations.tests.signed_post import encode, payload
from integrations.webhook_inbox import drain, store
from integrations.whatsapp.parameters import mismatch
from integrations.whatsapp_templates import get_template_structure
from notifications.delivery import deliver
from notifications.models import Contact, ShelvedStatus
from notifications.strangers import shelf_by_owner, whose
from notifications.tests.outside import PHONE, DeliveryTestCase
from notifications.tests.test_webhook_manifest import NUMBER_ID, WABA_ID
from tenants.models import OperatorAlert, Tenant

TEMPLATE = "transaction_received:en_US"


class NewsTestCase(TestCase):
    def setUp(self) -> None:
        structure = get_template_structure("transaction_received") or {}
        self.template = WhatsAppTemplate.objects.create(
            waba_id=WABA_ID,
            template_id="1689556908129832",
            name="transaction_received",
            language="en_US",
            category="UTILITY",
            status="APPROVED",
            components=structure["components"],
        )
        self.number = PhoneNumber.objects.create(
            waba_id=WABA_ID, phone_number_id=NUMBER_ID, display_phone_number="+1 555-078-3881", status="CONNECTED"
        )
        for remembered in (numbers.numbers, template_rows):
            remembered.forget()
            self.addCleanup(remembered.forget)

    def comes(self, name: str, *, time: int = 1760000000, **changes: Any) -> None:
        document = payload(name)
        entry = document["entry"][0]
        entry["time"] = time
        entry["changes"][0]["value"] |= changes
        store(encode(document))
        drain()
        self.template.refresh_from_db()
        self.number.refresh_from_db()

    def open_alert(self, cause: str) -> OperatorAlert | None:
        return OperatorAlert.objects.filter(cause=cause, resolved_at=None).first()

    def summary(self, cause: str) -> str:
        alert = self.open_alert(cause)
        return alert.summary if alert else ""


class TemplateNewsTests(NewsTestCase):
    def test_a_move_to_marketing_says_what_it_costs_where_the_tenants_are(self) -> None:
        Tenant.objects.create(name="Panadería", slug="panaderia", country="ES")
        self.comes("template__category_done")
        self.assertEqual(
            self.summary(f"template.category:{TEMPLATE}"),
            "Meta moved the template transaction_received (en_US) from UTILITY to MARKETING. It will cost about 0.0225 "
            "instead of 0.0040 USD per message in Rest of Africa, about 0.0615 instead of 0.0200 USD per message in "
            "Spain.",
        )

    def test_an_announced_move_warns_until_it_has_happened(self) -> None:
        cause = f"template.category_coming:{TEMPLATE}"
        self.comes("template__category_coming")
        alert = self.open_alert(cause)
        self.assertIsNotNone(alert)
        self.assertEqual(alert.severity, "warning")
        self.assertIn("will move the template transaction_received (en_US) from UTILITY to MARKETING on", alert.summary)
        self.assertEqual(self.template.category, "UTILITY")
        self.comes("template__category_done", time=1760090000)
        self.assertIsNone(self.open_alert(cause))
        self.assertEqual(self.template.category, "MARKETING")

    def test_quality_that_recovers_closes_its_alert(self) -> None:
        cause = f"template.quality:{TEMPLATE}"
        self.comes("template__quality")
        self.assertIn("is YELLOW (was GREEN)", self.summary(cause))
        self.comes("template__quality_red", time=1760000001)
        self.assertEqual((self.template.quality, self.open_alert(cause).severity), ("RED", "error"))
        self.comes("template__quality_green", time=1760000002)
        self.assertEqual((self.template.quality, self.open_alert(cause)), ("GREEN", None))

    def test_older_news_undoes_no_newer_and_tells_nobody(self) -> None:
        self.comes("template__quality_green", time=1760000002)
        self.comes("template__quality_red", time=1760000001)
        self.assertEqual(self.template.quality, "GREEN")
        self.assertFalse(OperatorAlert.objects.exists())

    def test_what_was_read_from_meta_since_is_not_undone_by_a_replay(self) -> None:
        WhatsAppTemplate.objects.update(last_synced_at=timezone.now())
        self.comes("template__category_done")
        self.assertEqual(self.template.category, "UTILITY")

    def test_parameters_are_checked_against_the_text_at_meta(self) -> None:
        values = [{"type": "body", "parameters": [{"type": "text", "text": "USD 25.00"}]}]
        self.assertIsNotNone(mismatch(self.row().shape, values))
        self.comes("template__components")
        self.assertIsNone(mismatch(self.row().shape, values))

    def row(self) -> WhatsAppTemplate:
        """As delivery sees it."""
        return template_rows.rows_of(["transaction_received"], WABA_ID)["transaction_received"][0]

    def test_a_text_that_differs_from_its_definition_warns_until_it_does_not(self) -> None:
        cause = f"template.drift:{TEMPLATE}"
        self.comes("template__components")
        self.assertIn("says something else at Meta than here: body, footer, header.", self.summary(cause))
        structure = get_template_structure("transaction_received") or {}
        body, footer = (one["text"] for one in structure["components"])
        self.comes(
            "template__components",
            time=1760000001,
            message_template_title="",
            message_template_element=body,
            message_template_footer=footer,
        )
        self.assertIsNone(self.open_alert(cause))

    def test_a_refused_template_is_tried_again_when_its_text_changes(self) -> None:
        WhatsAppTemplate.objects.update(refused_at=timezone.now(), refused_code=132012, refused_reason="Mismatch")
        self.comes("template__components")
        self.assertTrue(self.template.is_usable)

    def test_the_end_of_a_template_is_told_where_it_is_still_sent(self) -> None:
        self.comes("template__deleted")
        self.assertIn("is DELETED at Meta: its messages wait", self.summary(f"template.refused:{TEMPLATE}"))
        self.comes("template__deleted", message_template_name="promo", message_template_id=5)
        self.assertIsNone(self.open_alert("template.refused:promo:en_US"))

    def test_a_move_out_of_marketing_closes_the_alert_of_the_move_into_it(self) -> None:
        cause = f"template.category:{TEMPLATE}"
        self.comes("template__category_done")
        self.assertIsNotNone(self.open_alert(cause))
        self.comes("template__category_back", time=1760000001)
        self.assertEqual((self.template.category, self.open_alert(cause)), ("UTILITY", None))

    def test_a_rejection_quotes_what_meta_recommends(self) -> None:
        self.comes("template__rejection_info")
        alert = self.open_alert(f"template.refused:{TEMPLATE}")
        self.assertIn("Meta says: End it with words.", alert.what_to_do)


class MovedToMarketingTests(DeliveryTestCase):
    def test_from_then_on_it_goes_only_to_people_who_agreed(self) -> None:
        self.approve("deposit_confirmed")
        messages = [self.deposit_message(), self.deposit_message(phone_number="+263771234568")]
        Contact.objects.create(
            tenant=messages[0].tenant, phone=PHONE, marketing_consent=True, marketing_consent_at=timezone.now()
        )
        document = payload("template__category_done")
        entry = document["entry"][0]
        entry["id"] = "222"
        entry["changes"][0]["value"] |= {"message_template_name": "deposit_confirmed", "message_template_id": 7}
        store(encode(document))
        drain()
        deliver()
        for message in messages:
            message.refresh_from_db()
        self.assertEqual([message.status for message in messages], ["SENT", "SKIPPED"])
        self.assertIn("agreed to marketing", messages[1].error_message)


class NumberNewsTests(NewsTestCase):
    def test_a_higher_throughput_counts_with_the_next_message(self) -> None:
        PhoneNumber.objects.update(throughput_level="STANDARD")
        self.assertEqual(numbers.levels(), {NUMBER_ID: "STANDARD"})
        self.comes("number__throughput_upgrade")
        self.assertEqual(numbers.levels(), {NUMBER_ID: "HIGH"})
        self.assertEqual(number_wish(NUMBER_ID, "HIGH", 1, "otp").rate, 1000.0)

    def test_a_flag_that_is_taken_back_closes_its_alert(self) -> None:
        cause = f"number.quality:{NUMBER_ID}"
        self.comes("number__flagged")
        self.assertIn("is RED and Meta flagged it", self.summary(cause))
        self.assertTrue(self.number.can_send)
        self.comes("number__unflagged", time=1760000001)
        self.assertEqual((self.number.status, self.open_alert(cause)), ("CONNECTED", None))

    def test_a_flag_does_not_set_a_banned_number_free(self) -> None:
        PhoneNumber.objects.update(status="BANNED")
        self.comes("number__unflagged")
        self.assertEqual(self.number.status, "BANNED")

    def test_a_quality_that_was_read_from_meta_is_told_too(self) -> None:
        change = NumberChange(NUMBER_ID, "CONNECTED", "CONNECTED", True, "+1 555-078-3881", "GREEN", "RED")
        phone_number_changed.send(sender=PhoneNumber, events=[change])
        self.assertIn("is RED", self.summary(f"number.quality:{NUMBER_ID}"))
        self.assertIsNone(self.open_alert(f"number.cannot_send:{NUMBER_ID}"))

    def test_each_status_that_stops_a_number_has_its_own_remedy(self) -> None:
        for status, remedy in (
            ("BANNED", "ask for a review"),
            ("RESTRICTED", "goes on by itself"),
            ("OFFLINE", "mend"),
        ):
            with self.subTest(status):
                change = NumberChange(NUMBER_ID, "CONNECTED", status, False, "+1 555-078-3881")
                phone_number_changed.send(sender=PhoneNumber, events=[change])
                alert = self.open_alert(f"number.cannot_send:{NUMBER_ID}")
                self.assertIn(status, alert.summary)
                self.assertIn(remedy, alert.what_to_do)

    def test_alerts_do_not_show_the_whole_number(self) -> None:
        self.comes("security__pin_reset_request")
        summary = self.summary(f"number.pin_reset_request:{NUMBER_ID}")
        self.assertIn("Somebody asked Meta to switch off the two-step PIN", summary)
        self.assertNotIn("15550783881", summary)


class AccountNewsTests(NewsTestCase):
    def test_a_restriction_says_what_is_forbidden_until_when(self) -> None:
        self.comes("account__account_restriction")
        summary = self.summary(f"account.account_restriction:{WABA_ID}")
        self.assertIn("restricted biz initiated messaging until 16 Oct 2025", summary)

    def test_a_ban_that_is_lifted_closes_its_alert(self) -> None:
        cause = f"account.disabled_update:{WABA_ID}"
        self.comes("account__disabled_update_scheduled")
        self.assertIn("will disable the account", self.summary(cause))
        self.assertIn("November 30, 2026", self.summary(cause))
        self.comes("account__disabled_update_reinstated")
        self.assertIsNone(self.open_alert(cause))

    def test_a_review_that_ends_well_closes_its_alert(self) -> None:
        self.comes("account__review_rejected")
        self.comes("account__review_approved")
        self.assertIsNone(self.open_alert(f"account.review:{WABA_ID}"))

    def test_the_limit_reaches_the_numbers_of_the_account_alone(self) -> None:
        other = PhoneNumber.objects.create(waba_id="9", phone_number_id="8", messaging_limit="TIER_2K")
        self.comes("account__capability")
        other.refresh_from_db()
        self.assertEqual((self.number.messaging_limit, other.messaging_limit), ("TIER_10K", "TIER_2K"))


class ShelfTests(TestCase):
    def test_statuses_of_strangers_are_counted_by_whose_they_are(self) -> None:
        at = datetime(2026, 11, 24, tzinfo=UTC)
        for number, callback in enumerate(("", "", "", "bakery:1", "bakery:2", "order-7")):
            ShelvedStatus.objects.create(
                wamid=f"wamid.{number}", callback_data=callback, kind="sent", at=at + timedelta(seconds=number)
            )
        self.assertEqual(shelf_by_owner(), {"": 3, "bakery": 2, "?": 1})
        self.assertEqual(
            [whose(callback) for callback in ("", "bakery:1", "order-7")],
            ["Sent elsewhere, without our mark", "Installation bakery", "Another application's"],
        )

    def test_the_operator_filters_the_shelf_by_whose_they_are(self) -> None:
        at = datetime(2026, 11, 24, tzinfo=UTC)
        ShelvedStatus.objects.create(wamid="wamid.ours", callback_data="", kind="sent", at=at)
        ShelvedStatus.objects.create(wamid="wamid.theirs", callback_data="bakery:1", kind="sent", at=at)
        self.client.force_login(get_user_model().objects.create_superuser(PHONE, "a-long-password"))
        page = self.client.get("/admin/notifications/shelvedstatus/", {"whose": "bakery"})
        self.assertContains(page, "Installation bakery (1)")
        self.assertContains(page, "wamid.theirs")
        self.assertNotContains(page, "wamid.ours")

    def test_the_operator_sees_what_nothing_acts_upon(self) -> None:
        store(encode(payload("other__calls")))
        drain()
        self.client.force_login(get_user_model().objects.create_superuser(PHONE, "a-long-password"))
        self.assertContains(self.client.get("/admin/integrations/unhandledkind/"), "calls")
