from __future__ import annotations

from typing import Any

from sandbox.control.operation import BOOLEAN, STRING, Asked, Missing, Operation, object_of
from sandbox.world import World

NUMBER_FIELDS = {
    "status": STRING,
    "quality_rating": STRING,
    "throughput": STRING,
    "verified_name": STRING,
    "display": STRING,
}


async def health(world: World, asked: Asked) -> Any:
    store, callbacks = world.store, world.callbacks
    return {
        "status": "ok",
        "waba_id": store.waba_id,
        "phone_number_ids": list(store.numbers),
        "messages": len(store.messages),
        "templates": len(store.templates),
        "faults": len(world.chaos.faults),
        "webhook": {
            "url": callbacks.url,
            "verified": world.verification.verified,
            "outcome": world.verification.outcome,
            "subscribed": store.subscribed,
            "waiting": callbacks.waiting,
            "delivered": callbacks.delivered,
        },
    }


async def set_number(world: World, asked: Asked) -> Any:
    body = asked.body
    number = world.store.numbers.get(asked.path["number_id"])
    if number is None:
        raise Missing("no such phone number id")
    for name, value in body.items():
        setattr(number, name, value)
    return {"id": number.id, **{name: getattr(number, name) for name in NUMBER_FIELDS}}


async def set_token(world: World, asked: Asked) -> Any:
    body = asked.body
    world.store.token_expired = body.get("expired", world.store.token_expired)
    world.store.access_token = body.get("access_token", world.store.access_token)
    return {"expired": world.store.token_expired}


async def reset(world: World, asked: Asked) -> Any:
    world.reset()
    return {"success": True}


OPERATIONS = (
    Operation("GET", "health", health, "What is here and whether the webhook is verified"),
    Operation("POST", "numbers/{number_id}", set_number, "Change a phone number", object_of(NUMBER_FIELDS)),
    Operation(
        "POST",
        "token",
        set_token,
        "Replace the access token or let it expire",
        object_of({"expired": BOOLEAN, "access_token": STRING}),
    ),
    Operation("POST", "reset", reset, "Back to the start; the webhook address stays"),
)
