"""What people send becomes rows, in the drain's transaction; commands and downloads take them up afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations import bell
from integrations.phone import InvalidPhoneNumber, to_e164
from integrations.whatsapp.lenient import items, mapping, text
from integrations.whatsapp.webhooks import (
    ChatOpened,
    FromPerson,
    IncomingMessage,
    MessageEdited,
    MessageReacted,
    MessageRevoked,
)
from notifications.models import Contact, InboundMessage
from tenants.services import default_tenant

#: Types that carry a file (Meta, Webhooks, messages).
FILES = frozenset({"image", "video", "audio", "document", "sticker"})
#: Types that a person sends; the others tell of something and are never answered.
SAID = FILES | {"text", "button", "interactive", "location", "contacts", "order", "request_welcome"}
#: Events with a signal of their own -> the type that Meta gives them.
TOLD: dict[type, str] = {
    MessageEdited: "edit",
    MessageRevoked: "revoke",
    MessageReacted: "reaction",
    ChatOpened: "request_welcome",
}
LONGEST_PAYLOAD = 64 * 1024
ANSWER, FETCH = "notifications.tasks.answer_people", "notifications.tasks.fetch_media"


def keep(events: Sequence[IncomingMessage], **_: Any) -> None:
    """Write a row for each message that is not known yet, and ring for those that want something done."""
    by_wamid = {event.wamid: event for event in events if event.wamid and event.wamid.isprintable()}
    for wamid in set(InboundMessage.objects.filter(wamid__in=by_wamid).values_list("wamid", flat=True)):
        del by_wamid[wamid]
    contacts: dict[tuple[str, str], Contact | None] = {}
    rows = []
    for event in by_wamid.values():
        person = (event.sender, event.sender_user_id)
        if person not in contacts:
            contacts[person] = contact_of(event)
        rows.append(_row(event, contacts[person]))
    if not rows:
        return
    InboundMessage.objects.bulk_create(rows, ignore_conflicts=True)
    transaction.on_commit(_ring_for_answers, robust=True)
    if any(row.media_state == InboundMessage.Media.WAITING for row in rows):
        transaction.on_commit(_ring_for_media, robust=True)


def keep_told(events: Sequence[FromPerson], **_: Any) -> None:
    """What a person did to messages, as lines of the same conversation."""
    keep(
        [
            IncomingMessage(
                event.wamid, event.phone_number_id, event.sender, event.sender_user_id, type=TOLD[type(event)],
                timestamp=event.timestamp, body=event.body,
            )
            for event in events
        ]
    )  # fmt: skip


def contact_of(event: IncomingMessage) -> Contact | None:
    """The sender as the default tenant's contact, new if need be; None where Meta names nobody."""
    tenant = default_tenant()
    try:
        phone = to_e164(f"+{event.sender}") if event.sender else ""
    except InvalidPhoneNumber:
        phone = ""
    known = {"phone": phone} if phone else {"bsuid": event.sender_user_id[:140]} if event.sender_user_id else None
    if known is None:
        return None
    contact, _ = Contact.objects.get_or_create(tenant=tenant, **known, defaults={"name": event.profile_name[:200]})
    return contact


def _row(event: IncomingMessage, contact: Contact | None) -> InboundMessage:
    now, body = timezone.now(), event.body
    kind = (event.type or "unknown")[:32]
    said, choice = words(kind, body)
    row = InboundMessage(
        tenant=contact.tenant if contact else default_tenant(),
        contact=contact,
        number=event.phone_number_id[:32],
        wamid=event.wamid[:255],
        type=kind,
        text=said,
        choice=choice[:256],
        context_wamid=text(mapping(body.get("context")).get("id"))[:255],
        payload=_bounded(body),
        at=_not_later(event.timestamp, now),
        due_at=now,
    )
    if kind in FILES:
        _expect_media(row, mapping(body.get(kind)), now)
    if kind not in SAID or contact is None or body.get("group_id"):
        row.handled_at, row.handled_by = now, "not a message to answer"
    return row


def _expect_media(row: InboundMessage, media: Mapping[str, Any], now: datetime) -> None:
    row.media_id = text(media.get("id"))[:64]
    row.media_mime, row.media_sha256 = text(media.get("mime_type"))[:100], text(media.get("sha256"))[:64]
    row.media_name = text(media.get("filename"))[:200]
    if row.media_id:
        row.media_state, row.media_due_at = InboundMessage.Media.WAITING, now
    else:
        row.media_state, row.media_error = InboundMessage.Media.FAILED, "Meta named no file to fetch."


def words(kind: str, body: Mapping[str, Any]) -> tuple[str, str]:
    """(what a person reads of a message, payload of what was tapped). Unknown kinds read as nothing."""
    content = body.get(kind)
    if kind == "interactive":
        tapped = mapping(content)
        reply = mapping(tapped.get(text(tapped.get("type"))))
        return text(reply.get("title") or reply.get("body")), text(reply.get("id"))
    if kind == "contacts":
        names = (text(mapping(mapping(one).get("name")).get("formatted_name")) for one in items(content))
        return ", ".join(filter(None, names)), ""
    key = {"text": "body", "button": "text", "reaction": "emoji", "system": "body", "order": "text"}.get(kind)
    if kind == "location":
        place = mapping(content)
        named = [text(place.get("name")), text(place.get("address"))]
        coordinates = f"{text(place.get('latitude'))}, {text(place.get('longitude'))}"
        return ", ".join(filter(None, named)) or coordinates, ""
    read = text(mapping(content).get(key or "caption"))
    return read, text(mapping(content).get("payload")) if kind == "button" else ""


def _bounded(body: dict[str, Any]) -> dict[str, Any]:
    """Meta's object, unless it is larger than any that Meta documents: the webhook's row has it whole."""
    return body if len(json.dumps(body)) <= LONGEST_PAYLOAD else {"type": body.get("type"), "too_large": True}


def _not_later(moment: datetime | None, now: datetime) -> datetime:
    return min(moment, now) if moment else now


def _ring_for_answers() -> None:
    bell.ring(ANSWER, "transactional", wait=0)


def _ring_for_media() -> None:
    bell.ring(FETCH, "periodic", wait=0)
