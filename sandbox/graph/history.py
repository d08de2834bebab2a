"""What became of a message, for whoever missed its webhooks (Meta, Message history)."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from sandbox.delivery_log import Wanted
from sandbox.graph.account import APP_ID
from sandbox.graph.call import Call, Handler, chosen
from sandbox.graph.paging import page
from sandbox.records import Message, Number
from sandbox.world import World

LARGEST_PAGE = 100
EVENT_FIELDS = (
    "delivery_status",
    "timestamp",
    "webhook_update_state",
    "application",
    "webhook_uri",
    "error_description",
)
UPDATE_STATES = {"delivered": "DELIVERED", "refused": "RETRYING", "failed": "RETRYING", "dropped": "FAILED"}


def history(world: World, call: Call, number: Number) -> dict[str, Any]:
    """Sent messages of the number with their status events; with `message_id` that one alone."""
    wamid, fields = call.query.get("message_id"), call.query.get("fields", "")
    if wamid:
        found = world.store.messages.get(wamid)
        wished = [found] if found and found.outbound and found.number is number else []
    else:
        wished = [each for each in reversed(world.store.messages.values()) if each.outbound and each.number is number]
    names = event_fields(fields)
    answer = page(call, wished, largest=LARGEST_PAGE)
    answer["data"] = [record(world, message, fields, names) for message in answer["data"]]
    return answer


def event_fields(fields: str) -> tuple[str, ...]:
    """The names in the braces behind `events`; none where events were not asked for."""
    found = re.search(r"\bevents(?:\{([^}]*)\})?", fields)
    if found is None:
        return ()
    return tuple(name.strip() for name in found[1].split(",")) if found[1] else EVENT_FIELDS


def record(world: World, message: Message, fields: str, names: tuple[str, ...]) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": id_of(message.wamid), "message_id": message.wamid}
    if names:
        shown["events"] = {"data": events(world, message, names)}
    return chosen(shown, fields, ("id", "message_id"))


def events(world: World, message: Message, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """`error_description` is there for a failure only."""
    shown = []
    for event in message.statuses:
        delivery = next(world.callbacks.log.latest(Wanted(event=event.status, wamid=message.wamid)), None)
        whole = {
            "id": id_of(f"{message.wamid} {event.status}"),
            "delivery_status": event.status.upper(),
            "timestamp": int(event.at),
            "webhook_update_state": UPDATE_STATES[delivery.outcome] if delivery else "PENDING",
            "application": {"id": APP_ID},
            "webhook_uri": delivery.url if delivery else world.callbacks.address(message.number.id),
        }
        if event.error:
            whole["error_description"] = event.error["title"]
        shown.append({"id": whole["id"], **{name: whole[name] for name in names if whole.get(name)}})
    return shown


def id_of(text: str) -> str:
    return str(10**15 + int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big"))


EDGES: dict[tuple[str, str, str], Handler] = {("number", "GET", "message_history"): history}
