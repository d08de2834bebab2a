from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.models import WhatsAppConfig
from integrations.tests.graph_server import Reply, graph_error
from notifications import secrets
from notifications.content import Address, TemplateContent
from notifications.delivery import deliver
from notifications.models import Blockade, Contact, DeliveryAttempt, Notification, ShelvedStatus
from notifications.receipts import apply_statuses
from notifications.secrets import SecretRef
from notifications.services import notify
from notifications.tests.outside import PHONE, DeliveryTestCase, approve
from tenants.models import OperatorAlert
from tenants.services import default_tenant

BLOCKADES = reverse("admin:notifications_blockade_changelist")
LIST = reverse("admin:notifications_notification_changelist")
INDEX = reverse("admin:index")
MASKED = "+263•••••••67"
CODE = "48151623"


def codes(refs):
    return dict.fromkeys(refs, CODE)


def detail(message: Notification) -> str:
    return reverse("admin:notifications_notification_change", args=(message.pk,))


class InTheAdmin(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.operator = get_user_model().objects.create_superuser("+263771000001")
        self.client.force_login(self.operator)

    def sign_in_with(self, *codenames: str) -> None:
        clerk = get_user_model().objects.create_user("+263771000002", is_staff=True)
        clerk.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        self.client.force_login(clerk)

    def delivered(self, *words: str, **changes) -> Notification:
        """A message that was sent and of which Meta then said these words."""
        message = self.deposit_message(**changes)
        deliver()
        attempt = message.attempts.get()
        apply_statuses([self.status(attempt, word, timestamp=timezone.now()) for word in words])
        message.refresh_from_db()
        return message

    def failed(self) -> Notification:
        message = self.delivered()
        error = {"code": 131026, "title": "Message undeliverable", "error_data": {"details": "Message Undeliverable."}}
        apply_statuses([self.status(message.attempts.get(), "failed", timestamp=timezone.now(), errors=(error,))])
        message.refresh_from_db()
        return message

    def told(self, response) -> str:
        return " ".join(str(message) for message in get_messages(response.wsgi_request))


class NotificationListTests(InTheAdmin):
    def setUp(self) -> None:
        super().setUp()
        approve()

    def found(self, term: str) -> list[int]:
        return [row.pk for row in self.client.get(LIST, {"q": term}).context["cl"].result_list]

    def test_pills_tell_the_states_and_numbers_are_masked(self) -> None:
        self.delivered("sent", "delivered", "read")
        self.failed()
        page = self.client.get(LIST)
        self.assertContains(page, '<span class="pill pill-read">Read</span>')
        self.assertContains(page, '<span class="pill pill-failed">Failed</span>')
        self.assertContains(page, MASKED, count=2)
        self.assertContains(page, "The person cannot get it")
        self.assertNotContains(page, PHONE)

    def test_search_takes_a_number_in_any_spelling_a_wamid_or_an_id(self) -> None:
        message = self.delivered("sent")
        other = self.delivered(phone_number="+263772222222")
        for term in (PHONE, PHONE[1:], "077 123 4567", "wamid.1", str(message.pk), f"#{message.pk}"):
            self.assertEqual(self.found(term), [message.pk], term)
        self.assertEqual(self.found("no such thing"), [])
        self.assertEqual(self.found("9" * 30), [])
        self.assertCountEqual(self.found(" "), [message.pk, other.pk])

    def test_filters_are_by_status_lane_template_and_date(self) -> None:
        self.delivered("read")
        for query in (
            {"status__exact": "READ"},
            {"lane__exact": "transactional"},
            {"template_name": "deposit_confirmed"},
        ):
            self.assertEqual(len(self.client.get(LIST, query).context["cl"].result_list), 1)
        for query in ({"status__exact": "FAILED"}, {"template_name": "welcome_message"}):
            self.assertEqual(len(self.client.get(LIST, query).context["cl"].result_list), 0)

    def test_more_rows_take_no_more_queries(self) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as taken:
                self.assertEqual(self.client.get(LIST).status_code, 200)
            return len(taken)

        self.delivered("read")
        before = queries()
        for _ in range(4):
            self.delivered("read")
        self.assertEqual(queries(), before)

    def test_nobody_adds_edits_or_deletes(self) -> None:
        message = self.delivered()
        self.assertEqual(self.client.get(reverse("admin:notifications_notification_add")).status_code, 403)
        self.assertEqual(self.client.post(detail(message), {"event": "x"}).status_code, 403)
        delete = reverse("admin:notifications_notification_delete", args=(message.pk,))
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)

    def test_staff_without_permission_are_refused(self) -> None:
        message = self.delivered()
        self.sign_in_with()
        self.assertEqual([self.client.get(url).status_code for url in (LIST, detail(message))], [403, 403])


class StoryTests(InTheAdmin):
    def test_story_of_a_read_message_stands_in_the_order_of_events(self) -> None:
        approve()
        page = self.client.get(detail(self.delivered("read", "sent", "delivered"))).content.decode()
        titles = ["Written to the outbox", "Left for Meta", "Accepted by Meta", "Arrived on the phone", ">Read<"]
        self.assertEqual([page.count(title) >= 1 for title in titles], [True] * 5)
        places = [page.rindex(title) for title in titles]
        self.assertEqual(places, sorted(places))
        self.assertIn("Your deposit of USD 25.00", page)
        self.assertNotIn(PHONE, page)
        self.assertNotIn('class="banner', page)

    def test_failure_is_told_in_words_with_code(self) -> None:
        approve()
        page = self.client.get(detail(self.failed()))
        self.assertContains(page, "It was not delivered")
        self.assertContains(page, "The person cannot get it")
        self.assertContains(page, "Code 131026")
        self.assertContains(page, "It lies with the recipient.")

    def test_held_message_says_what_it_waits_for(self) -> None:
        message = self.delivered()
        page = self.client.get(detail(message))
        self.assertContains(page, "Waits for template deposit_confirmed.")
        self.assertContains(page, "banner-waiting")

    def test_unknown_outcome_is_told(self) -> None:
        approve()
        self.meta.handler = lambda request: Reply(status=500, body=b"<html>")
        page = self.client.get(detail(self.delivered()))
        self.assertContains(page, "Nobody knows yet whether it arrived")
        self.assertContains(page, "Try again")

    def test_secrets_are_references_only(self) -> None:
        approve()
        secrets.register("admin-test", codes)
        content = TemplateContent("otp_verification", {})
        ref = {"code": SecretRef("admin-test", "request-1")}
        message = notify("otp_requested", to=Address(phone=PHONE), content=content, secrets=ref, lane="otp")
        deliver()
        self.assertIn(CODE, self.meta.requests[0].body.decode())
        page = self.client.get(detail(message))
        self.assertContains(page, "filled in while sending, by “admin-test”")
        self.assertContains(page, "•••••• is your verification code")
        self.assertNotContains(page, CODE)
        self.assertNotContains(page, "Try again")

    def test_template_that_is_no_longer_defined_does_not_break_the_page(self) -> None:
        message = self.delivered()
        Notification.objects.filter(pk=message.pk).update(template_name="gone_by_now")
        self.assertContains(self.client.get(detail(message)), "is not defined here any more")


class RetryTests(InTheAdmin):
    def setUp(self) -> None:
        super().setUp()
        approve()

    def press(self, message: Notification):
        return self.client.post(reverse("admin:notifications_notification_retry", args=(message.pk,)))

    def test_failed_message_goes_again(self) -> None:
        message = self.failed()
        self.assertContains(self.client.get(detail(message)), "Try again")
        answer = self.press(message)
        self.assertRedirects(answer, detail(message))
        self.assertIn("goes again", self.told(answer))
        self.assertEqual(message.attempts.count(), 2)
        self.assertContains(self.client.get(detail(message)), "Tried again by an operator")

    def test_action_on_the_list_tells_what_cannot_be_tried_again(self) -> None:
        failed, read = self.failed(), self.delivered("read")
        chosen = {"action": "try_again", "_selected_action": [failed.pk, read.pk]}
        told = self.told(self.client.post(LIST, chosen))
        self.assertIn("The message goes again.", told)
        self.assertIn(f"Notification {read.pk} is read: there is nothing to try again.", told)

    def test_whoever_may_only_view_cannot_try_again(self) -> None:
        message = self.failed()
        self.sign_in_with("view_notification")
        self.assertNotContains(self.client.get(detail(message)), "Try again")
        self.assertEqual(self.press(message).status_code, 403)
        self.client.post(LIST, {"action": "try_again", "_selected_action": [message.pk]})
        self.assertEqual(message.attempts.count(), 1)

    def test_link_does_not_send(self) -> None:
        url = reverse("admin:notifications_notification_retry", args=(self.failed().pk,))
        self.assertEqual(self.client.get(url).status_code, 405)
        self.assertEqual(DeliveryAttempt.objects.count(), 1)


class DecisionTests(InTheAdmin):
    def setUp(self) -> None:
        super().setUp()
        approve()
        self.meta.handler = lambda request: Reply(status=500, body=b"<html>")
        self.message = self.delivered()
        self.attempt = self.message.attempts.get()

    def press(self, word: str, message: Notification | None = None):
        pk = (message or self.message).pk
        return self.client.post(reverse(f"admin:notifications_notification_{word}", args=(pk,)))

    def state(self) -> str:
        self.message.refresh_from_db()
        return self.message.status

    def test_page_says_what_may_be_decided(self) -> None:
        page = self.client.get(detail(self.message))
        for words in ("Try again", "Treat as sent", "Give up", "the person may get it twice"):
            self.assertContains(page, words)

    def test_what_is_treated_as_sent_says_so_and_yields_to_proof(self) -> None:
        self.assertIn("counts as sent", self.told(self.press("sent")))
        self.assertEqual((self.state(), self.message.sent_at), ("SENT", None))
        page = self.client.get(detail(self.message))
        self.assertContains(page, "An operator treats it as sent")
        self.assertContains(page, "Treated as sent by an operator")
        apply_statuses([self.status(self.attempt, "failed", timestamp=timezone.now(), errors=({"code": 131026},))])
        self.assertEqual(self.state(), "FAILED")

    def test_what_is_given_up_yields_to_proof_too(self) -> None:
        self.press("given-up")
        self.assertEqual(self.state(), "CANCELLED")
        apply_statuses([self.status(self.attempt, "sent", timestamp=timezone.now())])
        self.assertEqual(self.state(), "SENT")

    def test_what_is_known_is_not_decided(self) -> None:
        apply_statuses([self.status(self.attempt, "delivered", timestamp=timezone.now())])
        self.assertIn(f"Notification {self.message.pk} is delivered", self.told(self.press("sent")))
        self.assertEqual(self.state(), "DELIVERED")
        self.assertNotContains(self.client.get(detail(self.message)), "Treat as sent")

    def test_whoever_may_only_view_decides_nothing(self) -> None:
        self.sign_in_with("view_notification")
        self.assertNotContains(self.client.get(detail(self.message)), "Treat as sent")
        self.assertEqual([self.press(word).status_code for word in ("sent", "given-up")], [403, 403])
        self.assertEqual(self.state(), "UNCERTAIN")

    def test_list_counts_and_finds_what_waits_for_a_decision(self) -> None:
        page = self.client.get(LIST, {"proof": "uncertain"})
        self.assertContains(page, "Uncertain: decide (1)")
        self.assertContains(page, "Sent again without proof (0)")
        self.assertEqual([row.pk for row in page.context["cl"].result_list], [self.message.pk])
        self.client.post(LIST, {"action": "give_up", "_selected_action": [self.message.pk]})
        self.assertEqual(self.state(), "CANCELLED")
        self.assertEqual(len(self.client.get(LIST, {"proof": "unproven"}).context["cl"].result_list), 0)


class HoldTests(InTheAdmin):
    def test_list_counts_and_finds_what_waits_for_something(self) -> None:
        message = self.delivered()
        approve("withdrawal_processed")
        self.delivered(template_name="withdrawal_processed")
        page = self.client.get(LIST, {"hold": "template"})
        self.assertContains(page, "The template (1)")
        self.assertEqual([row.pk for row in page.context["cl"].result_list], [message.pk])

    def test_story_says_since_when_it_waits_and_what_lets_it_go(self) -> None:
        page = self.client.get(detail(self.delivered()))
        self.assertContains(page, "Since <time")
        self.assertContains(page, "It goes as soon as Meta approves the template")
        self.assertContains(page, "Set aside")

    def test_held_message_is_tried_now_at_an_operators_word(self) -> None:
        message = self.delivered()
        self.assertContains(self.client.get(detail(message)), "Try now")
        approve()
        self.client.post(reverse("admin:notifications_notification_retry", args=(message.pk,)))
        deliver()
        message.refresh_from_db()
        self.assertEqual(message.status, "SENT")

    def test_blockade_is_shown_and_lifted(self) -> None:
        approve()
        self.meta.handler = lambda request: graph_error(131042)
        self.deposit_message()
        deliver()
        page = self.client.get(BLOCKADES)
        self.assertContains(page, "Payment failed")
        self.assertContains(page, '<td class="field-waiting">1</td>')
        self.meta.handler = self.accept
        self.client.post(BLOCKADES, {"action": "lift", "_selected_action": [Blockade.objects.get().pk]})
        deliver()
        self.assertEqual((Notification.objects.get().status, Blockade.objects.count()), ("SENT", 0))
        self.assertEqual(OperatorAlert.objects.get().resolved_by, self.operator.get_username())


class FrontPageTests(InTheAdmin):
    def counts(self) -> dict[str, int]:
        tiles = self.client.get(INDEX).context["tiles"]
        return {tile["label"]: tile["count"] for tile in tiles if tile["count"]}

    def test_panel_counts_todays_messages_by_status(self) -> None:
        approve()
        self.delivered("read")
        self.failed()
        old = self.delivered("read")
        self.deposit_message()
        self.assertEqual(self.counts(), {"Read": 2, "Failed": 1, "Waiting": 1})
        Notification.objects.filter(pk__lte=old.pk).update(created_at=timezone.now() - timedelta(days=2))
        self.assertEqual(self.counts(), {"Waiting": 1})

    def test_missing_credentials_are_named_with_a_link(self) -> None:
        self.assertNotContains(self.client.get(INDEX), "Messages wait")
        with override_settings(WHATSAPP_ACCESS_TOKEN=""):
            page = self.client.get(INDEX)
        self.assertContains(page, "Messages wait: Access Token missing.")
        self.assertContains(page, reverse("admin:integrations_whatsappconfig_add"))

    def test_unreadable_secret_is_told_and_does_not_break_the_page(self) -> None:
        WhatsAppConfig.objects.create(phone_number_id="1", access_token="EAAx", is_active=True)
        with override_settings(FIELD_ENCRYPTION_KEYS=["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]):
            self.assertContains(self.client.get(INDEX), "FIELD_ENCRYPTION_KEYS")

    def test_panel_is_for_those_who_may_see_messages(self) -> None:
        self.sign_in_with("view_tenant")
        self.assertNotContains(self.client.get(INDEX), "Messages today")
        self.client.force_login(self.operator)
        self.assertContains(self.client.get(INDEX), "Messages today")

    def test_pages_carry_no_inline_script_or_style(self) -> None:
        approve()
        message = self.failed()
        for url in (INDEX, LIST, detail(message)):
            page = self.client.get(url).content.decode()
            self.assertNotRegex(page, r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=")


class ContactTests(InTheAdmin):
    def typed(self, **changes: object) -> dict[str, object]:
        return {"tenant": default_tenant().pk, "name": "Tariro", "phone": "077 123 4567", "language": "en_US"} | changes

    def test_number_is_normalised_and_consent_is_dated(self) -> None:
        url = reverse("admin:notifications_contact_add")
        self.assertEqual(self.client.post(url, self.typed(marketing_consent="on")).status_code, 302)
        contact = Contact.objects.get()
        self.assertEqual((contact.phone, contact.bsuid), (PHONE, None))
        self.assertIsNotNone(contact.marketing_consent_at)
        self.client.post(reverse("admin:notifications_contact_change", args=(contact.pk,)), self.typed())
        contact.refresh_from_db()
        self.assertIsNone(contact.marketing_consent_at)

    def test_bad_number_and_a_number_that_is_there_already_are_refused_in_words(self) -> None:
        url = reverse("admin:notifications_contact_add")
        self.assertContains(self.client.post(url, self.typed(phone="12")), "digits for country code +263")
        Contact.objects.create(tenant=default_tenant(), phone=PHONE)
        self.assertContains(self.client.post(url, self.typed()), "already exists")

    def test_contacts_without_a_number_do_not_collide(self) -> None:
        url = reverse("admin:notifications_contact_add")
        for name in ("Tariro", "Farai"):
            self.assertEqual(self.client.post(url, self.typed(name=name, phone="")).status_code, 302)

    def test_shelved_statuses_are_shown_and_not_edited(self) -> None:
        row = ShelvedStatus.objects.create(wamid="wamid.9", kind="read", at=timezone.now())
        url = reverse("admin:notifications_shelvedstatus_change", args=(row.pk,))
        self.assertContains(self.client.get(url), "wamid.9")
        self.assertEqual(self.client.post(url, {"kind": "sent"}).status_code, 403)
