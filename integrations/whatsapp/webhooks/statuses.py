"""The field `messages`: what became of ours (Meta, Webhooks, "messages", statuses). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.whatsapp.lenient import items, mapping, moment, storable, text
from integrations.whatsapp.webhooks.events import MarketingPreference, MessageStatus, UnknownChange
from integrations.whatsapp.webhooks.reading import Contacts, Scope, kept, kept_objects, number_id, person

PREFERENCES = "user_preferences"


def statuses(value: Mapping[str, Any], scope: Scope) -> Iterator[Any]:
    contacts, sender = Contacts(value), number_id(value)
    for status in items(value.get("statuses")):
        if isinstance(status, Mapping) and text(status.get("status")) and _names_a_message(status):
            yield _status(status, contacts, sender)
        else:
            yield UnknownChange(scope.field or "statuses", storable(status))


def _names_a_message(status: Mapping[str, Any]) -> bool:
    return bool(text(status.get("id")) or text(status.get("biz_opaque_callback_data")))


def _status(status: Mapping[str, Any], contacts: Contacts, sender: str) -> MessageStatus:
    kind = text(status.get("recipient_type")).lower()
    if kind == "group":
        recipient, user_id = text(status.get("recipient_id")), ""
    else:
        recipient, user_id = person(status.get("recipient_id"))
    user_id = text(status.get("recipient_user_id")) or user_id
    contact = contacts.find(recipient, user_id) if recipient or user_id else {}
    return MessageStatus(
        wamid=text(status.get("id")),
        status=text(status.get("status")).lower(),
        timestamp=moment(status.get("timestamp")),
        recipient_id=recipient or person(contact.get("wa_id"))[0],
        recipient_user_id=user_id or text(contact.get("user_id")),
        phone_number_id=sender,
        callback_data=text(status.get("biz_opaque_callback_data")),
        errors=kept_objects(status.get("errors")),
        pricing=kept(status.get("pricing")) or None,
        conversation=kept(status.get("conversation")) or None,
        recipient_type=kind,
        username=text(mapping(contact.get("profile")).get("username")),
    )


def preferences(value: Mapping[str, Any], scope: Scope) -> Iterator[Any]:
    """Meta, Webhooks, "user_preferences"."""
    for one in items(value.get(PREFERENCES)):
        told = mapping(one)
        wish = text(told.get("value")).lower()
        if wish not in ("stop", "resume") or text(told.get("category")) not in ("", "marketing_messages"):
            yield UnknownChange(scope.field, storable(one))
            continue
        number, user_id = person(told.get("wa_id"))
        yield MarketingPreference(
            wanted=wish == "resume",
            sender=number,
            sender_user_id=text(told.get("user_id")) or user_id,
            timestamp=moment(told.get("timestamp")),
        )
