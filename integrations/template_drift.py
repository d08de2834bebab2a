"""Where a template at Meta says something else than its definition here. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.whatsapp_templates import get_template_structure


def drift(name: str, language: str, components: Iterable[Any]) -> list[str]:
    """The parts that differ, such as `body`, in the order of the definition; empty for templates defined elsewhere.

    An authentication template has Meta's own text, of which the definition says nothing.
    """
    definition = get_template_structure(name)
    if not definition or definition["language"] != language:
        return []
    ours, theirs = _parts(definition["components"]), _parts(components)
    differing = [kind for kind, text in ours.items() if theirs.get(kind, "") != text]
    if definition["category"] != "AUTHENTICATION":
        differing += [kind for kind in theirs if kind not in ours]
    return differing


def _parts(components: Iterable[Any]) -> dict[str, str]:
    parts = {}
    for one in components:
        if not isinstance(one, Mapping):
            continue
        kind = str(one.get("type", "")).lower()
        if one.get("text"):
            parts[kind] = str(one["text"])
        elif kind == "header":
            parts[kind] = str(one.get("format") or "")
        elif kind == "buttons" and one.get("buttons"):
            parts[kind] = "; ".join(_button(button) for button in one["buttons"] if isinstance(button, Mapping))
    return {kind: text for kind, text in parts.items() if text}


def _button(button: Mapping[str, Any]) -> str:
    """Meta lists the button for a code as OTP in one place and as an address of its own in the other."""
    url = str(button.get("url") or "")
    if str(button.get("type", "")).upper() == "OTP" or "whatsapp.com/otp" in url:
        return "code"
    return " ".join(filter(None, (str(button.get("type", "")).upper(), str(button.get("text") or ""), url)))
