from __future__ import annotations

import copy
import re
from typing import Any

from sandbox.rules.authentication import check_authentication, read_back
from sandbox.rules.languages import LANGUAGES
from sandbox.rules.refusal import invalid, required, template_refusal
from sandbox.rules.template_buttons import check_buttons
from sandbox.rules.template_texts import check_body, check_footer, check_header

NAME = re.compile(r"[a-z0-9_]{1,512}")
CATEGORIES = {"AUTHENTICATION", "MARKETING", "UTILITY"}
TIME_TO_LIVE = {
    "AUTHENTICATION": (30, 900),
    "UTILITY": (30, 43_200),
    "MARKETING": (43_200, 2_592_000),
}


def check_template(body: dict[str, Any]) -> dict[str, Any]:
    """The request of a creation, refused as Meta refuses it at once; returns it as Meta reads it back:
    upper-case enumerations, authentication text filled in. Raises `Refusal`.

    Meta, Business Management API, Message templates.
    """
    for field in ("name", "language", "category"):
        if not isinstance(body.get(field), str) or not body[field]:
            raise required(field)
    category = body["category"].upper()
    named = str(body.get("parameter_format", "POSITIONAL")).upper()
    if not NAME.fullmatch(body["name"]):
        raise invalid("name: only lower-case letters, digits and underscores, at most 512.")
    if body["language"] not in LANGUAGES:
        raise invalid(f"language: {body['language']} is not a supported language code.")
    if category not in CATEGORIES:
        raise invalid("category: must be one of AUTHENTICATION, MARKETING, UTILITY.")
    if named not in {"POSITIONAL", "NAMED"}:
        raise invalid("parameter_format: must be POSITIONAL or NAMED.")
    check_time_to_live(body.get("message_send_ttl_seconds"), category)
    check_kinds(body, {"sub_category": str, "cta_url_link_tracking_opted_out": bool})
    components = normalised(body.get("components"))
    if category == "AUTHENTICATION":
        check_authentication(components)
        components = read_back(components, body["language"])
    else:
        check_components(components, named == "NAMED")
    return {
        "name": body["name"],
        "language": body["language"],
        "category": category,
        "parameter_format": named,
        "message_send_ttl_seconds": body.get("message_send_ttl_seconds"),
        "sub_category": body.get("sub_category"),
        "cta_url_link_tracking_opted_out": body.get("cta_url_link_tracking_opted_out"),
        "components": components,
    }


def check_kinds(body: dict[str, Any], kinds: dict[str, type]) -> None:
    for field, kind in kinds.items():
        if not isinstance(body.get(field), kind | None):
            raise invalid(f"{field}: must be a {'text' if kind is str else 'boolean'}.")


def check_time_to_live(seconds: Any, category: str) -> None:
    low, high = TIME_TO_LIVE[category]
    if seconds is None or seconds == -1:
        return
    if type(seconds) is not int or not low <= seconds <= high:
        raise invalid(f"message_send_ttl_seconds: {low} to {high} for {category}, or -1.")


def normalised(components: Any) -> list[dict[str, Any]]:
    if not isinstance(components, list) or not components:
        raise required("components")
    if not all(isinstance(component, dict) for component in components):
        raise invalid("components: a list of objects.")
    copies = copy.deepcopy(components)
    for component in copies:
        component["type"] = str(component.get("type", "")).upper()
        if "format" in component:
            component["format"] = str(component["format"]).upper()
        buttons = component.get("buttons")
        for button in buttons if isinstance(buttons, list) else ():
            if isinstance(button, dict):
                button["type"] = str(button.get("type", "")).upper()
    kinds = [component["type"] for component in copies]
    if len(set(kinds)) < len(kinds):
        raise template_refusal(2388042, "A component stands twice.")
    return copies


def check_components(components: list[dict[str, Any]], named: bool) -> None:
    by_type = {component["type"]: component for component in components}
    wrong = sorted(set(by_type) - {"HEADER", "BODY", "FOOTER", "BUTTONS"})
    if wrong:
        raise template_refusal(2388042, f"component of type {wrong[0] or 'missing'} is not known")
    if "BODY" not in by_type:
        raise template_refusal(2388072, "A template needs a BODY component.")
    if "HEADER" in by_type:
        check_header(by_type["HEADER"], named)
    check_body(by_type["BODY"], named)
    if "FOOTER" in by_type:
        check_footer(by_type["FOOTER"])
    if "BUTTONS" in by_type:
        check_buttons(by_type["BUTTONS"])
