from __future__ import annotations

from typing import Any

from sandbox.account_envelopes import account_event, name_update, quality_update, security_update
from sandbox.control.operation import BOOLEAN, STRING, Asked, Missing, Operation, Schema, object_of
from sandbox.limits import THROUGHPUT
from sandbox.records import Number
from sandbox.world import World

STATUSES = (
    "CONNECTED", "PENDING", "OFFLINE", "DISCONNECTED", "MIGRATED", "BANNED", "RESTRICTED", "RATE_LIMITED", "FLAGGED",
    "DELETED", "UNVERIFIED", "UNKNOWN",
)  # fmt: skip
NUMBER_FIELDS: dict[str, Schema] = {
    "status": {"enum": list(STATUSES), "description": "only CONNECTED can send"},
    "quality_rating": {"enum": ["GREEN", "YELLOW", "RED", "UNKNOWN"]},
    "throughput": {"enum": list(THROUGHPUT)},
    "verified_name": STRING,
    "name_status": STRING,
    "display": {"type": "string", "description": "as people see it: +1 555-078-3881"},
}
SHOWN = object_of({"id": STRING, **dict.fromkeys(NUMBER_FIELDS, STRING)})
#: Field -> the values of its `event` (or `decision`); the rest of the body is the caller's.
ACCOUNT_FIELDS = ("account_update", "account_alerts", "account_review_update", "business_capability_update", "security")


def record(number: Number) -> dict[str, Any]:
    return {"id": number.id, **{name: getattr(number, name) for name in NUMBER_FIELDS}}


async def add_number(world: World, asked: Asked) -> Any:
    number = world.store.add_number(asked.body["display"], asked.body.get("verified_name", world.options.business_name))
    return record(number)


async def set_number(world: World, asked: Asked) -> Any:
    """Meta tells a change of quality, level or name by webhooks of their own."""
    body = dict(asked.body)
    tells = body.pop("tell", True)
    number = world.store.numbers.get(asked.path["number_id"])
    if number is None:
        raise Missing("no such phone number id")
    before = record(number)
    for name, value in body.items():
        setattr(number, name, value)
    world.store.touch(number)
    if tells:
        tell_changes(world, number, before)
    return record(number)


def tell_changes(world: World, number: Number, before: dict[str, Any]) -> None:
    tier, tell = world.limits.tier, world.callbacks.tell
    if (before["throughput"], number.throughput) == ("STANDARD", "HIGH"):
        tell(quality_update(number, "THROUGHPUT_UPGRADE", tier))
    if before["quality_rating"] != number.quality_rating:
        tell(quality_update(number, "FLAGGED" if number.quality_rating == "RED" else "UNFLAGGED", tier))
    if before["verified_name"] != number.verified_name:
        tell(name_update(number, "APPROVED", number.verified_name, None))


async def account_field(world: World, asked: Asked) -> Any:
    field, value = asked.body["field"], asked.body["value"]
    if field == "security":
        number = next(iter(world.store.numbers.values()))
        update = security_update(number, value.get("event", "PIN_CHANGED"), value.get("requester", "1"))
    else:
        event = str(value.get("event") or value.get("decision") or field)
        update = account_event(field, event, value, world.store.waba_id)
    world.callbacks.tell(update)
    return {"success": True}


async def set_token(world: World, asked: Asked) -> Any:
    body = asked.body
    world.store.token_expired = body.get("expired", world.store.token_expired)
    world.store.access_token = body.get("access_token", world.store.access_token)
    world.store.touch()
    return {"expired": world.store.token_expired}


OPERATIONS = (
    Operation(
        "POST",
        "numbers",
        add_number,
        "Add a phone number that can send at once",
        object_of({"display": NUMBER_FIELDS["display"], "verified_name": STRING}, ("display",)),
        answer=SHOWN,
    ),
    Operation(
        "POST",
        "numbers/{number_id}",
        set_number,
        "Change a phone number; Meta's webhooks tell it, unless `tell` is false",
        object_of({**NUMBER_FIELDS, "tell": BOOLEAN}),
        answer=SHOWN,
    ),
    Operation(
        "POST",
        "account",
        account_field,
        "Let Meta say something about the account: a review, a restriction, an alert, a new capability",
        object_of({"field": {"enum": list(ACCOUNT_FIELDS)}, "value": {"type": "object"}}, ("field", "value")),
        answer=object_of({"success": BOOLEAN}),
    ),
    Operation(
        "POST",
        "token",
        set_token,
        "Replace the access token or let it expire",
        object_of({"expired": BOOLEAN, "access_token": STRING}),
        answer=object_of({"expired": BOOLEAN}),
    ),
)
