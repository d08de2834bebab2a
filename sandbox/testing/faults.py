from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any

from sandbox.fault_kinds import KINDS
from sandbox.testing.control import Control


class Faults:
    """What goes wrong. `add` and `preset` set faults at once; as `with`, they take them back at the block's end."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def add(self, kind: str, **parameters: Any) -> Fault:
        """Set a fault of one of the kinds of `GET /sandbox/faults/kinds`, by default once and for the next message.

        Common parameters: `target`, `times` (a number or "always"), `skip`, `every`, `probability` with `seed`, `to`.
        Raises `ControlError`.
        """
        if kind in KINDS and KINDS[kind].side == "webhooks":
            parameters.setdefault("target", "webhooks")
        return Fault(self._control, [self._control.post("faults", {"kind": kind, **parameters})])

    def preset(self, name: str, seed: int = 1) -> Fault:
        """Faults that go together, such as "meta-outage"; the same seed gives the same sequence."""
        return Fault(self._control, self._control.post(f"faults/preset/{name}", {"seed": seed})["faults"])

    def clear(self) -> None:
        self._control.delete("faults")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._control.get("faults")["faults"])

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Fault:
    """One fault, or the several of a preset."""

    def __init__(self, control: Control, records: list[dict[str, Any]]) -> None:
        self._control, self.records = control, records
        self._used = dict.fromkeys((record["id"] for record in records), 0)

    @property
    def used(self) -> int:
        """How often it has acted, also after it was taken back."""
        self._set()
        return sum(self._used.values())

    def _set(self) -> list[int]:
        """The ids of those that are still set, whose counts are noted."""
        known = self._control.get("faults")["faults"]
        own = {fault["id"]: fault["used"] for fault in known if fault["id"] in self._used}
        self._used |= own
        return list(own)

    def remove(self) -> None:
        """Takes it back; nothing happens where that was done before."""
        for fault_id in self._set():
            self._control.delete(f"faults/{fault_id}")

    def __enter__(self) -> Fault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()
