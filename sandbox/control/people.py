from __future__ import annotations

from typing import Any

from sandbox.control.operation import (
    BOOLEAN,
    INTEGER,
    STRING,
    Asked,
    BadRequest,
    Missing,
    Operation,
    digits_of,
    object_of,
)
from sandbox.world import World

PERSON_FIELDS = {
    "offline": BOOLEAN,
    "reads": BOOLEAN,
    "window_open": BOOLEAN,
    "refuse": INTEGER,
    "fail": INTEGER,
    "name": STRING,
}
SAID = {"text": STRING, "button": {"type": "object"}, "interactive": {"type": "object"}}
REPLY = object_of(
    {"from": STRING, "context": STRING, "name": STRING, "phone_number_id": STRING, **SAID},
    required=("from",),
)


async def reply(world: World, asked: Asked) -> Any:
    """`{"from", "text"}`; or a tap: `{"from", "button": {"text", "payload"}}`,
    `{"from", "interactive": {…}}`. `context` is the wamid that is answered, `name` renames the person."""
    body = asked.body
    given = [kind for kind in SAID if body.get(kind)]
    if len(given) != 1:
        raise BadRequest("one of text, button, interactive is required")
    kind, store = given[0], world.store
    number = store.numbers.get(body.get("phone_number_id", next(iter(store.numbers))))
    if number is None:
        raise Missing("no such phone number id")
    person = store.person(digits_of(body["from"]))
    person.name = body.get("name", person.name)
    content = {"body": body["text"]} if kind == "text" else body[kind]
    payload: dict[str, Any] = {kind: content}
    if "context" in body:
        payload["context"] = {"from": number.digits, "id": body["context"]}
    message = world.lifecycle.received(person, number, kind, payload)
    return {"wamid": message.wamid}


async def set_person(world: World, asked: Asked) -> Any:
    """`offline`, `reads`, `window_open`, `name`, `refuse` (code of the POST's answer), `fail` (code of a
    failed status); 0 takes the last two back."""
    body = dict(asked.body)
    person = world.store.person(digits_of(asked.path["phone"]))
    was_offline = person.offline
    if "window_open" in body:
        number = next(iter(world.store.numbers))
        person.last_inbound[number] = world.store.now() if body.pop("window_open") else 0.0
    for name, value in body.items():
        setattr(person, name, value)
    if was_offline and not person.offline:
        world.lifecycle.came_back(person)
    world.store.touch()
    shown = {name: getattr(person, name) for name in PERSON_FIELDS if name != "window_open"}
    return {
        "phone": person.wa_id,
        "window_open": person.window_open(next(iter(world.store.numbers)), world.store.now()),
        **shown,
    }


OPERATIONS = (
    Operation("POST", "reply", reply, "Say something as a person", REPLY),
    Operation("POST", "people/{phone}", set_person, "Change how a person's phone behaves", object_of(PERSON_FIELDS)),
)
