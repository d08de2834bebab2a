"""A person writes, and what they get. Functions, not a TestCase: `manage.py test` has no `cloud_api`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from integrations.services import WhatsAppClient
from integrations.whatsapp.interactive import Button, Buttons, Menu, Row, Section
from notifications import media, read_receipts
from notifications.answering import answer_open
from notifications.content import Address, InteractiveContent, MediaContent, TextContent
from notifications.delivery import deliver
from notifications.models import Contact, InboundMessage, Notification
from notifications.services import notify
from notifications.tests.outside import PHONE
from notifications.tests.test_on_the_sandbox import deposit, meta, take_webhooks  # noqa: F401 (a fixture)
from users.models import User
from wallets import services

pytestmark = pytest.mark.django_db
PNG, PDF, OGG = b"\x89PNG\r\n\x1a\n" + bytes(60), b"%PDF-1.4\n%%EOF\n", b"OggS" + bytes(60)


@pytest.fixture(autouse=True)
def _quiet(settings: Any, tmp_path: Path) -> None:
    settings.WHATSAPP_READ_RECEIPTS = False
    settings.MEDIA_ROOT = tmp_path


def answer(meta: Any, client: Any) -> None:  # noqa: F811
    take_webhooks(meta, client)
    answer_open()
    deliver()
    take_webhooks(meta, client)


def test_balance_is_answered_once(meta: Any, client: Any) -> None:  # noqa: F811
    owner = User.objects.create_user(PHONE, first_name="Tariro", phone_verified_at=timezone.now())
    services.open_wallet(owner, "USD")
    person = meta.person(PHONE, "Tariro")
    person.says("Balanse?")
    for _ in range(2):
        answer(meta, client)
    assert "USD 0.00" in person.inbox.one().text
    assert Notification.objects.get(event="reply").status == "READ"


def test_a_tap_on_a_help_button_counts(meta: Any, client: Any) -> None:  # noqa: F811
    person = meta.person(PHONE)
    person.says("help")
    answer(meta, client)
    person.taps("Balance")
    answer(meta, client)
    assert "verified" in person.inbox.last.text


def test_a_chosen_row_comes_back_by_its_id(meta: Any, client: Any) -> None:  # noqa: F811
    person = meta.person(PHONE)
    person.says("hello")
    answer(meta, client)
    menu = Menu("Choose", [Section([Row("HELP", "Show me"), Row("r2", "Never mind", "Later")])])
    notify("test", to=Address(phone=PHONE), content=InteractiveContent("What now?", menu, footer="Ovii"))
    deliver()
    person.chooses("Show me")
    answer(meta, client)
    assert InboundMessage.objects.latest("pk").handled_by == "HELP"


def test_stop_twice_leaves_codes_alone(meta: Any, client: Any) -> None:  # noqa: F811
    person = meta.person(PHONE)
    for _ in range(2):
        person.says("Stop")
        answer(meta, client)
    message = deposit()
    deliver()
    message.refresh_from_db()
    assert message.status == "SKIPPED"
    assert "START" in person.inbox.last.text
    assert len(list(person.inbox)) == 2


def test_a_stranger_is_told_once(meta: Any, client: Any) -> None:  # noqa: F811
    person = meta.person(PHONE)
    person.says("Hello")
    answer(meta, client)
    person.says("Hello?")
    person.reacts("👍")
    answer(meta, client)
    assert "HELP" in person.inbox.one().text


def test_free_text_and_buttons_wait_for_nobody_whose_window_is_closed(meta: Any, client: Any) -> None:  # noqa: F811
    Contact.objects.create(tenant=deposit().tenant, phone=PHONE, last_inbound_at=timezone.now() - timedelta(hours=24))
    for content in (TextContent("Hi"), InteractiveContent("Hi", Buttons([Button("a", "Yes")]))):
        message = notify("test", to=Address(phone=PHONE), content=content)
        deliver()
        message.refresh_from_db()
        assert message.status == "SKIPPED"
        assert "send a template" in message.error_message


def test_a_message_is_marked_as_read(meta: Any, client: Any, settings: Any) -> None:  # noqa: F811
    settings.WHATSAPP_READ_RECEIPTS = True
    person = meta.person(PHONE)
    wamid = person.says("help")
    take_webhooks(meta, client)
    thread = read_receipts.send(wamid, "")
    assert thread is not None
    thread.join(10)
    assert person.said.last.status == "read"


@pytest.mark.parametrize(
    ("act", "content", "ending"),
    [("sends_picture", PNG, ".png"), ("sends_document", PDF, ".pdf"), ("sends_voice", OGG, ".ogg")],
)
def test_what_a_person_sends_is_fetched(meta: Any, client: Any, act: str, content: bytes, ending: str) -> None:  # noqa: F811
    getattr(meta.person(PHONE), act)(content)
    take_webhooks(meta, client)
    assert media.fetch_waiting() == 1
    row = InboundMessage.objects.get()
    assert (row.media_state, row.media_error, row.media_size) == ("fetched", "", len(content))
    assert row.media_file.read() == content
    assert row.media_file.name.endswith(ending)


def test_files_are_uploaded_and_sent(meta: Any, client: Any) -> None:  # noqa: F811
    person = meta.person(PHONE)
    person.says("hello")
    answer(meta, client)
    uploaded = WhatsAppClient().upload_media(PDF, "application/pdf", "statement.pdf")
    document = MediaContent("document", id=uploaded, caption="Your statement", filename="statement.pdf")
    message = notify("statement", to=Address(phone=PHONE), content=document)
    deliver()
    take_webhooks(meta, client)
    message.refresh_from_db()
    assert (message.status, message.message_type) == ("READ", "document")
    assert person.inbox.last.type == "document"
