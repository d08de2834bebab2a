from __future__ import annotations

from typing import Any

from sandbox.control.operation import STRING, Asked, BadRequest, Missing, Operation, object_of
from sandbox.store import Template
from sandbox.world import World

REASONS = {
    "ABUSIVE_CONTENT",
    "INCORRECT_CATEGORY",
    "INVALID_FORMAT",
    "PROMOTIONAL",
    "SCAM",
    "TAG_CONTENT_MISMATCH",
}


async def list_templates(world: World, asked: Asked) -> Any:
    return {"templates": [template_record(template) for template in world.store.templates.values()]}


def template_record(template: Template) -> dict[str, Any]:
    names = ("id", "name", "language", "category", "status", "rejected_reason", "components")
    return {name: getattr(template, name) for name in names}


async def act_on_template(world: World, asked: Asked) -> Any:
    """`approve`, `reject` (`{"reason"}`), `pause`, `disable`; every language, or only `{"language"}`."""
    body = asked.body
    name, action = asked.path["name"], asked.path["action"]
    found = [
        template
        for template in world.store.templates.values()
        if template.name == name and body.get("language") in (None, template.language)
    ]
    if not found:
        raise Missing(f"no template is called {name}")
    reason = body.get("reason", "INVALID_FORMAT")
    if reason not in REASONS:
        raise BadRequest(f"reason: one of {', '.join(sorted(REASONS))}")
    for template in found:
        if action == "reject":
            world.lifecycle.reject(template, reason)
        elif action in {"approve", "pause", "disable"}:
            getattr(world.lifecycle, action)(template)
        else:
            raise BadRequest("action: one of approve, reject, pause, disable")
    return {"templates": [template_record(template) for template in found]}


OPERATIONS = (
    Operation("GET", "templates", list_templates, "All templates with their components"),
    Operation(
        "POST",
        "templates/{name}/{action}",
        act_on_template,
        "Do what Meta's review does: approve, reject, pause, disable",
        object_of({"reason": STRING, "language": STRING}),
    ),
)
