"""Webhook bodies (Meta, WhatsApp Business Platform, Webhooks)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.store import Message, Number, StatusEvent, Template

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
    forged: bool = False
    alone: bool = False


def status_update(message: Message, event: StatusEvent) -> Update:
    person = message.person
    body: dict[str, Any] = {
        "id": message.wamid,
        "status": event.status,
        "timestamp": str(int(event.at)),
        "recipient_id": person.wa_id,
    }
    if event.status != "failed":
        body["recipient_user_id"] = person.user_id
    if message.callback_data is not None:
        body["biz_opaque_callback_data"] = message.callback_data
    if event.status in PRICED:
        category = message.template.category.lower() if message.template else "service"
        body["pricing"] = {
            "billable": True,
            "pricing_model": "PMP",
            "type": "regular",
            "category": category,
        }
    if event.error:
        body["errors"] = [event.error]
    contact = None if event.status == "failed" else contact_of(message)
    return Update("messages", "statuses", event.status, message.wamid, body, message.number, contact)


def inbound_update(message: Message) -> Update:
    body = {
        "from": message.person.wa_id,
        "from_user_id": message.person.user_id,
        "id": message.wamid,
        "timestamp": str(int(message.at)),
        "type": message.type,
        **message.payload,
    }
    return Update("messages", "messages", "received", message.wamid, body, message.number, contact_of(message))


def contact_of(message: Message) -> dict[str, Any]:
    person = message.person
    return {"profile": {"name": person.name}, "wa_id": person.wa_id, "user_id": person.user_id}


def template_update(template: Template, event: str, details: dict[str, Any]) -> Update:
    body = {
        "event": event,
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
        "message_template_category": template.category,
        "reason": "NONE",
        **details,
    }
    return Update("message_template_status_update", "template", event, template.id, body)


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
