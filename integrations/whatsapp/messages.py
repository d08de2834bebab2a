"""Payloads of `POST /{phone_number_id}/messages` and what comes back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.exceptions import UncertainOutcome

TEXT_LIMIT = 4096
CALLBACK_LIMIT = 512


@dataclass(frozen=True, slots=True)
class SendReceipt:
    """Meta took the message. `wa_id` is empty for people known by a business-scoped id only."""

    wamid: str
    wa_id: str = ""
    message_status: str = ""


def template_message(
    to: str,
    name: str,
    language: str,
    components: Sequence[Mapping[str, Any]] | None,
    callback_data: str | None = None,
) -> dict[str, Any]:
    """A template send. `to` is E.164; `callback_data` comes back in every status. Raises ValueError."""
    template: dict[str, Any] = {"name": name, "language": {"code": language}}
    if components:
        template["components"] = list(components)
    return _message(to, "template", template, callback_data)


def text_message(to: str, body: str, callback_data: str | None = None) -> dict[str, Any]:
    """A plain text without link preview, of 1 to 4096 characters. Raises ValueError."""
    if not body or not body.strip():
        raise ValueError("A WhatsApp text needs at least one visible character.")
    if len(body) > TEXT_LIMIT:
        raise ValueError(f"A WhatsApp text holds {TEXT_LIMIT} characters; this one has {len(body)}.")
    return _message(to, "text", {"preview_url": False, "body": body}, callback_data)


def _message(to: str, kind: str, content: dict[str, Any], callback_data: str | None) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": kind,
        kind: content,
    }
    if callback_data:
        if len(callback_data) > CALLBACK_LIMIT:
            raise ValueError(f"Callback data holds {CALLBACK_LIMIT} characters, not {len(callback_data)}.")
        payload["biz_opaque_callback_data"] = callback_data
    return payload


def parse_send_response(body: Mapping[str, Any]) -> SendReceipt:
    """Read Meta's 2xx answer. Raises UncertainOutcome when it names no message id."""
    message, contact = _first(body, "messages"), _first(body, "contacts")
    wamid = message.get("id")
    if not isinstance(wamid, str) or not wamid:
        raise UncertainOutcome(
            "Meta answered without a message id: the message may have been sent. Its status webhook decides.",
            http_status=200,
        )
    return SendReceipt(wamid, str(contact.get("wa_id") or ""), str(message.get("message_status") or ""))


def _first(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    items = body.get(key) if isinstance(body, Mapping) else None
    return items[0] if isinstance(items, list) and items and isinstance(items[0], Mapping) else {}
