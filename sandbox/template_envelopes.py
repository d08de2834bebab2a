"""Webhooks about templates (Meta, Webhooks: message_template_* and template_category_update)."""

from __future__ import annotations

from typing import Any

from sandbox.envelopes import Update
from sandbox.records import Template


def about(template: Template) -> dict[str, Any]:
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
    }


def template_update(template: Template, event: str, details: dict[str, Any]) -> Update:
    body = {
        "event": event,
        **about(template),
        "message_template_category": template.category,
        "reason": "NONE",
        **details,
    }
    return Update("message_template_status_update", "template", event, template.id, body)


def quality_update(template: Template, previous: str) -> Update:
    body = {"previous_quality_score": previous, "new_quality_score": template.quality, **about(template)}
    return Update("message_template_quality_update", "template", "quality", template.id, body)


def category_update(template: Template, **categories: Any) -> Update:
    """A coming change has `correct_category` and `category_update_timestamp`, a done one `previous_category`."""
    body = {**about(template), "new_category": template.category, **categories}
    return Update("template_category_update", "template", "category", template.id, body)


def components_update(template: Template) -> Update:
    parts = {component["type"]: component for component in template.components}
    body: dict[str, Any] = {**about(template), "message_template_element": parts["BODY"]["text"]}
    for kind, key in (("HEADER", "message_template_title"), ("FOOTER", "message_template_footer")):
        if parts.get(kind, {}).get("text"):
            body[key] = parts[kind]["text"]
    buttons = parts.get("BUTTONS", {}).get("buttons", ())
    if buttons:
        body["message_template_buttons"] = [button_summary(button) for button in buttons]
    return Update("message_template_components_update", "template", "components", template.id, body)


def button_summary(button: dict[str, Any]) -> dict[str, Any]:
    shown = {"message_template_button_type": button["type"]}
    for key in ("text", "url", "phone_number"):
        if key in button:
            shown[f"message_template_button_{key}"] = button[key]
    return shown
