from __future__ import annotations

from typing import Any

from sandbox.control.operation import STRING, Asked, Operation, object_of
from sandbox.world import World


async def webhooks(world: World, asked: Asked) -> Any:
    deliveries = [delivery.as_json() for delivery in world.callbacks.deliveries]
    return {
        "verified": world.verification.verified,
        "outcome": world.verification.outcome,
        "waiting": world.callbacks.waiting,
        "deliveries": deliveries,
    }


async def set_webhook(world: World, asked: Asked) -> Any:
    body = asked.body
    world.callbacks.url = body.get("url", world.callbacks.url)
    world.callbacks.app_secret = body.get("app_secret", world.callbacks.app_secret)
    world.verify_token = body.get("verify_token", world.verify_token)
    world.verify()
    return {"url": world.callbacks.url}


OPERATIONS = (
    Operation("GET", "webhooks", webhooks, "What was posted to the webhook, and what came of it"),
    Operation(
        "POST",
        "webhook",
        set_webhook,
        "Change where webhooks go and how they are signed, and verify the address again",
        object_of({"url": STRING, "app_secret": STRING, "verify_token": STRING}),
    ),
)
