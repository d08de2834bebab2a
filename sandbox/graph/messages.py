"""POST /{phone number id}/messages (Meta, Cloud API, Messages)."""

from __future__ import annotations

from typing import Any

from sandbox.graph.call import Call, Handler
from sandbox.people import Person
from sandbox.records import Message, Number, Template
from sandbox.rules.media import KINDS, bare, media_in
from sandbox.rules.message import check_product, check_shape, recipient_digits
from sandbox.rules.refusal import Refusal, invalid, required, unknown_object
from sandbox.rules.template_send import check_parameters
from sandbox.store import Store
from sandbox.world import World

TYPING_SECONDS = 25


def send(world: World, call: Call, number: Number, *, lite: bool = False) -> dict[str, Any]:
    """Meta's answer to the POST; raises `Refusal`. Order: product, recipient, shape, template, parameters,
    then what concerns the number and the person."""
    payload = call.body
    check_product(payload)
    if "status" in payload:
        return mark_read(world.store, number, payload)
    digits = recipient_digits(payload)
    kind = check_shape(payload)
    template = find_template(world.store, payload["template"]) if kind == "template" else None
    if template is not None:
        if not digits and template.shape.authentication:
            raise Refusal(131062, "Send authentication templates to a phone number.")
        check_parameters(template.shape, payload["template"].get("components"))
    if kind != "text":
        check_media_ids(world.store, kind, payload)
    check_number(number, digits)
    person = find_person(world.store, digits, payload)
    if person.refuse:
        raise Refusal(person.refuse)
    world.limits.check_send(number, person, template)
    message = world.store.add_outbound(person, number, kind, payload, template)
    message.lite = lite
    world.lifecycle.accepted(message)
    return answer(message, digits, payload)


def send_marketing(world: World, call: Call, number: Number) -> dict[str, Any]:
    """The same for marketing templates alone (Meta, Marketing Messages API)."""
    payload = call.body
    check_product(payload)
    recipient_digits(payload)
    if payload.get("type") != "template" or not isinstance(payload.get("template"), dict):
        raise Refusal(131009, "type: only marketing templates are sent here")
    if not isinstance(payload.get("message_activity_sharing", False), bool):
        raise invalid("message_activity_sharing: true or false.")
    check_shape(payload)
    if find_template(world.store, payload["template"]).category != "MARKETING":
        raise Refusal(131009, "template: only marketing templates are sent here")
    return send(world, call, number, lite=True)


def check_media_ids(store: Store, kind: str, payload: dict[str, Any]) -> None:
    """Media named by id must be here and of the right kind."""
    for wanted, content in media_in(kind, payload):
        media_id = content.get("id")
        if not media_id:
            continue
        media = store.media.get(str(media_id))
        if media is None or media.gone(store.now()):
            raise Refusal(131009, f"{wanted}.id: there is no media {media_id}")
        if bare(media.mime_type) not in KINDS[wanted].mime_types:
            raise Refusal(131053, f"{wanted}.id: media {media_id} is {media.mime_type}")


def find_template(store: Store, reference: dict[str, Any]) -> Template:
    name, language = reference["name"], reference["language"]["code"]
    template = store.templates.get((name, language))
    if template is not None and template.status == "APPROVED":
        return template
    if template is not None and template.status == "PAUSED":
        raise Refusal(132015, f"template name ({name}) is paused in {language}")
    if template is not None and template.status == "DISABLED":
        raise Refusal(132016, f"template name ({name}) is disabled in {language}")
    raise Refusal(132001, f"template name ({name}) does not exist in {language}")


def check_number(number: Number, digits: str) -> None:
    if number.status != "CONNECTED":
        raise Refusal(133010)
    if digits == number.digits:
        raise Refusal(131021)


def find_person(store: Store, digits: str, payload: dict[str, Any]) -> Person:
    if digits:
        return store.person(digits)
    person = store.by_user_id.get(payload["recipient"])
    if person is None:
        raise unknown_object(payload["recipient"])
    return person


def answer(message: Message, digits: str, payload: dict[str, Any]) -> dict[str, Any]:
    if digits:
        contact = {"input": payload["to"], "wa_id": message.person.wa_id}
    else:
        contact = {"input": payload["recipient"], "user_id": message.person.user_id}
    accepted = {"id": message.wamid}
    if message.template is not None:
        accepted["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [accepted]}


def mark_read(store: Store, number: Number, payload: dict[str, Any]) -> dict[str, Any]:
    """A read receipt also covers all earlier messages of that person to the number."""
    if payload["status"] != "read":
        raise invalid("status: must be read.")
    if not isinstance(payload.get("message_id"), str):
        raise required("message_id")
    typing = payload.get("typing_indicator")
    if typing is not None and (not isinstance(typing, dict) or typing.get("type") != "text"):
        raise invalid("typing_indicator: must be of type text.")
    message = store.messages.get(payload["message_id"])
    if message is None or message.outbound or message.number is not number:
        raise invalid("message_id: no received message has this id.")
    for earlier in reversed(message.person.messages):
        if not earlier.outbound and earlier.number is number and earlier.at <= message.at:
            if earlier.status == "read":
                break
            store.record_status(earlier, "read")
    if typing is not None:
        message.person.typing_until = store.now() + TYPING_SECONDS
        store.touch(message.person)
    return {"success": True}


EDGES: dict[tuple[str, str, str], Handler] = {
    ("number", "POST", "messages"): send,
    ("number", "POST", "marketing_messages"): send_marketing,
}
