"""Webhook bodies (Meta, WhatsApp Business Platform, Webhooks)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.people import Person
from sandbox.records import Message, Number, StatusEvent

PRICED = {"sent", "delivered"}


@dataclass(frozen=True, slots=True)
class Update:
    """One thing Meta tells: `event` is a status, `received`, or a review's outcome; `subject` its id."""

    field: str
    kind: str
    event: str
    subject: str
    body: dict[str, Any]
    number: Number | None = None
    contact: dict[str, Any] | None = None


def status_update(message: Message, event: StatusEvent) -> Update:
    """`recipient_id` is left out of what concerns somebody with a username; a failure names the recipient as the
    business did."""
    person, failed = message.person, event.status == "failed"
    body: dict[str, Any] = {"id": message.wamid, "status": event.status, "timestamp": str(int(event.at))}
    by_number = bool(message.payload.get("to"))
    if by_number if failed else not person.hides_number:
        body["recipient_id"] = person.wa_id
    if not (failed and by_number):
        body["recipient_user_id"] = person.user_id
    if message.number.checks_identity:
        body["recipient_identity_key_hash"] = person.identity_hash
    if message.callback_data is not None:
        body["biz_opaque_callback_data"] = message.callback_data
    if event.status in PRICED and message.pricing is not None:
        body["pricing"] = message.pricing
    if event.error:
        body["errors"] = [event.error]
    contact = None if failed else contact_of(person, named=event.status != "sent")
    return Update("messages", "statuses", event.status, message.wamid, body, message.number, contact)


def inbound_update(message: Message) -> Update:
    person = message.person
    body: dict[str, Any] = {} if person.hides_number else {"from": person.wa_id}
    body |= {
        "from_user_id": person.user_id,
        "id": message.wamid,
        "timestamp": str(int(message.at)),
        "type": message.type,
        **message.payload,
    }
    return Update("messages", "messages", "received", message.wamid, body, message.number, contact_of(person))


def number_changed_update(message: Message, old: str) -> Update:
    """A `system` message has no contacts (Meta, Webhooks, messages)."""
    body = {
        "from": old,
        "id": message.wamid,
        "timestamp": str(int(message.at)),
        "type": "system",
        **message.payload,
    }
    return Update("messages", "messages", "received", message.wamid, body, message.number)


def preference_update(person: Person, number: Number, now: int) -> Update:
    """Somebody stopped or resumed marketing messages (Meta, Webhooks, user_preferences)."""
    value = "stop" if person.stopped_marketing else "resume"
    body: dict[str, Any] = {} if person.hides_number else {"wa_id": person.wa_id}
    body |= {
        "user_id": person.user_id,
        "detail": f"User requested to {value} marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": now,
    }
    return Update("user_preferences", "user_preferences", value, person.wa_id, body, number, contact_of(person))


def contact_of(person: Person, *, named: bool = True) -> dict[str, Any]:
    """Without the username unless `named`: it is not told before a message has arrived."""
    profile = {"name": person.name}
    if person.hides_number:
        if named:
            profile["username"] = person.username
        return {"profile": profile, "user_id": person.user_id}
    return {"profile": profile, "wa_id": person.wa_id, "user_id": person.user_id}


def envelope(waba_id: str, updates: Sequence[Update], now: int) -> dict[str, Any]:
    """One POST's body: neighbours of the same kind and number share a change."""
    changes: list[dict[str, Any]] = []
    open_for: tuple[str, str] | None = None
    for update in updates:
        if update.number is None:
            changes.append({"field": update.field, "value": update.body})
            open_for = None
            continue
        if open_for != (update.kind, update.number.id):
            open_for = (update.kind, update.number.id)
            changes.append({"field": update.field, "value": new_value(update.kind, update.number)})
        value = changes[-1]["value"]
        value[update.kind].append(update.body)
        if update.contact is not None:
            contacts = value.setdefault("contacts", [])
            if not contacts or contacts[-1] != update.contact:
                contacts.append(update.contact)
    entry: dict[str, Any] = {"id": waba_id, "changes": changes}
    if any(update.number is None for update in updates):
        entry["time"] = now
    return {"object": "whatsapp_business_account", "entry": [entry]}


def new_value(kind: str, number: Number) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.digits, "phone_number_id": number.id},
        kind: [],
    }


def encode(body: dict[str, Any]) -> bytes:
    """As Meta writes it: no spaces, everything beyond ASCII escaped."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()


def sign(body: bytes, app_secret: str) -> str:
    """The value of `X-Hub-Signature-256` for exactly these bytes."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
