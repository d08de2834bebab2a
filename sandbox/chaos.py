"""Faults, only on request and in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CALL_KINDS = {
    "error",
    "html",
    "throttle",
    "expired_token",
    "latency",
    "late_answer",
    "cut_before_accept",
    "cut_after_accept",
}
WEBHOOK_KINDS = {"duplicate", "drop", "delay", "wrong_signature", "reorder", "hold"}
TARGETS = {
    "messages": CALL_KINDS,
    "templates": CALL_KINDS,
    "account": CALL_KINDS,
    "webhooks": WEBHOOK_KINDS,
}
DELAYS = {"latency", "late_answer"}
#: Name -> (type, default).
PARAMETERS: dict[str, tuple[type, Any]] = {
    "skip": (int, 0),
    "to": (str, ""),
    "event": (str, ""),
    "http_status": (int, None),
    "code": (int, 131000),
    "subcode": (int, None),
    "details": (str, ""),
    "retry_after": (int, None),
    "seconds": (float, 1.0),
    "count": (int, 2),
}


class BadFault(ValueError):
    """The request for a fault is wrong; the text says how."""


@dataclass(slots=True)
class Fault:
    id: int
    target: str
    kind: str
    times: int | None
    given: dict[str, Any] = field(default_factory=dict)
    used: int = 0

    def __getitem__(self, name: str) -> Any:
        return self.given.get(name, PARAMETERS[name][1])

    def matches(self, recipient: str, event: str) -> bool:
        if self.times is not None and self.used >= self.times:
            return False
        return self["to"] in ("", recipient) and self["event"] in ("", event)

    def as_json(self) -> dict[str, Any]:
        left = "always" if self.times is None else self.times - self.used
        times = "always" if self.times is None else self.times
        shown = {"id": self.id, "target": self.target, "kind": self.kind, "times": times}
        return shown | self.given | {"used": self.used, "left": left}


class Chaos:
    def __init__(self) -> None:
        self.faults: dict[int, Fault] = {}
        self._last_id = 0

    def add(self, wish: Any) -> Fault:
        """`{"target", "kind", "times": n | "always", …}` to a fault; `BadFault` says what is wrong."""
        if not isinstance(wish, dict):
            raise BadFault("a JSON object is required")
        wish = dict(wish)
        target, kind = wish.pop("target", "messages"), wish.pop("kind", None)
        if target not in TARGETS:
            raise BadFault(f"target: one of {', '.join(TARGETS)}")
        if kind not in TARGETS[target]:
            raise BadFault(f"kind: one of {', '.join(sorted(TARGETS[target]))} for {target}")
        times = wish.pop("times", 1)
        if times == "always":
            times = None
        elif type(times) is not int or times < 1:
            raise BadFault('times: a whole number from 1, or "always"')
        self._last_id += 1
        fault = Fault(self._last_id, target, kind, times, checked(wish))
        self.faults[fault.id] = fault
        return fault

    def take(self, target: str, recipient: str = "", event: str = "") -> list[Fault]:
        """What happens now: any number of delays and at most one other fault, oldest first.

        A fault that skips counts down the calls it would have matched before it acts.
        """
        taken: list[Fault] = []
        acted = False
        for fault in self.faults.values():
            if fault.target != target or not fault.matches(recipient, event):
                continue
            if acted and fault.kind not in DELAYS:
                continue
            if fault["skip"] > 0:
                fault.given["skip"] -= 1
                continue
            fault.used += 1
            taken.append(fault)
            acted = acted or fault.kind not in DELAYS
        return taken

    def active(self, target: str, kind: str) -> Fault | None:
        return next((f for f in self.faults.values() if (f.target, f.kind) == (target, kind)), None)

    def remove(self, fault_id: int | None = None) -> list[Fault]:
        """The removed ones; without an id, all."""
        ids = list(self.faults) if fault_id is None else [fault_id]
        return [self.faults.pop(found) for found in ids if found in self.faults]


def checked(wish: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in wish.items():
        if name not in PARAMETERS:
            raise BadFault(f"{name}: not known; there are {', '.join(PARAMETERS)}")
        kind = PARAMETERS[name][0]
        if isinstance(value, bool) or not isinstance(value, (int, float) if kind is float else kind):
            raise BadFault(f"{name}: {kind.__name__} expected")
        if isinstance(value, int | float) and value < 0:
            raise BadFault(f"{name}: may not be negative")
        given[name] = value
    if "to" in given:
        given["to"] = given["to"].lstrip("+")
    return given
