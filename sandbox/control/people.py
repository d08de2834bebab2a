from __future__ import annotations

from typing import Any

from sandbox.acts import BadAct
from sandbox.control.operation import (
    INTEGER,
    NUMBER,
    STRING,
    Asked,
    BadRequest,
    Missing,
    Operation,
    Schema,
    digits_of,
    object_of,
)
from sandbox.people import Person, wa_id_of
from sandbox.records import Number
from sandbox.world import World

CODE = {"type": "integer", "minimum": 0}
PERSON_FIELDS: dict[str, Schema] = {
    "name": STRING,
    "offline": {"type": "boolean", "description": "the phone is off: messages are only sent, till it comes back"},
    "reads": {"type": "boolean", "description": "whether delivered messages are read"},
    "blocked": {"type": "boolean", "description": "the person has blocked the business"},
    "stopped_marketing": {"type": "boolean", "description": "the person wants no offers; Meta tells the change"},
    "hides_number": {"type": "boolean", "description": "known by a username: webhooks name the user id alone"},
    "window_open": {"type": "boolean", "description": "open or close the 24-hour window of the number"},
    "refuse": CODE | {"description": "answer sends to this person with this code; 0: accept"},
    "fail": CODE | {"description": "let accepted messages fail with this code; 0: deliver"},
    "phone_number_id": {"type": "string", "description": "whose window and preferences; else the first number"},
}
MEDIA = object_of(
    {
        "id": {"type": "string", "description": "of media that was uploaded"},
        "data": {"type": "string", "contentEncoding": "base64"},
        "mime_type": STRING,
        "caption": STRING,
        "filename": STRING,
    }
)
ORIGINAL = {"original_message_id": STRING}
SAID: dict[str, Schema] = {
    "text": STRING,
    "button": object_of({"text": STRING, "payload": STRING}, ("text", "payload")),
    "interactive": {"type": "object", "required": ["type"]},
    "image": MEDIA,
    "video": MEDIA,
    "audio": MEDIA,
    "document": MEDIA,
    "sticker": MEDIA,
    "location": object_of(
        {"latitude": NUMBER, "longitude": NUMBER, "name": STRING, "address": STRING, "url": STRING},
        ("latitude", "longitude"),
    ),
    "contacts": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["name"]}},
    "reaction": object_of({"message_id": STRING, "emoji": STRING}, ("message_id",)),
    "edit": object_of(
        ORIGINAL | {"message": {"type": "object", "required": ["type"]}}, ("original_message_id", "message")
    ),
    "revoke": object_of(ORIGINAL, ("original_message_id",)),
    "order": object_of(
        {"catalog_id": STRING, "text": STRING, "product_items": {"type": "array", "minItems": 1}},
        ("catalog_id", "product_items"),
    ),
    "unsupported": object_of({"type": STRING}),
}
REPLY: Schema = object_of(
    {
        "from": {"type": "string", "description": "any spelling of the person's number"},
        "context": {"type": "string", "description": "wamid of the message that is answered"},
        "name": {"type": "string", "description": "renames the person"},
        "phone_number_id": {"type": "string", "description": "to which number; else the first"},
        **SAID,
    },
    required=("from",),
)
SENT = object_of({"wamid": STRING}, ("wamid",))
PERSON = object_of(
    {
        "phone": STRING,
        "user_id": STRING,
        "username": STRING,
        "identity_key_hash": STRING,
        "messages": INTEGER,
        **{name: schema for name, schema in PERSON_FIELDS.items() if name != "phone_number_id"},
    }
)


def number_of(world: World, body: dict[str, Any]) -> Number:
    number_id = body.get("phone_number_id", next(iter(world.store.numbers)))
    number = world.store.numbers.get(number_id)
    if number is None:
        raise Missing(f"{number_id}: no such phone number id")
    return number


def known_person(world: World, asked: Asked) -> Person:
    digits = digits_of(asked.path["phone"])
    person = world.store.people.get(wa_id_of(digits))
    if person is None:
        raise Missing(f"{digits}: no message went to or came from this number")
    return person


def person_record(world: World, person: Person, number: Number) -> dict[str, Any]:
    return {
        "phone": person.wa_id,
        "user_id": person.user_id,
        "username": person.username,
        "identity_key_hash": person.identity_hash,
        "messages": len(person.messages),
        **{name: getattr(person, name) for name in PERSON_FIELDS if hasattr(person, name)},
        "window_open": person.window_open(number.id, world.store.now()),
    }


async def people(world: World, asked: Asked) -> Any:
    number = number_of(world, {})
    return {"people": [person_record(world, person, number) for person in world.store.people.values()]}


async def person(world: World, asked: Asked) -> Any:
    return person_record(world, known_person(world, asked), number_of(world, {}))


async def reply(world: World, asked: Asked) -> Any:
    body = asked.body
    given = [kind for kind in SAID if kind in body]
    if len(given) != 1:
        raise BadRequest(f"exactly one of {', '.join(SAID)} is required")
    kind, number = given[0], number_of(world, body)
    person = world.store.person(digits_of(body["from"]))
    person.name = body.get("name", person.name)
    content = {"body": body["text"]} if kind == "text" else body[kind]
    try:
        message = world.acts.say(person, number, kind, content, body.get("context", ""))
    except BadAct as bad:
        raise BadRequest(str(bad)) from None
    return {"wamid": message.wamid}


async def set_person(world: World, asked: Asked) -> Any:
    body = dict(asked.body)
    number = number_of(world, body)
    body.pop("phone_number_id", None)
    person = world.store.person(digits_of(asked.path["phone"]))
    if "window_open" in body:
        person.last_inbound[number.id] = world.store.now() if body.pop("window_open") else 0.0
    if "stopped_marketing" in body:
        world.acts.set_marketing(person, number, stopped=body.pop("stopped_marketing"))
    if "offline" in body:
        world.acts.set_offline(person, offline=body.pop("offline"))
    for name, value in body.items():
        setattr(person, name, value)
    if body.get("reads"):
        world.lifecycle.read_up_to_now(person)
    world.store.touch(person)
    return person_record(world, person, number)


async def tap(world: World, asked: Asked) -> Any:
    body = asked.body
    try:
        return world.acts.tap(known_person(world, asked), body["wamid"], body.get("button"), body.get("row"))
    except BadAct as bad:
        raise BadRequest(str(bad)) from None


async def change_number(world: World, asked: Asked) -> Any:
    person, number = known_person(world, asked), number_of(world, asked.body)
    try:
        message = world.acts.change_number(person, number, digits_of(asked.body["to"]))
    except BadAct as bad:
        raise BadRequest(str(bad)) from None
    return {"wamid": message.wamid, "phone": person.wa_id, "user_id": person.user_id}


OPERATIONS = (
    Operation(
        "POST",
        "reply",
        reply,
        "Say something as a person: a text, a tap, media, a place, a contact, a reaction, a correction",
        REPLY,
        answer=SENT,
    ),
    Operation(
        "GET",
        "people",
        people,
        "Everybody that the sandbox knows",
        answer=object_of({"people": {"type": "array", "items": PERSON}}),
    ),
    Operation("GET", "people/{phone}", person, "One person", answer=PERSON),
    Operation(
        "POST",
        "people/{phone}",
        set_person,
        "Change how a person's phone behaves; makes the person where it is unknown",
        object_of(PERSON_FIELDS),
        answer=PERSON,
    ),
    Operation(
        "POST",
        "people/{phone}/tap",
        tap,
        "Press a button of a message, or choose a row of its list, as the person would",
        object_of(
            {
                "wamid": STRING,
                "button": {"type": "integer", "minimum": 0, "description": "counted from 0"},
                "row": {"type": "string", "description": "id of the row"},
            },
            ("wamid",),
        ),
        answer=object_of({"wamid": STRING, "copied": STRING, "url": STRING, "phone_number": STRING}),
    ),
    Operation(
        "POST",
        "people/{phone}/change-number",
        change_number,
        "The person changes to another number: chat and settings move, the user id changes",
        object_of({"to": STRING, "phone_number_id": STRING}, ("to",)),
        answer=object_of({"wamid": STRING, "phone": STRING, "user_id": STRING}),
    ),
)
