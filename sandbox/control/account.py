from __future__ import annotations

import math
from typing import Any

from sandbox.clock import Clock
from sandbox.control.operation import INTEGER, NUMBER, STRING, Asked, BadRequest, Operation, Schema, object_of
from sandbox.limits import CREATIONS_PER_HOUR, TIERS
from sandbox.snapshot import BadSnapshot, dump, load
from sandbox.world import World

LONGEST_STEP = 366 * 24 * 3600
SHOWN_STEPS = 12
#: What a planned call is, by the name of its function.
STEPS = {
    "_step": "the next status of a message",
    "fail": "a message fails",
    "_review": "the review of a template",
    "_end_of_pause": "the pause of a template ends",
    "_change_announced": "an announced change of category",
    "put_nowait": "a webhook is posted again",
    "_delay_ends": "a delayed webhook is posted",
    "_flush": "collected webhooks are posted",
}
WEBHOOK = object_of(
    {
        "url": STRING,
        "verified": {"type": "boolean"},
        "outcome": STRING,
        "subscribed": {"type": "boolean"},
        "waiting": INTEGER,
        "delivered": INTEGER,
    }
)
HEALTH = object_of(
    {
        "status": STRING,
        "waba_id": STRING,
        "phone_number_ids": {"type": "array", "items": STRING},
        "messages": INTEGER,
        "templates": INTEGER,
        "faults": INTEGER,
        "webhook": WEBHOOK,
    }
)
CLOCK = object_of(
    {
        "now": NUMBER,
        "manual": {"type": "boolean"},
        "planned": {"type": "integer", "description": "what is still to happen"},
        "happened": {"type": "integer", "description": "what fell due with this step"},
        "coming": {
            "type": "array",
            "description": "the next of what is planned",
            "items": object_of({"at": NUMBER, "what": STRING}),
        },
    }
)
LIMITS = object_of(
    {
        "enforced": {"type": "boolean"},
        "tier": {"enum": list(TIERS)},
        "people_reached": INTEGER,
        "management_calls": INTEGER,
        "templates_created": INTEGER,
        "most_people": {"type": ["integer", "null"], "description": "in 24 hours; null: any number"},
        "most_management_calls": {"type": "integer", "description": "in an hour"},
        "most_templates_created": {"type": "integer", "description": "in an hour"},
    }
)
SUCCESS: Schema = object_of({"success": {"type": "boolean"}})


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


async def reset(world: World, asked: Asked) -> Any:
    world.reset()
    return {"success": True}


def clock_record(clock: Clock, happened: int = 0) -> dict[str, Any]:
    return {
        "now": clock.now(),
        "manual": clock.manual,
        "planned": clock.planned,
        "happened": happened,
        "coming": [{"at": at, "what": STEPS.get(step, step)} for at, step in clock.coming(SHOWN_STEPS)],
    }


async def clock(world: World, asked: Asked) -> Any:
    return clock_record(world.clock)


async def advance(world: World, asked: Asked) -> Any:
    happened = world.clock.advance(asked.body["advance"])
    world.store.touch()
    return clock_record(world.clock, happened)


def limits_record(world: World) -> dict[str, Any]:
    most = TIERS[world.limits.tier]
    return {
        **world.limits.as_json(),
        "most_people": None if math.isinf(most) else int(most),
        "most_management_calls": world.limits.most_calls,
        "most_templates_created": CREATIONS_PER_HOUR,
    }


async def limits(world: World, asked: Asked) -> Any:
    return limits_record(world)


async def set_limits(world: World, asked: Asked) -> Any:
    world.limits.enforced = asked.body.get("enforced", world.limits.enforced)
    world.limits.tier = asked.body.get("tier", world.limits.tier)
    world.store.touch()
    return limits_record(world)


async def export(world: World, asked: Asked) -> Any:
    return dump(world.store)


async def import_(world: World, asked: Asked) -> Any:
    try:
        load(world.store, asked.body)
    except BadSnapshot as bad:
        raise BadRequest(str(bad)) from None
    return {"success": True}


OPERATIONS = (
    Operation("GET", "health", health, "What is here and whether the webhook is verified", answer=HEALTH),
    Operation("POST", "reset", reset, "Back to the start; the webhook address stays", answer=SUCCESS),
    Operation("GET", "clock", clock, "The sandbox's time", answer=CLOCK),
    Operation(
        "POST",
        "clock",
        advance,
        "Move time forward: statuses, reviews, windows and pauses that fall due happen at once, in their order",
        object_of(
            {
                "advance": {
                    "type": "number",
                    "minimum": 0,
                    "maximum": LONGEST_STEP,
                    "description": "seconds",
                }
            },
            ("advance",),
        ),
        answer=CLOCK,
    ),
    Operation("GET", "limits", limits, "Whether Meta's limits hold, and how much of them is used", answer=LIMITS),
    Operation(
        "POST",
        "limits",
        set_limits,
        "Switch Meta's limits on or off, or change the messaging limit",
        object_of({"enforced": {"type": "boolean"}, "tier": {"enum": list(TIERS)}}),
        answer=LIMITS,
    ),
    Operation("GET", "export", export, "Everything as one document, for `import`", answer={"type": "object"}),
    Operation(
        "POST",
        "import",
        import_,
        "Replace everything by what an export holds",
        {"type": "object"},
        answer=SUCCESS,
    ),
)
