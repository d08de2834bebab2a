"""What goes beyond one template: upsert, previews, archive, comparison (Meta, Message templates)."""

from __future__ import annotations

from typing import Any

from sandbox.graph.call import Call, Handler
from sandbox.graph.templates import EDITABLE, by_ids, check_new, make, shape_of, wished_values
from sandbox.records import Template
from sandbox.rules.authentication import read_back
from sandbox.rules.languages import LANGUAGES
from sandbox.rules.refusal import invalid, required, template_refusal
from sandbox.rules.template_create import check_template
from sandbox.world import World

#: The texts of these buttons are Meta's in every language.
OWN_WORDS = {"text", "autofill_text"}
UNPAUSE_AFTER_SECONDS = 300


def upsert(world: World, call: Call, found: None) -> dict[str, Any]:
    """One authentication template in several languages: made where it is missing, replaced where it is there."""
    body = call.body if isinstance(call.body, dict) else {}
    languages = body.get("languages")
    if not isinstance(languages, list) or not languages:
        raise required("languages")
    if str(body.get("category", "")).upper() != "AUTHENTICATION":
        raise invalid("category: only AUTHENTICATION templates can be upserted.")
    refuse_own_words(body.get("components"))
    definition = {key: value for key, value in body.items() if key != "languages"}
    wishes = [definition | {"language": language} for language in languages]
    for wish in wishes:
        check_upsert(world, wish)
    templates = [put(world, wish) for wish in wishes]
    return {"data": [{"id": each.id, "status": each.status, "language": each.language} for each in templates]}


def check_upsert(world: World, wish: dict[str, Any]) -> None:
    """All languages are checked before the first is made: all or nothing. Raises `Refusal`."""
    fields = check_template(wish)
    template = world.store.templates.get((fields["name"], fields["language"]))
    if template is None:
        world.limits.check_creation()
        check_new(world.store, fields)
    elif template.category != "AUTHENTICATION":
        raise invalid(f"name: the {template.language} template of this name is not of the category AUTHENTICATION.")
    elif template.status not in EDITABLE | {"PENDING"}:
        raise template_refusal(2388006, f"A template that is {template.status} cannot be edited.")


def refuse_own_words(components: Any) -> None:
    for component in components if isinstance(components, list) else ():
        buttons = component.get("buttons") if isinstance(component, dict) else None
        for button in buttons if isinstance(buttons, list) else ():
            if isinstance(button, dict) and OWN_WORDS & set(button):
                raise invalid("components: text and autofill_text are not allowed; Meta translates them.")


def put(world: World, wish: dict[str, Any]) -> Template:
    template = world.store.templates.get((wish["name"], wish["language"]))
    if template is None:
        template = make(world.store, wish)
    else:
        fields = check_template(wish)
        template.components, template.shape = fields["components"], shape_of(fields)
        template.message_send_ttl_seconds = fields["message_send_ttl_seconds"]
        template.status, template.rejected_reason = "PENDING", "NONE"
        world.store.touch(template)
    world.reviews.submitted(template)
    return template


def previews(world: World, call: Call, found: None) -> dict[str, Any]:
    """Meta's fixed texts of authentication templates, per language."""
    query = call.query
    if query.get("category", "").upper() != "AUTHENTICATION":
        raise invalid("category: must be AUTHENTICATION.")
    body = {"type": "BODY", "add_security_recommendation": query.get("add_security_recommendation") == "true"}
    components: list[dict[str, Any]] = [body]
    if "code_expiration_minutes" in query:
        components.append({"type": "FOOTER", "code_expiration_minutes": minutes(query["code_expiration_minutes"])})
    components.append({"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]})
    languages = query.get("languages", "")
    asked = sorted(wished_values(languages)) if languages else sorted(LANGUAGES)
    unknown = [language for language in asked if language not in LANGUAGES]
    if unknown:
        raise invalid(f"languages: {unknown[0]} is not a supported language code.")
    return {"data": [preview(components, language) for language in asked]}


def minutes(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 90:
        raise invalid("code_expiration_minutes: a whole number from 1 to 90.")
    return int(text)


def preview(components: list[dict[str, Any]], language: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"language": language}
    for component in read_back(components, language):
        kind = component["type"].lower()
        if kind == "buttons":
            shown["buttons"] = [{"text": button["text"]} for button in component["buttons"]]
        else:
            shown[kind] = component["text"]
    return shown


def unpause(world: World, call: Call, template: Template) -> dict[str, Any]:
    """Five minutes after a pause at the earliest (Meta, Template pacing)."""
    if template.status != "PAUSED":
        return {"success": False, "reason": "The template is not paused."}
    if world.store.now() - template.paused_at < UNPAUSE_AFTER_SECONDS:
        return {"success": False, "reason": "Wait five minutes after the pause."}
    world.reviews.unpause(template)
    return {"success": True}


def archive(world: World, call: Call, found: None) -> dict[str, Any]:
    templates = named(world, call)
    for template in templates:
        world.reviews.archive(template)
    return {"archived_templates": [template.id for template in templates], "failed_templates": {}}


def unarchive(world: World, call: Call, found: None) -> dict[str, Any]:
    templates = named(world, call)
    if any(template.status != "ARCHIVED" for template in templates):
        raise invalid("hsm_ids: only archived templates.")
    for template in templates:
        world.reviews.unarchive(template)
    return {"unarchived_templates": [template.id for template in templates], "failed_templates": {}}


def named(world: World, call: Call) -> list[Template]:
    ids = call.body.get("hsm_ids") if isinstance(call.body, dict) else None
    if not ids:
        raise required("hsm_ids")
    if not isinstance(ids, str | list):
        raise invalid("hsm_ids: ids with commas between.")
    return by_ids(world.store, ids if isinstance(ids, str) else ",".join(map(str, ids)))


def compare(world: World, call: Call, template: Template) -> dict[str, Any]:
    """Two templates by what people blocked after them, lowest share first, and how often each was sent from `start`
    to `end`, in Unix seconds (Meta, Template comparison)."""
    query = call.query
    for name in ("template_ids", "start", "end"):
        if not query.get(name):
            raise required(name)
    if not (query["start"].isdecimal() and query["end"].isdecimal()):
        raise invalid("start and end: Unix seconds.")
    pair = [template, *by_ids(world.store, query["template_ids"])]
    if len({each.id for each in pair}) != 2:
        raise invalid("template_ids: one other template.")
    sends, blocks = counted(world, pair, int(query["start"]), int(query["end"]))
    rates = {each: blocks[each] / sends[each] if sends[each] else 0.0 for each in sends}
    reasons = [{"key": each, "value": "UNKNOWN_BLOCK_REASON"} for each in sends]
    numbers = [{"key": each, "value": count} for each, count in sends.items()]
    return {
        "data": [
            {
                "metric": "BLOCK_RATE",
                "type": "RELATIVE",
                "order_by_relative_metric": sorted(rates, key=rates.__getitem__),
            },
            {"metric": "MESSAGE_SENDS", "type": "NUMBER_VALUES", "number_values": numbers},
            {"metric": "TOP_BLOCK_REASON", "type": "STRING_VALUES", "string_values": reasons},
        ]
    }


def counted(world: World, templates: list[Template], start: int, end: int) -> tuple[dict[str, int], dict[str, int]]:
    """Messages by the id of their template, and those whose person had blocked the business."""
    sends, blocks = {each.id: 0 for each in templates}, {each.id: 0 for each in templates}
    for message in world.store.messages.values():
        if message.template in templates and message.template is not None and start <= message.at <= end:
            sends[message.template.id] += 1
            blocks[message.template.id] += message.person.blocked
    return sends, blocks


EDGES: dict[tuple[str, str, str], Handler] = {
    ("account", "POST", "upsert_message_templates"): upsert,
    ("account", "GET", "message_template_previews"): previews,
    ("template", "POST", "unpause"): unpause,
    ("template", "GET", "compare"): compare,
    ("account", "POST", "message_templates/archive"): archive,
    ("account", "POST", "message_templates/unarchive"): unarchive,
}
