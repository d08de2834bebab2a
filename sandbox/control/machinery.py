from __future__ import annotations

from typing import Any

from starlette.requests import Request

from sandbox.chaos import BadFault
from sandbox.control.asking import BadRequest, Missing, body_of
from sandbox.world import World

NUMBER_FIELDS = {
    "status": str,
    "quality_rating": str,
    "throughput": str,
    "verified_name": str,
    "display": str,
}


async def health(world: World, request: Request) -> Any:
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


async def webhooks(world: World, request: Request) -> Any:
    deliveries = [delivery.as_json() for delivery in world.callbacks.deliveries]
    return {
        "verified": world.verification.verified,
        "outcome": world.verification.outcome,
        "waiting": world.callbacks.waiting,
        "deliveries": deliveries,
    }


async def set_webhook(world: World, request: Request) -> Any:
    body = await body_of(request, {"url": str, "app_secret": str, "verify_token": str})
    world.callbacks.url = body.get("url", world.callbacks.url)
    world.callbacks.app_secret = body.get("app_secret", world.callbacks.app_secret)
    world.verify_token = body.get("verify_token", world.verify_token)
    world.verify()
    return {"url": world.callbacks.url}


async def set_number(world: World, request: Request) -> Any:
    body = await body_of(request, NUMBER_FIELDS)
    number = world.store.numbers.get(request.path_params["number_id"])
    if number is None:
        raise Missing("no such phone number id")
    for name, value in body.items():
        setattr(number, name, value)
    return {"id": number.id, **{name: getattr(number, name) for name in NUMBER_FIELDS}}


async def set_token(world: World, request: Request) -> Any:
    body = await body_of(request, {"expired": bool, "access_token": str})
    world.store.token_expired = body.get("expired", world.store.token_expired)
    world.store.access_token = body.get("access_token", world.store.access_token)
    return {"expired": world.store.token_expired}


async def add_fault(world: World, request: Request) -> Any:
    try:
        return world.chaos.add(await request.json()).as_json()
    except BadFault as bad:
        raise BadRequest(str(bad)) from None
    except ValueError:
        raise BadRequest("the body is not valid JSON") from None


async def list_faults(world: World, request: Request) -> Any:
    return {"faults": [fault.as_json() for fault in world.chaos.faults.values()]}


async def remove_faults(world: World, request: Request) -> Any:
    fault_id = request.path_params.get("fault_id")
    removed = world.chaos.remove(fault_id)
    if fault_id is not None and not removed:
        raise Missing("no such fault")
    world.callbacks.release()
    return {"removed": [fault.id for fault in removed]}


async def reset(world: World, request: Request) -> Any:
    world.reset()
    return {"success": True}
