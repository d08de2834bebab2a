"""An operator reads a conversation and answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from notifications.gates import OPERATOR_REPLY
from notifications.models import Contact, InboundMessage, Notification
from notifications.tests.outside import DEPOSIT, PHONE, DeliveryTestCase, approve
from notifications.tests.test_inbound import EVERY_TYPE, MEDIA, incoming, receive


@override_settings(WHATSAPP_READ_RECEIPTS=False)
class ConversationTestCase(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        receive(incoming(content={"body": "Where is my money?"}))
        self.contact = Contact.objects.get()
        self.sign_in("read_conversation", "answer_person", "view_contact", "view_inboundmessage")

    def sign_in(self, *permissions: str) -> None:
        user = get_user_model().objects.create_user(f"+26377200000{len(permissions)}", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        self.client.force_login(user)

    def page(self, **query: Any) -> str:
        answer = self.client.get(reverse("admin:notifications_contact_conversation", args=(self.contact.pk,)), query)
        self.assertEqual(answer.status_code, 200)
        return answer.content.decode()

    def answer(self, **form: str) -> str:
        url = reverse("admin:notifications_contact_answer", args=(self.contact.pk,))
        known = {"nonce": "1", "text": "It is on its way."}
        return self.client.post(url, known | form, follow=True).content.decode()

    def close(self) -> None:
        Contact.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))


class ReadingTestCase(ConversationTestCase):
    def test_both_sides_stand_in_the_order_of_time(self) -> None:
        self.deposit_message()
        page = self.page()
        self.assertLess(page.index("Where is my money?"), page.index(DEPOSIT["amount_with_currency"]))
        self.assertIn("Open until", page)
        self.assertNotIn(PHONE, page)

    def test_every_type_is_shown(self) -> None:
        for kind, (content, _, _) in EVERY_TYPE.items():
            receive(incoming(kind, content, wamid=f"wamid.{kind}"))
        page = self.page()
        for words in ("My card", "Voice message", "Harare", "Rudo", "👍", "Deleted a message", "being fetched"):
            self.assertIn(words, page)

    def test_markup_of_a_person_stays_text(self) -> None:
        receive(incoming(content={"body": "<script>alert(1)</script>"}, wamid="wamid.2"))
        self.assertNotIn("<script>alert", self.page())

    def test_earlier_messages_are_a_page_away(self) -> None:
        now = timezone.now()
        events = [
            incoming(content={"body": f"no {n}."}, wamid=f"w{n}", timestamp=now - timedelta(minutes=n))
            for n in range(1, 100)
        ]
        receive(*events)
        page = self.page()
        self.assertIn("no 10.", page)
        self.assertNotIn("no 90.", page)
        self.assertIn("no 90.", self.page(before=(now - timedelta(minutes=60)).isoformat()))

    def test_reading_and_answering_are_permissions_of_their_own(self) -> None:
        self.sign_in("view_contact")
        url = reverse("admin:notifications_contact_conversation", args=(self.contact.pk,))
        self.assertEqual(self.client.get(url).status_code, 403)
        self.sign_in("read_conversation", "view_contact")
        self.assertIn("ask for the permission", self.page())
        self.assertIn("403", self.answer())
        self.assertFalse(Notification.objects.exists())

    def test_the_list_of_messages_leads_to_conversations(self) -> None:
        answer = self.client.get(reverse("admin:notifications_inboundmessage_changelist"))
        self.assertContains(answer, reverse("admin:notifications_contact_conversation", args=(self.contact.pk,)))
        row = InboundMessage.objects.get()
        detail = self.client.get(reverse("admin:notifications_inboundmessage_change", args=(row.pk,)))
        self.assertContains(detail, "Where is my money?")


class OperatorAnswersTestCase(ConversationTestCase):
    def test_an_answer_goes_through_the_outbox_once(self) -> None:
        for _ in range(2):
            self.answer()
        message = Notification.objects.get()
        self.assertEqual((message.event, message.body), (OPERATOR_REPLY, "It is on its way."))

    def test_an_empty_answer_is_refused_in_words(self) -> None:
        self.assertIn("may not be empty", self.answer(text=" "))

    def test_a_closed_window_is_explained_and_a_template_goes(self) -> None:
        approve("deposit_confirmed", "otp_verification")
        self.close()
        page = self.page()
        self.assertIn("The window is closed", page)
        self.assertNotIn("otp_verification", page)
        self.assertIn("template instead", self.answer())
        self.assertIn("transaction_id", self.page(template="deposit_confirmed"))
        form = {f"variable-{name}": value for name, value in DEPOSIT.items()}
        self.answer(template="deposit_confirmed", nonce="2", **form)
        self.assertEqual(Notification.objects.get().template_parameters, DEPOSIT)

    def test_codes_are_never_sent_by_hand(self) -> None:
        self.answer(template="otp_verification", **{"variable-code": "123456"})
        self.assertFalse(Notification.objects.exists())


class MediaPagesTestCase(ConversationTestCase):
    def serve(self, kind: str, mime: str) -> Any:
        receive(incoming(kind, MEDIA | {"mime_type": mime, "filename": "../x.html"}, wamid=f"wamid.{mime}"))
        row = InboundMessage.objects.get(wamid=f"wamid.{mime}")
        row.media_file = default_storage.save("inbound/file", ContentFile(b"content"))
        self.addCleanup(default_storage.delete, row.media_file.name)
        row.media_state = "fetched"
        row.save()
        return self.client.get(reverse("admin:notifications_inboundmessage_media", args=(row.pk,)))

    def test_a_file_is_saved_and_a_picture_shown_and_nothing_runs(self) -> None:
        for kind, mime, disposition in (
            ("document", "text/html", "attachment"),
            ("image", "image/svg+xml", "attachment"),
            ("image", "image/png", "inline"),
        ):
            with self.subTest(mime):
                answer = self.serve(kind, mime)
                self.assertTrue(answer["Content-Disposition"].startswith(disposition))
                self.assertEqual(answer["X-Content-Type-Options"], "nosniff")
                self.assertIn("sandbox", answer["Content-Security-Policy"])
                self.assertEqual(b"".join(answer), b"content")

    def test_files_are_for_those_who_may_read(self) -> None:
        self.serve("image", "image/png")
        self.sign_in()
        row = InboundMessage.objects.get(media_state="fetched")
        url = reverse("admin:notifications_inboundmessage_media", args=(row.pk,))
        self.assertEqual(self.client.get(url).status_code, 403)
