"""A conversation as two people would see it: what they wrote and what we sent, in one line of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from integrations import previews
from integrations.whatsapp_templates import get_template_structure
from notifications import story
from notifications.gates import OPERATOR_REPLY, REPLY, WINDOW, WINDOW_MARGIN
from notifications.models import Contact, InboundMessage, Notification
from notifications.pseudonyms import is_pseudonym
from notifications.states import State

PAGE = 60
_NAMES = {
    "image": "Picture", "video": "Video", "audio": "Voice message", "document": "Document", "sticker": "Sticker",
    "location": "Location", "contacts": "Contact card", "reaction": "Reaction", "order": "Order",
    "system": "System message", "edit": "Edited a message", "revoke": "Deleted a message",
    "unsupported": "A kind of message that Meta does not pass on", "request_welcome": "Opened the chat",
}  # fmt: skip
_WHO = {REPLY: "answered by itself", OPERATOR_REPLY: "an operator"}


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message. `parts` are `(kind, text)`; `note` says who wrote or took it up, `warning` what went wrong."""

    at: datetime
    ours: bool
    parts: Sequence[tuple[str, str]]
    note: str = ""
    warning: str = ""
    quoted: str = ""
    tone: str = ""
    status: str = ""
    notification_id: int = 0
    inbound: InboundMessage | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Whether free text reaches the person, until when, or since when not; `last` is when they last wrote."""

    last: datetime | None
    now: datetime = field(default_factory=timezone.now)

    @property
    def closes_at(self) -> datetime | None:
        return self.last + WINDOW - WINDOW_MARGIN if self.last else None

    @property
    def is_open(self) -> bool:
        return self.closes_at is not None and self.now < self.closes_at

    @property
    def left(self) -> timedelta:
        return self.closes_at - self.now if self.closes_at else timedelta()


def window_of(contact: Contact) -> Window:
    """A window is open whichever tenant's contact the person is."""
    if not contact.phone:
        return Window(contact.last_inbound_at)
    return Window(Contact.objects.filter(phone=contact.phone).aggregate(last=Max("last_inbound_at"))["last"])


def bubbles(contact: Contact, before: datetime | None = None) -> tuple[list[Bubble], datetime | None]:
    """The latest PAGE messages of before that moment, oldest first, and the moment to go on from; None at the end."""
    sent = Notification.objects.filter(tenant=contact.tenant, recipient_phone=contact.phone or None)
    said = InboundMessage.objects.filter(contact=contact)
    if before:
        sent, said = sent.filter(created_at__lt=before), said.filter(at__lt=before)
    ours, theirs = list(sent.order_by("-id")[: PAGE + 1]), list(said.order_by("-at", "-id")[: PAGE + 1])
    texts = {one.wamid: one.text for one in theirs if one.text}
    texts |= {one.whatsapp_message_id: _short(one) for one in ours if one.whatsapp_message_id}
    found = sorted([*_ours(ours, texts), *_theirs(theirs, texts)], key=lambda one: one.at)
    earlier = found[-PAGE].at if len(found) > PAGE else None
    return found[-PAGE:], earlier


def _ours(messages: Iterable[Notification], texts: dict[str, str]) -> Iterator[Bubble]:
    for one in messages:
        state = State(one.status)
        yield Bubble(
            at=one.created_at,
            ours=True,
            parts=[] if is_pseudonym(one.recipient_phone) else story.wording(one),
            note=_WHO.get(one.event, one.template_name or one.event),
            warning=one.error_message,
            quoted=texts.get(one.reply_to, "") if one.reply_to else "",
            tone=story.TONES[state],
            status=one.get_status_display(),
            notification_id=one.pk,
        )


def _theirs(messages: Iterable[InboundMessage], texts: dict[str, str]) -> Iterator[Bubble]:
    for one in messages:
        shown = one.media_state == InboundMessage.Media.FETCHED
        named = "" if shown else _NAMES.get(one.type, "" if one.text else one.type)
        parts = [("kind", named), ("body", one.text)]
        yield Bubble(
            at=one.at,
            ours=False,
            parts=[(kind, text) for kind, text in parts if text],
            note=_taken_up(one),
            warning="No command could answer it; its page holds the error." if one.handled_by == "parked" else "",
            quoted=texts.get(one.context_wamid, "") if one.context_wamid else "",
            inbound=one,
        )


def _taken_up(one: InboundMessage) -> str:
    return one.handled_by if one.handled_by.isupper() else ""


def _short(message: Notification) -> str:
    if message.body:
        return message.body
    return message.template_name.replace("_", " ").capitalize()


def preview(template: str) -> list[tuple[str, str]]:
    """The template as the person will read it, with `[names]` where an operator fills in; `(kind, text)` by part."""
    structure = get_template_structure(template)
    if structure is None:
        return []
    return previews.filled(previews.texts(structure["components"]), [f"[{name}]" for name in structure["variables"]])


def variables_of(template: str) -> list[str]:
    """What an operator fills in; nothing for templates that are not defined here."""
    structure = get_template_structure(template)
    return list(structure["variables"]) if structure else []
