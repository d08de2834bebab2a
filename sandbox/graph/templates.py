"""Message templates: create, list, read, edit, delete (Meta, Business Management API, Message templates)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.graph.call import Call, Handler, chosen
from sandbox.graph.paging import page
from sandbox.records import Template
from sandbox.rules.refusal import Refusal, invalid, required, template_refusal
from sandbox.rules.template_create import CATEGORIES, check_template, check_time_to_live
from sandbox.rules.template_send import read_shape
from sandbox.store import Store
from sandbox.world import World

DEFAULT_FIELDS = ("name", "parameter_format", "components", "language", "status", "category", "id")
#: Shown only where they have a value.
OPTIONAL_FIELDS = (
    "message_send_ttl_seconds",
    "sub_category",
    "previous_category",
    "correct_category",
    "cta_url_link_tracking_opted_out",
)
MOST_TEMPLATES = 6000
MOST_DELETED_AT_ONCE = 100
EDITABLE = {"APPROVED", "REJECTED", "PAUSED"}
EDIT_FIELDS = {"category", "components", "message_send_ttl_seconds", "parameter_format"}
DAY = 24 * 3600
#: Edits of an approved template: at most so many within so many seconds (Meta, Edit a template).
EDIT_LIMITS = ((1, DAY), (10, 30 * DAY))


def create(world: World, call: Call, found: None) -> dict[str, Any]:
    world.limits.check_creation()
    template = make(world.store, call.body)
    world.reviews.submitted(template)
    return {"id": template.id, "status": template.status, "category": template.category}


def make(store: Store, body: Any) -> Template:
    """A new template, PENDING; raises `Refusal`."""
    if not isinstance(body, dict):
        raise invalid("The body is a JSON object.")
    fields = check_template(body)
    check_new(store, fields)
    return store.add_template(fields, shape_of(fields))


def check_new(store: Store, fields: dict[str, Any]) -> None:
    """Whether the account may have one more template, in that language of that name; raises `Refusal`."""
    name, language = fields["name"], fields["language"]
    if (name, language) in store.templates:
        raise template_refusal(
            2388024, f"There is already {language} content for this template. Create a new one instead."
        )
    if store.locked_names.get(f"{name} {language}", 0) > store.now():
        raise template_refusal(
            2388023, f"New {language} content can't be added while the existing content is being deleted."
        )
    if len(store.templates) >= MOST_TEMPLATES:
        raise template_refusal(2388019, f"The account has {MOST_TEMPLATES} templates.")


def shape_of(fields: dict[str, Any]) -> Any:
    return read_shape(fields["category"], fields["parameter_format"], fields["components"])


def listed(world: World, call: Call, found: None) -> dict[str, Any]:
    """Filters `name` (a substring, as on some versions), `status`, `category`, `language`, `quality_score`,
    `content`, `name_or_content`; `summary` adds totals."""
    query, store = call.query, world.store
    wanted = {field: wished_values(query[name]) for name, field in FILTERS.items() if name in query}
    text: dict[str, str] = {
        name: query[name].lower() for name in ("name", "content", "name_or_content") if name in query
    }
    wished = [
        template
        for template in store.templates.values()
        if all(getattr(template, field) in values for field, values in wanted.items())
        and (not text or contains(template, text))
    ]
    answer = page(call, [chosen(record(t), query.get("fields"), DEFAULT_FIELDS) for t in wished])
    if "summary" in query:
        totals = {
            "total_count": len(wished),
            "message_template_count": len(store.templates),
            "message_template_limit": MOST_TEMPLATES,
            "are_translations_complete": True,
        }
        names = query["summary"].split(",")
        answer["summary"] = {name: totals[name] for name in names if name in totals}
    return answer


FILTERS = {"status": "status", "category": "category", "language": "language", "quality_score": "quality"}


def contains(template: Template, text: dict[str, str]) -> bool:
    content = " ".join(str(component.get("text", "")) for component in template.components).lower()
    places: dict[str, str] = {
        "name": template.name,
        "content": content,
        "name_or_content": f"{template.name} {content}",
    }
    return all(wanted in places[name] for name, wanted in text.items())


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
        "quality_score": {"score": template.quality, "date": int(template.updated)},
        "last_updated_time": int(template.updated),
    }
    for field in OPTIONAL_FIELDS:
        value = getattr(template, field)
        if value is not None:
            shown[field] = value
    return shown


def one(world: World, call: Call, template: Template) -> dict[str, Any]:
    return chosen(record(template), call.query.get("fields"), DEFAULT_FIELDS)


def edit(world: World, call: Call, template: Template) -> dict[str, Any]:
    """Replaces the components or what else may change; the template is reviewed again."""
    body = call.body if isinstance(call.body, dict) else {}
    check_editable(world.store, template)
    changes = {key: value for key, value in body.items() if key in EDIT_FIELDS}
    if not changes:
        raise required("components")
    wish = str(changes.get("category", template.category)).upper()
    if template.status == "APPROVED" and wish != template.category:
        raise invalid("category: the category of an approved template cannot be changed.")
    if wish not in CATEGORIES:
        raise invalid("category: must be one of AUTHENTICATION, MARKETING, UTILITY.")
    ttl = changes.get("message_send_ttl_seconds", template.message_send_ttl_seconds)
    check_time_to_live(ttl, wish)
    if "AUTHENTICATION" in {wish, template.category} and wish != template.category and "components" not in changes:
        raise required("components")
    whole = {
        "name": template.name,
        "language": template.language,
        "category": wish,
        "parameter_format": changes.get("parameter_format", template.parameter_format),
        "message_send_ttl_seconds": ttl,
    }
    if "components" in changes:
        fields = check_template(whole | {"components": changes["components"]})
        template.components = fields["components"]
        template.parameter_format = fields["parameter_format"]
        template.shape = shape_of(fields)
    template.category, template.message_send_ttl_seconds = wish, ttl
    if template.status == "APPROVED":
        template.edits.append(world.store.now())
    template.status, template.rejected_reason = "PENDING", "NONE"
    world.store.touch(template)
    world.reviews.submitted(template)
    return {"success": True, "id": template.id, "name": template.name, "category": template.category}


def check_editable(store: Store, template: Template) -> None:
    if template.status not in EDITABLE:
        raise template_refusal(2388006, f"A template that is {template.status} cannot be edited.")
    if template.status != "APPROVED":
        return
    now = store.now()
    for most, seconds in EDIT_LIMITS:
        if sum(now - at < seconds for at in template.edits) >= most:
            raise template_refusal(
                2388007, f"An approved template can be edited {most} time(s) in {seconds // DAY} day(s)."
            )


def delete(world: World, call: Call, found: None) -> dict[str, Any]:
    """By `name` (every language), by `name` and `hsm_id` (one), or by `hsm_ids` (all or none)."""
    if "hsm_ids" in call.query:
        wished = by_ids(world.store, call.query["hsm_ids"])
    else:
        wished = by_name(world.store, call.query.get("name"), call.query.get("hsm_id"))
    if any(template.status == "DISABLED" for template in wished):
        raise template_refusal(2388008, "A disabled template cannot be deleted.")
    world.reviews.delete(wished)
    return {"success": True}


def by_name(store: Store, name: str | None, template_id: str | None) -> list[Template]:
    if not name:
        raise required("name")
    wished = [
        template
        for template in store.templates.values()
        if template.name == name and template_id in (None, template.id)
    ]
    if not wished:
        raise not_found(f"No template is called {name}." if template_id is None else f"{name} has no such id.")
    return wished


def by_ids(store: Store, text: str) -> list[Template]:
    ids = sorted(wished_values(text))
    if len(ids) > MOST_DELETED_AT_ONCE:
        raise invalid(f"hsm_ids: at most {MOST_DELETED_AT_ONCE} at once.")
    missing = [template_id for template_id in ids if template_id not in store.templates_by_id]
    if missing or not ids:
        raise not_found(f"There is no template {', '.join(missing) or 'without an id'}.")
    return [store.templates_by_id[template_id] for template_id in ids]


def not_found(details: str) -> Refusal:
    return Refusal(100, details, message="(#100) Invalid parameter", http_status=404)


EDGES: dict[tuple[str, str, str], Handler] = {
    ("account", "GET", "message_templates"): listed,
    ("account", "POST", "message_templates"): create,
    ("account", "DELETE", "message_templates"): delete,
    ("template", "GET", ""): one,
    ("template", "POST", ""): edit,
}
