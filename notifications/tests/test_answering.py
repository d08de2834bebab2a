"""A person writes, and what comes back: once, and only to those whom it may reach."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.test import override_settings
from django.utils import timezone

from integrations.tests.graph_server import graph_error
from notifications import commands, read_receipts
from notifications.answering import MAX_TRIES, answer_open
from notifications.commands import Asked
from notifications.delivery import deliver
from notifications.gates import OPERATOR_REPLY
from notifications.models import Contact, InboundMessage, Notification
from notifications.tests.outside import NUMBER_ID, PHONE, DeliveryTestCase, approve
from notifications.tests.test_inbound import incoming, receive
from tenants.services import default_tenant


@override_settings(WHATSAPP_READ_RECEIPTS=False)
class AnsweringTestCase(DeliveryTestCase):
    count = 0

    def says(self, text: str = "", **changes: Any) -> InboundMessage:
        type(self).count += 1
        wamid = f"wamid.{type(self).__name__}.{self.count}"
        receive(incoming(content={"body": text}, wamid=wamid, **changes))
        answer_open()
        return InboundMessage.objects.get(wamid=wamid)

    def replies(self) -> list[str]:
        return list(Notification.objects.order_by("pk").values_list("body", flat=True))

    def contact(self) -> Contact:
        return Contact.objects.get(phone=PHONE)


class CommandsTestCase(AnsweringTestCase):
    def test_help_offers_buttons(self) -> None:
        row = self.says("Help")
        message = Notification.objects.get()
        self.assertEqual((row.handled_by, message.message_type), ("HELP", "interactive"))
        ids = [one["reply"]["id"] for one in message.content["action"]["buttons"]]
        self.assertIn("command:BALANCE", ids)

    def test_the_answer_speaks_the_language_of_the_question(self) -> None:
        self.says("¡Ayuda!")
        self.says("aide")
        self.assertIn("Puedes", self.replies()[0])
        self.assertIn("Vous pouvez", self.replies()[1])

    def test_the_contact_s_language_counts_for_english_words(self) -> None:
        Contact.objects.create(tenant=default_tenant(), phone=PHONE, language="fr")
        self.says("STOP")
        self.assertIn("C'est fait", self.replies()[0])

    def test_a_redelivery_is_answered_once(self) -> None:
        for _ in range(3):
            receive(incoming(content={"body": "help"}))
            answer_open()
        self.assertEqual(Notification.objects.count(), 1)

    def test_a_tapped_button_counts_by_its_payload(self) -> None:
        tap = {"type": "button_reply", "button_reply": {"id": "command:HELP", "title": "Whatever"}}
        receive(incoming("interactive", tap))
        receive(incoming("button", {"payload": "STOP", "text": "No more"}, wamid="wamid.2"))
        answer_open()
        self.assertEqual(
            list(InboundMessage.objects.order_by("pk").values_list("handled_by", flat=True)), ["HELP", "STOP"]
        )

    def test_several_questions_in_a_row_are_quoted(self) -> None:
        receive(incoming(content={"body": "help"}, wamid="wamid.1"))
        receive(incoming(content={"body": "aide"}, wamid="wamid.2"))
        answer_open()
        self.assertEqual(list(Notification.objects.order_by("pk").values_list("reply_to", flat=True)), ["wamid.1", ""])

    def test_a_reply_leaves_as_meta_wants_it(self) -> None:
        self.says("help")
        deliver()
        [payload] = self.sent()
        self.assertEqual((payload["type"], payload["interactive"]["type"]), ("interactive", "button"))

    def test_yesterday_s_question_is_not_answered(self) -> None:
        row = self.says("help", timestamp=timezone.now() - timedelta(hours=24))
        self.assertEqual((row.handled_by, self.replies()), ("too late to answer", []))

    def test_a_command_of_a_domain_takes_words_and_may_stay_silent(self) -> None:
        heard: list[str] = []

        @commands.command("STOCK", keywords={"en": ["stock"]}, takes_argument=True)
        def stock(asked: Asked) -> None:
            heard.append(asked.argument)

        self.addCleanup(commands.unregister, "STOCK")
        self.says("Stock riz")
        self.assertEqual((heard, self.replies()), (["riz"], []))

    def test_a_command_that_raises_is_parked_and_stops_nobody_else(self) -> None:
        @commands.command("BREAK", keywords={"en": ["break it"]})
        def break_it(asked: Asked) -> str:
            asked.contact.name = "changed"
            asked.contact.save()
            raise RuntimeError(PHONE)

        self.addCleanup(commands.unregister, "BREAK")
        row = self.says("break it")
        self.says("help")
        for _ in range(MAX_TRIES):
            InboundMessage.objects.filter(pk=row.pk).update(due_at=timezone.now())
            answer_open()
        row.refresh_from_db()
        self.assertEqual((row.handled_by, row.tries, len(self.replies())), ("parked", MAX_TRIES, 1))
        self.assertIn("RuntimeError", row.error)
        self.assertNotIn(PHONE, row.error)
        self.assertNotEqual(self.contact().name, "changed")

    def test_a_keyword_belongs_to_one_command(self) -> None:
        with self.assertRaises(ValueError):
            commands.command("AGAIN", keywords={"en": ["stop"]})(lambda asked: None)


class ReadReceiptsTestCase(AnsweringTestCase):
    def test_a_command_is_marked_as_read_and_nothing_else_is(self) -> None:
        with patch("notifications.read_receipts.send") as send:
            row = self.says("help")
            self.says("hello")
        send.assert_called_once_with(row.wamid, NUMBER_ID)

    def test_a_setting_turns_them_off_and_a_refusal_harms_nobody(self) -> None:
        self.assertIsNone(read_receipts.send("wamid.1", NUMBER_ID))
        with override_settings(WHATSAPP_READ_RECEIPTS=True):
            self.meta.answer(graph_error(131009))
            read_receipts.send("wamid.1", NUMBER_ID).join(10)
        [asked] = self.sent()
        self.assertEqual((asked["status"], asked["message_id"]), ("read", "wamid.1"))
        self.assertEqual(asked["typing_indicator"], {"type": "text"})


class StoppingTestCase(AnsweringTestCase):
    def setUp(self) -> None:
        super().setUp()
        approve("deposit_confirmed", "otp_verification")

    def outcome(self) -> tuple[str, str]:
        message = self.deposit_message()
        deliver()
        message.refresh_from_db()
        return message.status, message.error_message

    def test_the_first_stop_ends_marketing_alone(self) -> None:
        self.says("Stop")
        self.assertIsNotNone(self.contact().marketing_stopped_at)
        self.assertEqual(self.outcome()[0], "SENT")

    def test_the_second_stop_ends_everything_but_codes_and_answers(self) -> None:
        self.says("Stop")
        self.says("STOP")
        status, reason = self.outcome()
        self.assertEqual(status, "SKIPPED")
        self.assertIn("until they write START", reason)
        self.says("help")
        deliver()
        self.assertEqual(self.sent()[-1]["type"], "interactive")

    def test_start_restores(self) -> None:
        for word in ("stop", "stop", "start"):
            self.says(word)
        contact = self.contact()
        self.assertEqual(
            (contact.stop_said_at, contact.messages_stopped_at, contact.marketing_stopped_at), (None, None, None)
        )
        self.assertEqual(self.outcome()[0], "SENT")

    def test_a_tenant_may_let_one_stop_end_everything(self) -> None:
        tenant = default_tenant()
        tenant.stop_ends_everything = True
        tenant.save()
        self.says("stop")
        self.assertEqual(self.outcome()[0], "SKIPPED")

    @override_settings(REPLIES_PER_MINUTE=1)
    def test_a_stop_counts_also_where_no_reply_may_go(self) -> None:
        self.says("help")
        row = self.says("stop")
        self.assertEqual(row.handled_by, "STOP, too many replies")
        self.assertIsNotNone(self.contact().marketing_stopped_at)


class StrangersTestCase(AnsweringTestCase):
    def test_a_stranger_is_told_once(self) -> None:
        for text in ("Hello", "Anybody?", "???"):
            self.says(text)
        self.assertEqual(len(self.replies()), 1)
        self.assertIn("HELP", self.replies()[0])

    def test_a_tenant_may_stay_silent(self) -> None:
        tenant = default_tenant()
        tenant.answers_strangers = False
        tenant.save()
        self.says("Hello")
        self.assertEqual(self.replies(), [])

    def test_nobody_is_told_while_an_operator_talks_with_them(self) -> None:
        Notification.objects.create(
            tenant=default_tenant(), event=OPERATOR_REPLY, recipient_phone=PHONE, expires_at=timezone.now()
        )
        self.says("Thank you")
        self.assertEqual(Notification.objects.count(), 1)

    @override_settings(REPLIES_PER_MINUTE=3)
    def test_a_machine_at_the_other_end_gets_few_replies(self) -> None:
        for _ in range(10):
            self.says("help")
        self.assertEqual(len(self.replies()), 3)

    def test_somebody_without_a_number_gets_none_but_their_stop_counts(self) -> None:
        row = self.says("stop", sender="", sender_user_id="ZW.1349120865530274")
        self.assertEqual((row.handled_by, self.replies()), ("STOP, no number to answer", []))
        self.assertIsNotNone(Contact.objects.get().marketing_stopped_at)
