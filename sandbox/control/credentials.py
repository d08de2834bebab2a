from __future__ import annotations

from typing import Any

from sandbox.control.numbers import SHOWN, record
from sandbox.control.operation import BOOLEAN, STRING, Asked, Operation, object_of
from sandbox.world import World

CREDENTIALS = object_of(
    {
        "waba_id": STRING,
        "business_name": STRING,
        "access_token": STRING,
        "expired": BOOLEAN,
        "app_secret": STRING,
        "verify_token": STRING,
        "webhook_url": STRING,
        "subscribed": {"type": "boolean", "description": "whether webhooks about messages are sent at all"},
        "data": {"type": "string", "description": "file that keeps everything; empty: memory only"},
        "numbers": {"type": "array", "items": SHOWN},
    }
)


async def credentials(world: World, asked: Asked) -> Any:
    store = world.store
    return {
        "waba_id": store.waba_id,
        "business_name": world.options.business_name,
        "access_token": store.access_token,
        "expired": store.token_expired,
        "app_secret": world.callbacks.app_secret,
        "verify_token": world.verify_token,
        "webhook_url": world.callbacks.url,
        "subscribed": store.subscribed,
        "data": world.options.data,
        "numbers": [record(number) for number in store.numbers.values()],
    }


async def subscribe(world: World, asked: Asked) -> Any:
    world.store.subscribed = asked.body["subscribed"]
    world.store.touch()
    return {"subscribed": world.store.subscribed}


OPERATIONS = (
    Operation(
        "GET", "account", credentials, "What a client needs to know, and the account's numbers", answer=CREDENTIALS
    ),
    Operation(
        "POST",
        "subscribed",
        subscribe,
        "Subscribe the app to the account, or take that back: then no webhook tells of messages",
        object_of({"subscribed": BOOLEAN}, ("subscribed",)),
        answer=object_of({"subscribed": BOOLEAN}),
    ),
)
