from __future__ import annotations

from typing import Any

from sandbox.chaos import BadFault
from sandbox.control.operation import Asked, BadRequest, Missing, Operation
from sandbox.world import World


async def list_faults(world: World, asked: Asked) -> Any:
    return {"faults": [fault.as_json() for fault in world.chaos.faults.values()]}


async def add_fault(world: World, asked: Asked) -> Any:
    try:
        return world.chaos.add(asked.body).as_json()
    except BadFault as bad:
        raise BadRequest(str(bad)) from None


async def remove_faults(world: World, asked: Asked) -> Any:
    fault_id = asked.path.get("fault_id")
    removed = world.chaos.remove(fault_id)
    if fault_id is not None and not removed:
        raise Missing("no such fault")
    world.callbacks.release()
    return {"removed": [fault.id for fault in removed]}


OPERATIONS = (
    Operation("GET", "faults", list_faults, "The faults that are set, and how often each acted"),
    Operation("POST", "faults", add_fault, "Set a fault", {}),
    Operation("DELETE", "faults", remove_faults, "Take all faults back"),
    Operation("DELETE", "faults/{fault_id:int}", remove_faults, "Take one fault back"),
)
