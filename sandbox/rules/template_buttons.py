"""Buttons of a template that is being created (Meta, Message templates, Components)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from sandbox.rules.refusal import template_refusal
from sandbox.rules.variables import placeholders

AT_MOST = {"QUICK_REPLY": 10, "URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1, "FLOW": 1}
KEYS = {
    "QUICK_REPLY": {"type", "text"},
    "URL": {"type", "text", "url", "example"},
    "PHONE_NUMBER": {"type", "text", "phone_number"},
    "COPY_CODE": {"type", "example"},
    "FLOW": {"type", "text", "flow_id", "flow_name", "flow_json", "flow_action", "navigate_screen"},
}


def check_buttons(component: dict[str, Any]) -> None:
    buttons = component.get("buttons")
    if set(component) != {"type", "buttons"} or not isinstance(buttons, list) or not buttons:
        raise template_refusal(2388042, "component of type BUTTONS needs a list of buttons and nothing else")
    if len(buttons) > 10:
        raise template_refusal(2388042, f"A template has at most 10 buttons, not {len(buttons)}.")
    kinds = [check_button(button) for button in buttons]
    for kind, count in Counter(kinds).items():
        if count > AT_MOST[kind]:
            raise template_refusal(2388042, f"A template has at most {AT_MOST[kind]} {kind} button(s).")
    groups = re.sub(r"Q+", "Q", "".join("Q" if kind == "QUICK_REPLY" else "o" for kind in kinds))
    if groups.count("Q") > 1:
        raise template_refusal(2388042, "Quick replies must stand together.")
    labels = [button["text"] for button in buttons if "text" in button]
    if len(set(labels)) < len(labels):
        raise template_refusal(2388042, "Two buttons have the same text.")


def check_button(button: Any) -> str:
    kind = str(button.get("type", "")).upper() if isinstance(button, dict) else ""
    if kind == "OTP":
        raise template_refusal(2388042, "An OTP button belongs to an AUTHENTICATION template.")
    if kind not in KEYS:
        raise template_refusal(2388042, f"Button type {kind or 'missing'} is not known.")
    unexpected = sorted(set(button) - KEYS[kind])
    if unexpected:
        raise template_refusal(2388042, f"{kind} button has unexpected field(s) ({', '.join(unexpected)})")
    if kind != "COPY_CODE":
        check_length(button, "text", 25)
    if kind in EXTRA:
        EXTRA[kind](button)
    return kind


def check_length(button: dict[str, Any], field: str, limit: int) -> None:
    value = button.get(field)
    if not isinstance(value, str) or not value.strip():
        raise template_refusal(2388042, f"A {button['type']} button needs {field}.")
    if len(value) > limit:
        raise template_refusal(2388040, f"Button {field} has {len(value)} characters; {limit} are allowed.")


def check_url(button: dict[str, Any]) -> None:
    check_length(button, "url", 2000)
    url = button["url"]
    if re.match(r"https?://(?:[\w-]+\.)*wa\.me\b", url):
        raise template_refusal(2388042, "Direct links to WhatsApp are not allowed in buttons.")
    names = placeholders(url)
    if not names:
        return
    if len(names) > 1 or not url.endswith(f"{{{{{names[0]}}}}}"):
        raise template_refusal(2388042, "A URL has at most one variable, at its very end.")
    if not isinstance(button.get("example"), list) or len(button["example"]) != 1:
        raise template_refusal(2388043, "A URL with a variable needs one example: the whole address.")


def check_phone(button: dict[str, Any]) -> None:
    check_length(button, "phone_number", 20)


def check_coupon(button: dict[str, Any]) -> None:
    example = button.get("example")
    sample = example[0] if isinstance(example, list) and example else example
    if not isinstance(sample, str) or not 1 <= len(sample) <= 20:
        raise template_refusal(2388043, "A copy-code button needs an example of 1 to 20 characters.")


EXTRA: dict[str, Callable[[dict[str, Any]], None]] = {
    "URL": check_url,
    "PHONE_NUMBER": check_phone,
    "COPY_CODE": check_coupon,
}
