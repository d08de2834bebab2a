"""Payloads of `POST /{phone_number_id}/messages` and what comes back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.exceptions import UncertainOutcome

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
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


def text_message(to: str, body: str, callback_data: str | None = None, *, reply_to: str = "") -> dict[str, Any]:
    """A plain text without link preview, of 1 to 4096 characters. `reply_to`: wamid of what it quotes.

    Raises ValueError.
    """
    if not body or not body.strip():
        raise ValueError("A WhatsApp text needs at least one visible character.")
    if len(body) > TEXT_LIMIT:
        raise ValueError(f"A WhatsApp text holds {TEXT_LIMIT} characters; this one has {len(body)}.")
    return _message(to, "text", {"preview_url": False, "body": body}, callback_data, reply_to)


def interactive_message(
    to: str, interactive: Mapping[str, Any], callback_data: str | None = None, *, reply_to: str = ""
) -> dict[str, Any]:
    """Buttons, a list or a link; `interactive` as `interactive.interactive_object` makes it."""
    return _message(to, "interactive", dict(interactive), callback_data, reply_to)


def media_message(
    to: str, kind: str, media: Mapping[str, Any], callback_data: str | None = None, *, reply_to: str = ""
) -> dict[str, Any]:
    """An image or a document; `media` as `media_object` makes it."""
    return _message(to, kind, dict(media), callback_data, reply_to)


def media_object(kind: str, *, id: str = "", link: str = "", caption: str = "", filename: str = "") -> dict[str, Any]:
    """The value of `image` or `document`. Raises ValueError (Meta, Cloud API, Image and Document messages)."""
    if kind not in ("image", "document"):
        raise ValueError(f"{kind!r} is neither image nor document.")
    if bool(id) == bool(link):
        raise ValueError("A file is named by its id or by a link, one of them.")
    if link and not link.startswith(("https://", "http://")):
        raise ValueError("A link to a file begins with https://.")
    if len(caption) > CAPTION_LIMIT:
        raise ValueError(f"A caption holds {CAPTION_LIMIT} characters; this one has {len(caption)}.")
    if filename and kind != "document":
        raise ValueError("Only a document has a file name.")
    given = {"id": id, "link": link, "caption": caption, "filename": filename}
    return {name: value for name, value in given.items() if value}


def read_receipt(wamid: str, *, typing: bool = False) -> dict[str, Any]:
    """Marks an inbound message and all before it as read; `typing` shows that an answer is coming, for up to 25 s."""
    told: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    return told | {"typing_indicator": {"type": "text"}} if typing else told


def _message(
    to: str, kind: str, content: dict[str, Any], callback_data: str | None, reply_to: str = ""
) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": kind,
        kind: content,
    }
    if reply_to:
        payload["context"] = {"message_id": reply_to}
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
