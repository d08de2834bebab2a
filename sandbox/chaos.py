"""Faults, only on request and in a fixed order; chance only under a seed."""

from __future__ import annotations

import heapq
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from operator import attrgetter
from typing import Any

from sandbox.fault_kinds import ALWAYS, KINDS, PARAMETERS, TARGETS, kinds_for, stage_of
from sandbox.fault_presets import PRESETS
from sandbox.people import wa_id_of

BODILESS = (204, 205, 304)
USER_ID = re.compile(r"[A-Z]{2}\..+")
TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
}


class BadFault(ValueError):
    """The request for a fault is wrong; the text says how."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """A moment at which a fault may act: `stage` is `calls`, `answer`, `webhooks` or `hold`."""

    stage: str
    target: str
    to: str = ""
    number_id: str = ""
    event: str = ""
    edge: str = ""
    method: str = ""


@dataclass(slots=True)
class Fault:
    id: int
    target: str
    kind: str
    times: int | None
    given: dict[str, Any] = field(default_factory=dict)
    used: int = 0
    seen: int = 0
    rng: random.Random | None = None

    def __getitem__(self, name: str) -> Any:
        return self.given.get(name, KINDS[self.kind].default(name))

    @property
    def over(self) -> bool:
        return self.times is not None and self.used >= self.times

    def concerns(self, occasion: Occasion) -> bool:
        if self.over or stage_of(self.kind) != occasion.stage or self.target not in ("calls", occasion.target):
            return False
        given = self.given
        return not given or (
            given.get("to", occasion.to) == occasion.to
            and given.get("phone_number_id", occasion.number_id) == occasion.number_id
            and (not occasion.event or given.get("event", occasion.event) == occasion.event)
            and given.get("method", occasion.method) == occasion.method
            and fnmatchcase(occasion.edge, given.get("edge", "*"))
        )

    def due(self) -> bool:
        """Counts one match and says whether the fault wants to act on it."""
        self.seen += 1
        count = self.seen - self["skip"]
        if count <= 0 or count % self["every"]:
            return False
        return self.rng is None or "probability" not in self.given or self.rng.random() < self["probability"]

    def seconds(self) -> float:
        """Of this one act."""
        if self.rng is not None and "min_seconds" in self.given:
            return self.rng.uniform(self["min_seconds"], self["max_seconds"])
        return float(self["seconds"])

    def as_json(self) -> dict[str, Any]:
        left = ALWAYS if self.times is None else self.times - self.used
        times = ALWAYS if self.times is None else self.times
        shown = {"id": self.id, "target": self.target, "kind": self.kind, "times": times}
        return shown | self.given | {"seen": self.seen, "used": self.used, "left": left}


class Chaos:
    """`changed` is called when a fault was concerned, whether it acted or not."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self.changed = changed
        self.faults: dict[int, Fault] = {}
        #: The same faults by the person whom they name; those of nobody in particular under "".
        self._of: dict[str, dict[int, Fault]] = {}
        self._last_id = 0

    def add(self, wish: Any) -> Fault:
        """`{"target", "kind", "times": n | "always", …}` to a fault; `BadFault` says what is wrong."""
        fault = read_wish(wish)
        self._last_id += 1
        fault.id = self._last_id
        self.faults[fault.id] = fault
        self._of.setdefault(fault.given.get("to", ""), {})[fault.id] = fault
        return fault

    def add_preset(self, name: str, seed: int = 1) -> list[Fault]:
        """The faults of a preset, each under a seed of its own that follows from `seed`; raises `KeyError`."""
        return [self.add({**wish, "seed": seed * 1000 + place}) for place, wish in enumerate(PRESETS[name].wishes)]

    def take(self, occasion: Occasion) -> list[Fault]:
        """What happens now: any number of delays and at most one other fault, oldest first."""
        taken: list[Fault] = []
        acted = False
        for fault in self._possible(occasion):
            if not fault.concerns(occasion):
                continue
            self.changed()
            if not fault.due():
                continue
            only_late = KINDS[fault.kind].only_late
            if acted and not only_late:
                continue
            fault.used += 1
            taken.append(fault)
            acted = acted or not only_late
        return taken

    def _possible(self, occasion: Occasion) -> list[Fault]:
        """Oldest first. A fault that names a person is not looked at for anybody else: there may be thousands."""
        everybody, person = self._of.get("", {}), self._of.get(occasion.to, {}) if occasion.to else {}
        return list(heapq.merge(everybody.values(), person.values(), key=attrgetter("id")))

    def remove(self, fault_id: int | None = None) -> list[Fault]:
        """The removed ones; without an id, all."""
        ids = list(self.faults) if fault_id is None else [fault_id]
        removed = [self.faults.pop(found) for found in ids if found in self.faults]
        for fault in removed:
            del self._of[fault.given.get("to", "")][fault.id]
        return removed


def read_wish(wish: Any) -> Fault:
    """A fault without an id; raises `BadFault`."""
    if not isinstance(wish, dict):
        raise BadFault("the body: a JSON object expected")
    wish = dict(wish)
    target, kind = wish.pop("target", "messages"), wish.pop("kind", None)
    if target not in TARGETS:
        raise BadFault(f"target: one of {', '.join(TARGETS)}")
    if kind not in kinds_for(target):
        raise BadFault(f"kind: one of {', '.join(kinds_for(target))} for {target}")
    given = {name: checked(kind, name, value) for name, value in wish.items() if name != "times"}
    check_together(kind, given)
    times = wish.get("times", KINDS[kind].default("times"))
    if times == "count":
        times = given.get("count", KINDS[kind].default("count"))
    rng = random.Random(given["seed"]) if "seed" in given else None  # noqa: S311
    return Fault(0, target, kind, checked_times(times), given, rng=rng)


def checked_times(times: Any) -> int | None:
    if times == ALWAYS:
        return None
    if type(times) is not int or times < 1:
        raise BadFault('times: a whole number from 1, or "always"')
    return times


def checked(kind: str, name: str, value: Any) -> Any:
    known = KINDS[kind].all_parameters()
    if name not in known:
        raise BadFault(f"{name}: not known for {kind}; there are {', '.join(known)}")
    schema = PARAMETERS[name].schema
    wanted = schema["type"]
    if not isinstance(value, TYPES[wanted]) or (isinstance(value, bool) and wanted != "boolean"):
        raise BadFault(f"{name}: {wanted} expected")
    if value not in schema.get("enum", (value,)):
        raise BadFault(f"{name}: one of {', '.join(schema['enum'])}")
    if "minimum" in schema and value < schema["minimum"]:
        raise BadFault(f"{name}: at least {schema['minimum']}")
    if "maximum" in schema and value > schema["maximum"]:
        raise BadFault(f"{name}: at most {schema['maximum']}")
    return spelled(str(value)) if name == "to" else value


def check_together(kind: str, given: dict[str, Any]) -> None:
    for name in ("probability", "min_seconds", "max_seconds"):
        if name in given and "seed" not in given:
            raise BadFault(f"{name}: needs a seed, so that it can happen again")
    if ("min_seconds" in given) != ("max_seconds" in given):
        raise BadFault("min_seconds: goes with max_seconds")
    if given.get("min_seconds", 0) > given.get("max_seconds", 0):
        raise BadFault("min_seconds: may not be more than max_seconds")
    if given.get("http_status") in BODILESS and kind != "empty":
        raise BadFault("http_status: 204, 205 and 304 have no body")


def spelled(to: str) -> str:
    """The one spelling of whom a fault concerns: a user id, or the number as WhatsApp writes it."""
    return to if not to or USER_ID.fullmatch(to) else wa_id_of(re.sub(r"\D", "", to))
