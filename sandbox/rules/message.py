"""The fields every message has, and those of each type (Meta, Cloud API, Messages)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from sandbox.rules.interactive import check_interactive
from sandbox.rules.media import KINDS, check_media
from sandbox.rules.refusal import Refusal, invalid, required

PUNCTUATION = re.compile(r"[\s()\-]")
DIGITS = re.compile(r"\+?\d{5,20}")
CONTACT_LISTS = {"phones", "emails", "addresses", "urls"}
BSUID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,132}")


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
    plain = PUNCTUATION.sub("", to) if isinstance(to, str) else ""
    if not DIGITS.fullmatch(plain):
        raise Refusal(131009, "to: is not a phone number")
    return plain.lstrip("+")


def check_shape(payload: dict[str, Any]) -> str:
    """The message's type, after everything that needs no template. Raises `Refusal`."""
    kind = payload.get("type", "text")
    callback = payload.get("biz_opaque_callback_data", "")
    if not isinstance(callback, str) or len(callback) > 512:
        raise invalid("biz_opaque_callback_data: at most 512 characters")
    if payload.get("recipient_type", "individual") != "individual":
        raise Refusal(131009, "recipient_type: only individual is supported")
    check = CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise Refusal(131009, f"type: {kind} is not a message type")
    content = payload.get(kind)
    if not isinstance(content, list if kind == "contacts" else dict):
        raise required(kind)
    check_context(payload, kind)
    check(content)
    return str(kind)


def check_context(payload: dict[str, Any], kind: str) -> None:
    context = payload.get("context")
    if context is None:
        return
    if kind == "reaction":
        raise invalid("context: a reaction cannot quote a message.")
    if not isinstance(context, dict) or not isinstance(context.get("message_id"), str):
        raise required("context['message_id']")


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


def check_reaction(reaction: dict[str, Any]) -> None:
    """An empty emoji takes the reaction back."""
    if not isinstance(reaction.get("message_id"), str) or not reaction["message_id"]:
        raise required("reaction['message_id']")
    emoji = reaction.get("emoji", "")
    if not isinstance(emoji, str) or len(emoji) > 16 or re.search(r"[\w\s]", emoji):
        raise Refusal(131009, "reaction.emoji: one emoji, or nothing")


def check_location(location: dict[str, Any]) -> None:
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = location.get(name)
        if value is None:
            raise required(f"location['{name}']")
        try:
            inside = -most <= float(value) <= most
        except (TypeError, ValueError):
            inside = False
        if not inside:
            raise Refusal(131009, f"location.{name}: from -{most} to {most}")


def check_contacts(contacts: list[Any]) -> None:
    if not contacts:
        raise required("contacts")
    for contact in contacts:
        name = contact.get("name") if isinstance(contact, dict) else None
        if not isinstance(name, dict) or not name.get("formatted_name"):
            raise required("contacts['name']['formatted_name']")
        if len(set(name) - {"formatted_name"}) == 0:
            raise Refusal(131009, "contacts.name: one part of the name beside formatted_name is required")
        for field in CONTACT_LISTS & set(contact):
            if not isinstance(contact[field], list) or not all(isinstance(each, dict) for each in contact[field]):
                raise Refusal(131009, f"contacts.{field}: a list of objects")


CHECKS: dict[str, Callable[[Any], None]] = {
    "text": check_text,
    "template": check_template_reference,
    "interactive": check_interactive,
    "reaction": check_reaction,
    "location": check_location,
    "contacts": check_contacts,
    **{kind: partial(check_media, kind) for kind in KINDS},
}
