from __future__ import annotations

from typing import Any

from sandbox.chaos import BadFault
from sandbox.control.operation import INTEGER, STRING, Asked, BadRequest, Missing, Operation, object_of
from sandbox.fault_kinds import KINDS, TARGETS, documented, wish_schema
from sandbox.fault_presets import PRESETS
from sandbox.world import World


async def list_faults(world: World, asked: Asked) -> Any:
    return {"faults": shown(world.chaos.faults.values())}


def shown(faults: Any) -> list[dict[str, Any]]:
    return [fault.as_json() for fault in faults]


async def list_kinds(world: World, asked: Asked) -> Any:
    presets = [
        {"name": name, "meaning": preset.meaning, "faults": list(preset.wishes)} for name, preset in PRESETS.items()
    ]
    return {**documented(), "presets": presets}


async def add_fault(world: World, asked: Asked) -> Any:
    try:
        fault = world.chaos.add(asked.body)
    except BadFault as bad:
        raise BadRequest(str(bad)) from None
    world.store.touch()
    return fault.as_json()


async def add_preset(world: World, asked: Asked) -> Any:
    name = asked.path["name"]
    if name not in PRESETS:
        raise Missing(f"no such preset; there are {', '.join(PRESETS)}")
    faults = world.chaos.add_preset(name, asked.body.get("seed", 1))
    world.store.touch()
    return {"preset": name, "faults": shown(faults)}


async def remove_faults(world: World, asked: Asked) -> Any:
    fault_id = asked.path.get("fault_id")
    removed = world.chaos.remove(fault_id)
    if fault_id is not None and not removed:
        raise Missing("no such fault")
    world.callbacks.tampering.release(removed)
    world.store.touch()
    return {"removed": [fault.id for fault in removed]}


FAULT = {
    "type": "object",
    "description": "what was asked for, with an id and how often it acted",
    "properties": {
        "id": INTEGER,
        "target": {"type": "string", "enum": list(TARGETS)},
        "kind": {"type": "string", "enum": list(KINDS)},
        "times": {"type": ["integer", "string"]},
        "seen": {"type": "integer", "description": "calls or updates that it concerned"},
        "used": {"type": "integer", "description": "times that it acted"},
        "left": {"type": ["integer", "string"], "description": 'times that it will act, or "always"'},
    },
    "required": ["id", "target", "kind", "times", "seen", "used", "left"],
}
FAULTS = {"type": "array", "items": FAULT}
REMOVED = object_of({"removed": {"type": "array", "items": INTEGER}})
PARAMETER = {
    "type": "object",
    "description": "name, meaning, default and the JSON Schema of the value",
    "properties": {"name": STRING, "meaning": STRING, "default": {}},
    "required": ["name", "meaning", "default", "type"],
}
KIND = object_of(
    {
        "kind": STRING,
        "side": {"type": "string", "enum": ["calls", "webhooks"]},
        "meaning": STRING,
        "times": {"type": ["integer", "string"], "description": 'how often without times; "count" is that parameter'},
        "parameters": {"type": "array", "items": PARAMETER},
    }
)
WISH = {"type": "object", "description": "the body of a POST to faults; the preset adds the seed"}
DOCUMENTED = object_of(
    {
        "targets": {"type": "object", "additionalProperties": STRING},
        "kinds": {"type": "array", "items": KIND},
        "common": {"type": "array", "items": PARAMETER},
        "presets": {
            "type": "array",
            "items": object_of({"name": STRING, "meaning": STRING, "faults": {"type": "array", "items": WISH}}),
        },
    }
)
OPERATIONS = (
    Operation(
        "GET",
        "faults",
        list_faults,
        "The faults that are set, and how often each acted",
        answer=object_of({"faults": FAULTS}),
    ),
    Operation("GET", "faults/kinds", list_kinds, "What faults there are and what they take", answer=DOCUMENTED),
    Operation("POST", "faults", add_fault, "Set a fault", wish_schema(), answer=FAULT),
    Operation(
        "POST",
        "faults/preset/{name}",
        add_preset,
        f"Set faults that go together: {', '.join(PRESETS)}",
        object_of({"seed": {"type": "integer", "default": 1, "description": "the same seed, the same sequence"}}),
        answer=object_of({"preset": STRING, "faults": FAULTS}),
    ),
    Operation("DELETE", "faults", remove_faults, "Take all faults back", answer=REMOVED),
    Operation("DELETE", "faults/{fault_id:int}", remove_faults, "Take one fault back", answer=REMOVED),
)
