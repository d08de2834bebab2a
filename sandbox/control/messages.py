from __future__ import annotations

from typing import Any

from starlette.requests import Request

from sandbox.control.asking import BadRequest, Missing, body_of, digits_of
from sandbox.rendering import rendered
from sandbox.store import Message
from sandbox.world import World

PERSON_FIELDS = {
    "offline": bool,
    "reads": bool,
    "window_open": bool,
    "refuse": int,
    "fail": int,
    "name": str,
}


def message_record(world: World, message: Message) -> dict[str, Any]:
    seen = rendered(message)
    same = world.store.by_callback_data.get(message.callback_data or "", [])
    template = message.template
    return {
        "wamid": message.wamid,
        "direction": "out" if message.outbound else "in",
        "to" if message.outbound else "from": message.person.wa_id,
        "phone_number_id": message.number.id,
        "type": message.type,
        "template": template and {"name": template.name, "language": template.language},
        "status": message.status,
        "callback_data": message.callback_data,
        "same_callback_data": [wamid for wamid in same if wamid != message.wamid],
        "at": message.at,
        "text": "\n".join(part for part in (seen["header"], seen["body"], seen["footer"]) if part),
        "rendered": seen,
        "statuses": [{"status": event.status, "at": event.at, "error": event.error} for event in message.statuses],
        "payload": message.payload,
    }


async def messages(world: World, request: Request) -> Any:
    """`?to=` (any spelling of the number), `?callback_data=`, `?wamid=`, `?limit=` (the latest n)."""
    store, query = world.store, request.query_params
    if "to" in query:
        person = store.people.get(digits_of(query["to"]))
        found = list(person.messages) if person else []
    else:
        found = list(store.messages.values())
    if "callback_data" in query:
        wamids = store.by_callback_data.get(query["callback_data"], [])
        found = [store.messages[wamid] for wamid in wamids]
    if "wamid" in query:
        found = [message for message in found if message.wamid == query["wamid"]]
    if "limit" in query:
        if not query["limit"].isdigit():
            raise BadRequest("limit: a whole number")
        found = found[-int(query["limit"]) :] if int(query["limit"]) else []
    doubled = {data: ids for data, ids in store.by_callback_data.items() if len(ids) > 1}
    shown = [message_record(world, message) for message in found]
    return {"count": len(store.messages), "messages": shown, "duplicates": doubled}


async def reply(world: World, request: Request) -> Any:
    """`{"from", "text"}`; or a tap: `{"from", "button": {"text", "payload"}}`,
    `{"from", "interactive": {…}}`. `context` is the wamid that is answered, `name` renames the person."""
    kinds = {"text": str, "button": dict, "interactive": dict}
    fields = {"from": str, "context": str, "name": str, "phone_number_id": str, **kinds}
    body = await body_of(request, fields)
    given = [kind for kind in kinds if body.get(kind)]
    if "from" not in body or len(given) != 1:
        raise BadRequest("from and one of text, button, interactive are required")
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


async def set_person(world: World, request: Request) -> Any:
    """`offline`, `reads`, `window_open`, `name`, `refuse` (code of the POST's answer), `fail` (code of a
    failed status); 0 takes the last two back."""
    body = await body_of(request, PERSON_FIELDS)
    person = world.store.person(digits_of(request.path_params["phone"]))
    was_offline = person.offline
    if "window_open" in body:
        person.last_inbound = world.store.now() if body.pop("window_open") else 0.0
    for name, value in body.items():
        setattr(person, name, value)
    if was_offline and not person.offline:
        world.lifecycle.came_back(person)
    world.store.version += 1
    shown = {name: getattr(person, name) for name in PERSON_FIELDS if name != "window_open"}
    return {"phone": person.wa_id, "window_open": person.window_open(world.store.now()), **shown}
