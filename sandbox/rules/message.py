"""The fields every message has (Meta, Cloud API, Messages)."""

from __future__ import annotations

import re
from typing import Any

from sandbox.rules.interactive import check_interactive
from sandbox.rules.refusal import Refusal, invalid, required

PUNCTUATION = re.compile(r"[\s()\-]")
DIGITS = re.compile(r"\+?\d{5,20}")
BSUID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,132}")
#: Types of Meta's that the sandbox does not act out.
OTHER_TYPES = {"audio", "contacts", "document", "image", "location", "reaction", "sticker", "video"}


def check_product(payload: Any) -> None:
    if not isinstance(payload, dict) or "messaging_product" not in payload:
        raise required("messaging_product")
    if payload["messaging_product"] != "whatsapp":
        raise Refusal(100, message="(#100) Param messaging_product must be one of {WHATSAPP}")


def recipient_digits(payload: dict[str, Any]) -> str:
    """The digits of `to`, or an empty string when the message goes to a `recipient` id instead."""
    to = payload.get("to")
    if to is None or to == "":
        recipient = payload.get("recipient")
        if not isinstance(recipient, str) or not BSUID.fullmatch(recipient):
            raise required("to")
        return ""
    bare = PUNCTUATION.sub("", to) if isinstance(to, str) else ""
    if not DIGITS.fullmatch(bare):
        raise Refusal(131009, "to: is not a phone number")
    return bare.lstrip("+")


def check_shape(payload: dict[str, Any]) -> str:
    """The message's type, after everything that needs no template. Raises `Refusal`."""
    kind = payload.get("type", "text")
    callback = payload.get("biz_opaque_callback_data", "")
    if not isinstance(callback, str) or len(callback) > 512:
        raise invalid("biz_opaque_callback_data: at most 512 characters")
    if payload.get("recipient_type", "individual") != "individual":
        raise Refusal(131009, "recipient_type: only individual is supported")
    if kind in OTHER_TYPES:
        raise Refusal(131051, f"type: the sandbox does not act out {kind} messages")
    if kind not in {"text", "template", "interactive"}:
        raise Refusal(131009, f"type: {kind} is not a message type")
    if not isinstance(payload.get(kind), dict):
        raise required(kind)
    if kind == "text":
        check_text(payload["text"])
    elif kind == "interactive":
        check_interactive(payload["interactive"])
    else:
        check_template_reference(payload["template"])
    return str(kind)


def check_text(text: dict[str, Any]) -> None:
    body = text.get("body")
    if body is None:
        raise required("text['body']")
    if not isinstance(body, str) or not body.strip():
        raise Refusal(131009, "text.body: may not be blank")
    if len(body) > 4096:
        raise Refusal(131009, f"text.body: {len(body)} characters; 4096 are allowed")


def check_template_reference(template: dict[str, Any]) -> None:
    if not isinstance(template.get("name"), str) or not template["name"]:
        raise required("template['name']")
    language = template.get("language")
    if not isinstance(language, dict) or not isinstance(language.get("code"), str):
        raise required("template['language']")
    if language.get("policy", "deterministic") != "deterministic":
        raise Refusal(131009, "template.language.policy: only deterministic is known")
