from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.control.operation import STRING, Asked, BadRequest, Missing, Operation, Schema, object_of
from sandbox.graph.templates import make
from sandbox.records import Template
from sandbox.reviews import Reviews
from sandbox.rules.refusal import Refusal
from sandbox.world import World

REASONS = (
    "ABUSIVE_CONTENT",
    "INCORRECT_CATEGORY",
    "INVALID_FORMAT",
    "PROMOTIONAL",
    "SCAM",
    "TAG_CONTENT_MISMATCH",
)
CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
SCORES = ("GREEN", "YELLOW", "RED", "UNKNOWN")
FIELDS = (
    "id",
    "name",
    "language",
    "category",
    "parameter_format",
    "message_send_ttl_seconds",
    "status",
    "rejected_reason",
    "quality",
    "previous_category",
    "correct_category",
    "pauses",
    "updated",
    "components",
)
#: Acts that need nothing but the template.
PLAIN: dict[str, Callable[[Reviews, Template], None]] = {
    "approve": Reviews.approve,
    "pause": Reviews.pause,
    "unpause": Reviews.unpause,
    "disable": Reviews.disable,
    "flag": Reviews.flag,
    "appeal": Reviews.appeal,
    "reinstate": Reviews.reinstate,
    "archive": Reviews.archive,
    "unarchive": Reviews.unarchive,
}
ACTIONS = (*PLAIN, "reject", "category", "quality", "delete")
ACT: Schema = object_of(
    {
        "language": {"type": "string", "description": "only this language; else all"},
        "reason": {"enum": list(REASONS), "description": "for reject; else INVALID_FORMAT"},
        "category": {"enum": list(CATEGORIES), "description": "for category"},
        "announced": {"type": "boolean", "description": "for category: in a day, and told beforehand"},
        "score": {"enum": list(SCORES), "description": "for quality"},
    }
)
TEMPLATE = object_of({name: {} for name in FIELDS} | {"id": STRING, "name": STRING, "status": STRING})
TEMPLATES = object_of({"templates": {"type": "array", "items": TEMPLATE}})


def template_record(template: Template) -> dict[str, Any]:
    return {name: getattr(template, name) for name in FIELDS}


async def list_templates(world: World, asked: Asked) -> Any:
    return {"templates": [template_record(template) for template in world.store.templates.values()]}


async def add_template(world: World, asked: Asked) -> Any:
    """Checked like a creation at Meta, and approved at once."""
    try:
        template = make(world.store, asked.body)
    except Refusal as refusal:
        raise BadRequest(refusal.details or refusal.message) from None
    world.reviews.approve(template)
    return template_record(template)


async def act_on_template(world: World, asked: Asked) -> Any:
    body, name, action = asked.body, asked.path["name"], asked.path["action"]
    if action not in ACTIONS:
        raise BadRequest(f"action: one of {', '.join(ACTIONS)}")
    found = [
        template
        for template in world.store.templates.values()
        if template.name == name and body.get("language") in (None, template.language)
    ]
    if not found:
        raise Missing(f"no template is called {name}")
    for template in found:
        act(world.reviews, template, action, body)
    if action == "delete":
        world.reviews.delete(found)
    return {"templates": [template_record(template) for template in found]}


def act(reviews: Reviews, template: Template, action: str, body: dict[str, Any]) -> None:
    if action in PLAIN:
        PLAIN[action](reviews, template)
    elif action == "reject":
        reviews.reject(template, body.get("reason", "INVALID_FORMAT"))
    elif action == "category":
        reviews.change_category(template, wished(body, "category"), announced=body.get("announced", False))
    elif action == "quality":
        reviews.change_quality(template, wished(body, "score"))


def wished(body: dict[str, Any], name: str) -> str:
    if name not in body:
        raise BadRequest(f"{name} required")
    return str(body[name])


OPERATIONS = (
    Operation("GET", "templates", list_templates, "All templates with their components", answer=TEMPLATES),
    Operation(
        "POST",
        "templates",
        add_template,
        "Add a template that is approved at once; the body is that of a creation at Meta",
        {"type": "object"},
        answer=TEMPLATE,
    ),
    Operation(
        "POST",
        "templates/{name}/{action}",
        act_on_template,
        f"Do to a template what Meta does: {', '.join(ACTIONS)}",
        ACT,
        answer=TEMPLATES,
    ),
)
