"""Webhook bodies: is it from Meta, and what does it say. Pure.

Everything that is JSON is understood or handed on as UnknownChange; nothing in it raises.
Sources: Meta, WhatsApp Business Platform, Webhooks: "Components", "messages",
"message_template_status_update", "user_preferences".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.whatsapp.lenient import MalformedBody, items, load, mapping, moment, storable, text

__all__ = (
    "Event",
    "IncomingMessage",
    "MalformedBody",
    "MarketingPreference",
    "MessageStatus",
    "TemplateReview",
    "UnknownChange",
    "parse",
    "sign",
    "verify_signature",
    "well_formed_signature",
)

PREFERENCES_FIELD = "user_preferences"
TEMPLATE_REVIEW_FIELD = "message_template_status_update"
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")
# A business-scoped user id (country, dot, letters and digits) has been seen where a number belongs.
_USER_ID = re.compile(r"[A-Z]{2}\.")


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """What became of a message of ours.

    `timestamp` is UTC, None when Meta sent none that can be read. `phone_number_id` is empty when the body
    names none: the default number is meant. Absent texts are empty.
    """

    wamid: str
    status: str
    timestamp: datetime | None = None
    recipient_id: str = ""
    recipient_user_id: str = ""
    phone_number_id: str = ""
    callback_data: str = ""
    errors: tuple[dict[str, Any], ...] = ()
    pricing: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """What a person wrote or tapped.

    `sender` are the digits of the number, empty for people known by `sender_user_id` alone; `body` is Meta's
    message object as it came.
    """

    wamid: str
    phone_number_id: str = ""
    sender: str = ""
    sender_user_id: str = ""
    profile_name: str = ""
    type: str = ""
    timestamp: datetime | None = None
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TemplateReview:
    """Meta changed a template's status to `event`; `reason` is empty where Meta says null or NONE."""

    event: str
    template_id: str = ""
    name: str = ""
    language: str = ""
    reason: str = ""
    category: str = ""
    waba_id: str = ""


@dataclass(frozen=True, slots=True)
class MarketingPreference:
    """A person told WhatsApp to stop or resume marketing from us; `sender` as in IncomingMessage."""

    wanted: bool
    sender: str = ""
    sender_user_id: str = ""
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class UnknownChange:
    """Something else, kept whole."""

    field: str
    value: Any = None


Event = MessageStatus | IncomingMessage | TemplateReview | MarketingPreference | UnknownChange


def well_formed_signature(header: str) -> bool:
    """Whether the header looks like `sha256=` and 64 lowercase hex digits."""
    return bool(_SIGNATURE.fullmatch(header))


def verify_signature(body: bytes, header: str, secrets: Iterable[str]) -> bool:
    """Whether `header` (X-Hub-Signature-256) is the HMAC-SHA256 of these bytes under one of the secrets.

    Constant time; empty secrets sign nothing.
    """
    found = _SIGNATURE.fullmatch(header)
    if not found:
        return False
    given = found[1].encode()
    matches = [hmac.compare_digest(_digest(body, secret), given) for secret in secrets if secret]
    return any(matches)


def sign(body: bytes, secret: str) -> str:
    """The value of X-Hub-Signature-256 for these bytes."""
    return f"sha256={_digest(body, secret).decode()}"


def _digest(body: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()


def parse(body: bytes) -> list[Event]:
    """The events of a request body, in its order. Raises MalformedBody when it is no JSON."""
    return list(_events(load(body)))


def _events(document: Any) -> Iterator[Event]:
    if not isinstance(document, Mapping):
        yield UnknownChange("", storable(document))
    elif "entry" in document:
        for entry in items(document["entry"]):
            yield from _of_entry(entry)
    elif "changes" in document:
        yield from _of_entry(document)
    else:
        # The inner value alone, as older documents print it.
        yield from _of_change(text(document.get("field")), document, "")


def _of_entry(entry: Any) -> Iterator[Event]:
    if not isinstance(entry, Mapping):
        yield UnknownChange("", storable(entry))
        return
    for change in items(entry.get("changes")):
        if isinstance(change, Mapping) and "value" in change:
            yield from _of_change(text(change.get("field")), change["value"], text(entry.get("id")))
        else:
            yield UnknownChange("", storable(change))


def _of_change(name: str, value: Any, waba_id: str) -> Iterator[Event]:
    if not isinstance(value, Mapping):
        yield UnknownChange(name, storable(value))
    elif name in ("", "messages") and ("messages" in value or "statuses" in value):
        yield from _messages(name, value)
        yield from _statuses(name, value)
    elif text(value.get("event")) and (
        name == TEMPLATE_REVIEW_FIELD or (not name and "message_template_name" in value)
    ):
        yield _review(value, waba_id)
    elif name == PREFERENCES_FIELD and items(value.get(PREFERENCES_FIELD)):
        yield from _preferences(value)
    else:
        yield UnknownChange(name, storable(value))


def _preferences(value: Mapping[str, Any]) -> Iterator[Event]:
    for one in items(value.get(PREFERENCES_FIELD)):
        told = mapping(one)
        word = text(told.get("value")).lower()
        if word not in ("stop", "resume") or text(told.get("category")) not in ("", "marketing_messages"):
            yield UnknownChange(PREFERENCES_FIELD, storable(one))
            continue
        number, user_id = _person(told.get("wa_id"))
        yield MarketingPreference(
            wanted=word == "resume",
            sender="".join(filter(str.isdecimal, number)),
            sender_user_id=text(told.get("user_id")) or user_id,
            timestamp=moment(told.get("timestamp")),
        )


def _messages(name: str, value: Mapping[str, Any]) -> Iterator[Event]:
    for message in items(value.get("messages")):
        if isinstance(message, Mapping) and any(message.get(key) for key in ("id", "from", "from_user_id")):
            yield _incoming(message, value)
        else:
            yield UnknownChange(name or "messages", storable(message))


def _incoming(message: Mapping[str, Any], value: Mapping[str, Any]) -> IncomingMessage:
    contact = _contact(message, value)
    sender, user_id = _person(message.get("from") or contact.get("wa_id"))
    kept = storable(message)
    return IncomingMessage(
        wamid=text(message.get("id")),
        phone_number_id=_number_id(value),
        sender="".join(filter(str.isdecimal, sender)),
        sender_user_id=text(message.get("from_user_id")) or user_id or text(contact.get("user_id")),
        profile_name=text(mapping(contact.get("profile")).get("name")),
        type=text(message.get("type")),
        timestamp=moment(message.get("timestamp")),
        body=kept if isinstance(kept, dict) else {},
    )


def _contact(message: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The contact of a message's sender: by number or id, else the only one there is."""
    contacts = [mapping(contact) for contact in items(value.get("contacts"))]
    for message_key, contact_key in (("from_user_id", "user_id"), ("from", "wa_id"), ("from", "user_id")):
        wanted = text(message.get(message_key))
        for contact in contacts:
            if wanted and text(contact.get(contact_key)) == wanted:
                return contact
    return contacts[0] if len(contacts) == 1 and not message.get("from") else {}


def _statuses(name: str, value: Mapping[str, Any]) -> Iterator[Event]:
    for status in items(value.get("statuses")):
        if isinstance(status, Mapping) and text(status.get("status")) and _names_a_message(status):
            yield _status(status, value)
        else:
            yield UnknownChange(name or "statuses", storable(status))


def _names_a_message(status: Mapping[str, Any]) -> bool:
    return bool(text(status.get("id")) or text(status.get("biz_opaque_callback_data")))


def _status(status: Mapping[str, Any], value: Mapping[str, Any]) -> MessageStatus:
    recipient, user_id = _person(status.get("recipient_id"))
    pricing = storable(status.get("pricing"))
    return MessageStatus(
        wamid=text(status.get("id")),
        status=text(status.get("status")).lower(),
        timestamp=moment(status.get("timestamp")),
        recipient_id=recipient,
        recipient_user_id=text(status.get("recipient_user_id")) or user_id,
        phone_number_id=_number_id(value),
        callback_data=text(status.get("biz_opaque_callback_data")),
        errors=tuple(storable(error) for error in items(status.get("errors")) if isinstance(error, dict)),
        pricing=pricing if isinstance(pricing, dict) else None,
    )


def _review(value: Mapping[str, Any], waba_id: str) -> TemplateReview:
    return TemplateReview(
        event=text(value.get("event")).upper(),
        template_id=text(value.get("message_template_id")),
        name=text(value.get("message_template_name")),
        language=text(value.get("message_template_language")).replace("-", "_"),
        reason=_reason(value),
        category=text(value.get("message_template_category")).upper(),
        waba_id=waba_id,
    )


def _reason(value: Mapping[str, Any]) -> str:
    rejection, other = mapping(value.get("rejection_info")), mapping(value.get("other_info"))
    for reason in (value.get("reason"), rejection.get("reason"), other.get("title")):
        said = text(reason)
        if said and said.upper() != "NONE":
            return said
    return ""


def _person(raw: Any) -> tuple[str, str]:
    """(number, business-scoped id): one of them is empty."""
    found = text(raw)
    return ("", found) if _USER_ID.match(found) else (found, "")


def _number_id(value: Mapping[str, Any]) -> str:
    return text(mapping(value.get("metadata")).get("phone_number_id"))
