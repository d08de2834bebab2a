"""What people send is kept once, whatever it is, and forgotten when they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import TestCase, override_settings
from django.utils import timezone

from integrations.signals import message_received
from integrations.whatsapp.webhooks import IncomingMessage
from notifications import erasing, people, retention
from notifications.exporting import export
from notifications.models import Contact, InboundMessage
from notifications.tests.outside import NUMBER_ID, PHONE

MEDIA = {"id": "media.1", "mime_type": "image/jpeg", "sha256": "c2hh"}
#: Type -> Meta's object, the words that a person reads, the payload of what was tapped.
EVERY_TYPE: dict[str, tuple[Any, str, str]] = {
    "text": ({"body": "Balance"}, "Balance", ""),
    "image": (MEDIA | {"caption": "My card"}, "My card", ""),
    "video": (MEDIA, "", ""),
    "audio": (MEDIA | {"voice": True}, "", ""),
    "document": (MEDIA | {"filename": "id.pdf", "caption": "My id"}, "My id", ""),
    "sticker": (MEDIA | {"animated": False}, "", ""),
    "location": ({"latitude": -17.8, "longitude": 31.05, "name": "Harare"}, "Harare", ""),
    "contacts": ([{"name": {"formatted_name": "Rudo"}, "phones": [{"phone": "+263"}]}], "Rudo", ""),
    "reaction": ({"message_id": "wamid.OUT", "emoji": "👍"}, "👍", ""),
    "button": ({"payload": "STOP-A-19", "text": "Stop"}, "Stop", "STOP-A-19"),
    "interactive": ({"type": "list_reply", "list_reply": {"id": "r1", "title": "Harare"}}, "Harare", "r1"),
    "order": ({"catalog_id": "1", "text": "Please", "product_items": []}, "Please", ""),
    "system": ({"body": "changed", "type": "user_changed_number"}, "changed", ""),
    "edit": ({"original_message_id": "wamid.1", "message": {}}, "", ""),
    "revoke": ({"original_message_id": "wamid.1"}, "", ""),
    "request_welcome": ({}, "", ""),
    "unsupported": ({"type": "poll"}, "", ""),
    "unheard_of": ({"body": "?"}, "", ""),
}


def incoming(kind: str = "text", content: Any = None, *, wamid: str = "wamid.IN", **changes: Any) -> IncomingMessage:
    body = {"id": wamid, "type": kind, kind: {"body": "Balance"} if content is None else content}
    known: dict[str, Any] = {
        "wamid": wamid,
        "phone_number_id": NUMBER_ID,
        "sender": PHONE.removeprefix("+"),
        "profile_name": "Tariro",
        "type": kind,
        "timestamp": timezone.now(),
        "body": body | changes.pop("more", {}),
    }
    return IncomingMessage(**known | changes)


def receive(*events: IncomingMessage) -> None:
    message_received.send(sender=None, events=events)


class KeepingTestCase(TestCase):
    def test_every_type_is_kept_with_what_a_person_reads_of_it(self) -> None:
        for kind, (content, text, choice) in EVERY_TYPE.items():
            with self.subTest(kind):
                receive(incoming(kind, content, wamid=f"wamid.{kind}"))
                row = InboundMessage.objects.get(wamid=f"wamid.{kind}")
                self.assertEqual((row.type, row.text, row.choice), (kind, text, choice))
                self.assertEqual(row.payload[kind], content)
                self.assertEqual(row.contact.phone, PHONE)

    def test_a_message_that_comes_twice_is_kept_once(self) -> None:
        receive(incoming(), incoming())
        receive(incoming())
        self.assertEqual(InboundMessage.objects.count(), 1)

    def test_files_wait_to_be_fetched_and_nothing_else_does(self) -> None:
        for kind, (content, _, _) in EVERY_TYPE.items():
            receive(incoming(kind, content, wamid=f"wamid.{kind}"))
        waiting = set(InboundMessage.objects.filter(media_state="waiting").values_list("type", flat=True))
        self.assertEqual(waiting, {"image", "video", "audio", "document", "sticker"})

    def test_a_message_knows_what_it_answers(self) -> None:
        receive(incoming(more={"context": {"id": "wamid.OUT", "from": "1"}}))
        self.assertEqual(InboundMessage.objects.get().context_wamid, "wamid.OUT")

    def test_what_no_person_said_is_never_answered(self) -> None:
        silent = ("reaction", "system", "edit", "revoke", "unsupported", "unheard_of")
        for kind in silent:
            receive(incoming(kind, EVERY_TYPE[kind][0], wamid=f"wamid.{kind}"))
        receive(incoming(wamid="wamid.group", more={"group_id": "1"}), incoming(wamid="wamid.nobody", sender=""))
        self.assertFalse(InboundMessage.objects.filter(handled_at=None).exists())

    def test_somebody_without_a_number_is_known_by_their_id(self) -> None:
        receive(incoming(sender="", sender_user_id="ZW.1349120865530274"))
        self.assertEqual(InboundMessage.objects.get().contact.bsuid, "ZW.1349120865530274")

    def test_malformed_content_is_kept_as_it_came(self) -> None:
        for number, content in enumerate((None, [], "text", 7, {"body": {"a": 1}})):
            body = {"id": f"w{number}", "type": "text", "text": content}
            receive(incoming(wamid=f"w{number}", more=body))
        self.assertEqual(InboundMessage.objects.count(), 5)


class ForgettingTestCase(TestCase):
    def test_an_export_holds_what_the_person_wrote(self) -> None:
        receive(incoming())
        [said] = export(people.find(PHONE))["inbound_messages"]
        self.assertEqual(said["text"], "Balance")

    def test_an_erasure_leaves_nothing_that_tells_of_the_person(self) -> None:
        receive(incoming("document", EVERY_TYPE["document"][0]))
        counts = erasing.erase(people.find(PHONE))
        self.assertEqual(counts["inbound_messages"], 1)
        row = InboundMessage.objects.get()
        self.assertEqual((row.contact, row.text, row.payload, row.media_name, row.media_id), (None, "", {}, "", ""))
        self.assertTrue(row.wamid.startswith("~"))
        self.assertFalse(Contact.objects.exists())
        self.assertNotIn("inbound_messages", {k for k, v in erasing.erase(people.find(PHONE)).items() if v})

    @override_settings(RETENTION_DAYS=30)
    def test_old_messages_lose_their_text(self) -> None:
        receive(incoming(wamid="wamid.old"), incoming(wamid="wamid.new"))
        InboundMessage.objects.filter(wamid="wamid.old").update(received_at=timezone.now() - timedelta(days=31))
        report = retention.blank_expired()
        self.assertEqual(report.counts["inbound_messages"], 1)
        self.assertEqual(sorted(InboundMessage.objects.values_list("text", flat=True)), ["", "Balance"])
