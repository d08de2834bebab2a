"""Message templates (Meta, Business Management API, Message templates)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.graph.call import Call, Handler, chosen
from sandbox.graph.paging import page
from sandbox.rules.refusal import Refusal, invalid, required, template_refusal
from sandbox.rules.template_create import check_template
from sandbox.rules.template_send import read_shape
from sandbox.store import Template
from sandbox.world import World

DEFAULT_FIELDS = ("name", "parameter_format", "components", "language", "status", "category", "id")
MOST_TEMPLATES = 6000


def create(world: World, call: Call, found: None) -> dict[str, Any]:
    store = world.store
    if not isinstance(call.body, dict):
        raise invalid("The body is a JSON object.")
    fields = check_template(call.body)
    name, language = fields["name"], fields["language"]
    if (name, language) in store.templates:
        raise template_refusal(
            2388024, f"There is already {language} content for this template. Create a new one instead."
        )
    if store.locked_names.get(name, 0) > store.now():
        raise template_refusal(
            2388023, f"New {language} content can't be added while the existing content is being deleted."
        )
    if len(store.templates) >= MOST_TEMPLATES:
        raise template_refusal(2388019, f"The account has {MOST_TEMPLATES} templates.")
    shape = read_shape(fields["category"], fields["parameter_format"], fields["components"])
    template = store.add_template(fields, shape)
    world.lifecycle.created(template)
    return {"id": template.id, "status": template.status, "category": template.category}


def listed(world: World, call: Call, found: None) -> dict[str, Any]:
    """Filters `name` (a substring, as on some versions), `status`, `category`, `language`."""
    query = call.query
    wanted = {field: wished_values(query[field]) for field in ("status", "category", "language") if field in query}
    wished = [
        template
        for template in world.store.templates.values()
        if query.get("name", "") in template.name
        and all(getattr(template, field) in values for field, values in wanted.items())
    ]
    return page(call, [chosen(record(t), query.get("fields"), DEFAULT_FIELDS) for t in wished])


def wished_values(text: str) -> set[str]:
    """One value, several with commas between, or a JSON list."""
    try:
        values = json.loads(text) if text.startswith("[") else text.split(",")
    except ValueError:
        raise invalid("A filter is a value or a JSON list.") from None
    return {str(value).strip() for value in values}


def record(template: Template) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": template.id,
        "name": template.name,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "parameter_format": template.parameter_format,
        "components": template.components,
        "rejected_reason": template.rejected_reason,
        "quality_score": {"score": "UNKNOWN"},
    }
    if template.message_send_ttl_seconds is not None:
        shown["message_send_ttl_seconds"] = template.message_send_ttl_seconds
    return shown


def delete(world: World, call: Call, found: None) -> dict[str, Any]:
    """By `name` (every language), or by `name` and `hsm_id` (one). An unknown one is a 404."""
    name, template_id = call.query.get("name"), call.query.get("hsm_id")
    if not name:
        raise required("name")
    wished = [
        template
        for template in world.store.templates.values()
        if template.name == name and template_id in (None, template.id)
    ]
    if not wished:
        raise Refusal(100, f"No template is called {name}.", message="(#100) Invalid parameter", http_status=404)
    world.store.remove_templates(wished)
    return {"success": True}


def one(world: World, call: Call, template: Template) -> dict[str, Any]:
    return chosen(record(template), call.query.get("fields"), DEFAULT_FIELDS)


EDGES: dict[tuple[str, str, str], Handler] = {
    ("account", "GET", "message_templates"): listed,
    ("account", "POST", "message_templates"): create,
    ("account", "DELETE", "message_templates"): delete,
    ("template", "GET", ""): one,
}
