from __future__ import annotations

from typing import Any

from sandbox.control.operation import (
    NUMBER,
    STRING,
    Asked,
    BadRequest,
    Operation,
    digits_of,
    object_of,
)
from sandbox.people import wa_id_of
from sandbox.records import Message
from sandbox.rendering import rendered
from sandbox.world import World


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


async def messages(world: World, asked: Asked) -> Any:
    """`?to=` (any spelling of the number), `?callback_data=`, `?wamid=`, `?limit=` (the latest n)."""
    store, query = world.store, asked.query
    if "to" in query:
        person = store.people.get(wa_id_of(digits_of(query["to"])))
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


NULLABLE_OBJECT = {"type": ["object", "null"]}
RENDERED = object_of(
    {
        "header": STRING,
        "body": STRING,
        "footer": STRING,
        "buttons": {"type": "array", "items": {"type": "object", "required": ["type", "text"]}},
        "media": NULLABLE_OBJECT,
        "location": NULLABLE_OBJECT,
        "contacts": {"type": "array", "items": object_of({"name": STRING, "phone": STRING})},
        "list": NULLABLE_OBJECT,
    }
)
MESSAGE = object_of(
    {
        "wamid": STRING,
        "direction": {"enum": ["out", "in"], "description": "out: from the business"},
        "to": {"type": "string", "description": "of one that goes out"},
        "from": {"type": "string", "description": "of one that comes in"},
        "phone_number_id": STRING,
        "type": STRING,
        "template": {"anyOf": [object_of({"name": STRING, "language": STRING}), {"type": "null"}]},
        "status": STRING,
        "callback_data": {"type": ["string", "null"]},
        "same_callback_data": {"type": "array", "items": STRING, "description": "other messages with the same"},
        "at": {"type": "number", "description": "Unix seconds"},
        "text": {"type": "string", "description": "header, body and footer as the person reads them"},
        "rendered": RENDERED,
        "statuses": {
            "type": "array",
            "items": object_of({"status": STRING, "at": NUMBER, "error": NULLABLE_OBJECT}),
        },
        "payload": {"type": "object", "description": "as it was sent"},
    }
)
MESSAGES = object_of(
    {
        "count": {"type": "integer", "description": "all that the sandbox remembers"},
        "messages": {"type": "array", "items": MESSAGE},
        "duplicates": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": STRING},
            "description": "callback data that several messages share, with their wamids",
        },
    }
)
OPERATIONS = (
    Operation(
        "GET",
        "messages",
        messages,
        "Messages in both directions, oldest first, as the phone shows them and with their statuses",
        query={
            "to": "only the messages with this person, any spelling of the number",
            "callback_data": "only the messages with this biz_opaque_callback_data",
            "wamid": "only this message",
            "limit": "only the latest n",
        },
        answer=MESSAGES,
    ),
)
