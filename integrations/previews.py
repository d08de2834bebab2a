"""A template as the person reads it: its texts, in their order, with or without values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Text = tuple[str, str]

_PLACE = re.compile(r"\{\{(\w+)\}\}")
# Meta, Authentication templates: the wording of an English one is Meta's own.
_CODE_BODY = "{{1}} is your verification code. For your security, do not share this code."


def texts(components: Iterable[Mapping[str, Any]]) -> list[Text]:
    """`(kind, text)` of each part that has a text; kind is header, body, footer or button."""
    return [text for component in components for text in _texts(component)]


def filled(parts: Sequence[Text], values: Sequence[str]) -> list[Text]:
    """The same with `{{1}}` replaced by the first value and so on; places without a value stay."""
    return [(kind, _PLACE.sub(lambda found: _value(found, values), text)) for kind, text in parts]


def _value(found: re.Match[str], values: Sequence[str]) -> str:
    index = int(found[1]) - 1 if found[1].isdecimal() else -1
    return values[index] if 0 <= index < len(values) else found[0]


def _texts(component: Mapping[str, Any]) -> list[Text]:
    kind = str(component.get("type", "")).lower()
    if kind == "buttons":
        return [("button", str(one.get("text") or one.get("type") or "")) for one in component.get("buttons", ())]
    text = component.get("text") or ""
    if kind == "body" and not text and "add_security_recommendation" in component:
        text = _CODE_BODY
    if kind == "footer" and component.get("code_expiration_minutes"):
        text = f"This code expires in {component['code_expiration_minutes']} minutes."
    return [(kind, str(text))] if text else []
