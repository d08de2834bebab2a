"""The field `messages`: what people wrote, and errors that concern no message (Meta, Webhooks, "messages"). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from integrations.whatsapp.lenient import items, mapping, moment, storable, text
from integrations.whatsapp.webhooks.events import (
    ChatOpened,
    ContactMoved,
    ErrorReported,
    IdentityChanged,
    IncomingMessage,
    MessageEchoed,
    MessageEdited,
    MessageReacted,
    MessageRevoked,
    UnknownChange,
)
from integrations.whatsapp.webhooks.reading import Contacts, Scope, digits, kept, kept_objects, number_id, person

Message = Mapping[str, Any]
Who = dict[str, Any]
MOVES = frozenset({"user_changed_number", "user_changed_user_id"})


def messages(value: Message, scope: Scope) -> Iterator[Any]:
    contacts, phone_number_id = Contacts(value), number_id(value)
    for message in items(value.get("messages")):
        if isinstance(message, Mapping) and any(message.get(key) for key in ("id", "from", "from_user_id")):
            contact = _contact(message, contacts)
            who = _who(message, contact, phone_number_id)
            special = SPECIAL.get(text(message.get("type")).lower())
            yield (special(message, who) if special else None) or _incoming(
                message, who, mapping(contact.get("profile"))
            )
        else:
            yield UnknownChange(scope.field or "messages", storable(message))


def errors(value: Message, scope: Scope) -> Iterator[Any]:
    for error in items(value.get("errors")):
        if isinstance(error, dict):
            yield ErrorReported(kept(error), number_id(value))
        else:
            yield UnknownChange(scope.field, storable(error))


def echoes(value: Message, scope: Scope) -> Iterator[Any]:
    """Meta, Webhooks, "smb_message_echoes"."""
    for one in items(value.get("message_echoes")):
        echo = mapping(one)
        recipient, user_id = person(echo.get("to"))
        if not text(echo.get("id")):
            yield UnknownChange(scope.field, storable(one))
            continue
        yield MessageEchoed(
            wamid=text(echo.get("id")),
            phone_number_id=number_id(value),
            recipient=recipient,
            recipient_user_id=text(echo.get("to_user_id")) or user_id,
            type=text(echo.get("type")),
            timestamp=moment(echo.get("timestamp")),
            body=kept(echo),
        )


def _incoming(message: Message, who: Who, profile: Message) -> IncomingMessage:
    return IncomingMessage(
        **who,
        profile_name=text(profile.get("name")),
        type=text(message.get("type")),
        username=text(profile.get("username")),
        context_id=text(mapping(message.get("context")).get("id")),
        errors=kept_objects(message.get("errors")),
    )


def _who(message: Message, contact: Message, phone_number_id: str) -> Who:
    sender, user_id = person(message.get("from") or contact.get("wa_id"))
    return {
        "wamid": text(message.get("id")),
        "phone_number_id": phone_number_id,
        "sender": sender,
        "sender_user_id": text(message.get("from_user_id")) or user_id or text(contact.get("user_id")),
        "timestamp": moment(message.get("timestamp")),
        "body": kept(message),
    }


def _contact(message: Message, contacts: Contacts) -> Message:
    sender, user_id = text(message.get("from")), text(message.get("from_user_id"))
    if sender or not user_id:
        return contacts.find(sender, user_id or (sender if person(sender)[1] else ""))
    return contacts.find("", user_id) or contacts.find("", "")


def _edited(message: Message, who: Who) -> MessageEdited | None:
    edit = mapping(message.get("edit"))
    original = text(edit.get("original_message_id"))
    new = kept(edit.get("message"))
    return MessageEdited(**who, original_wamid=original, message=new) if original else None


def _revoked(message: Message, who: Who) -> MessageRevoked | None:
    original = text(mapping(message.get("revoke")).get("original_message_id"))
    return MessageRevoked(**who, original_wamid=original) if original else None


def _reacted(message: Message, who: Who) -> MessageReacted | None:
    reaction = mapping(message.get("reaction"))
    original, emoji = text(reaction.get("message_id")), text(reaction.get("emoji"))
    return MessageReacted(**who, original_wamid=original, emoji=emoji) if original else None


def _opened(message: Message, who: Who) -> ChatOpened:
    return ChatOpened(**who)


def _system(message: Message, who: Who) -> Any:
    """What WhatsApp says of a person is nothing that the person wrote: whatever it is, it opens no window."""
    system = mapping(message.get("system"))
    kind = text(system.get("type")).lower()
    if kind == "customer_identity_changed":
        identity = mapping(message.get("identity")) or mapping(system.get("identity"))
        return IdentityChanged(**who, identity_hash=text(identity.get("hash")))
    new_number, id_in_its_place = person(system.get("new_wa_id") or system.get("wa_id"))
    new_user_id = text(system.get("user_id")) or id_in_its_place
    new_number = "" if new_number == who["sender"] else new_number
    new_user_id = "" if new_user_id == who["sender_user_id"] else new_user_id
    if kind in MOVES and (new_number or new_user_id) and (who["sender"] or who["sender_user_id"]):
        return ContactMoved(**who, kind=kind, new_number=digits(new_number), new_user_id=new_user_id)
    return UnknownChange(f"messages.system.{kind}".rstrip("."), storable(message))


#: Type -> what it is besides a message; those that return nothing are messages after all.
SPECIAL: dict[str, Callable[[Message, Who], Any]] = {
    "edit": _edited,
    "revoke": _revoked,
    "reaction": _reacted,
    "request_welcome": _opened,
    "system": _system,
}
