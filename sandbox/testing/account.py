from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.testing.control import Control


class Clock:
    """The sandbox's time: the machine's plus what was advanced, or, with `clock="manual"`, only the latter."""

    def __init__(self, control: Control) -> None:
        self._control = control

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self._control.get("clock")
        return found

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.state["now"], UTC)

    def advance(self, seconds: float | timedelta = 0.0, **parts: float) -> int:
        """Statuses, reviews, windows and pauses that fall due happen at once; how many did.

        `parts` are those of a `timedelta`: `advance(hours=24, minutes=1)`.
        """
        step = seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
        body = {"advance": (step + timedelta(**parts)).total_seconds()}
        return int(self._control.post("clock", body)["happened"])


class Limits:
    """Meta's rates and its messaging limit; they hold only where they are enforced."""

    def __init__(self, control: Control) -> None:
        self._control = control

    @property
    def state(self) -> dict[str, Any]:
        """As `GET /sandbox/limits` shows them, with what is used up."""
        found: dict[str, Any] = self._control.get("limits")
        return found

    def enforce(self, tier: str = "") -> None:
        """`tier` is the messaging limit: TIER_250, TIER_2K, TIER_10K, TIER_100K or TIER_UNLIMITED."""
        self._control.post("limits", {"enforced": True, **({"tier": tier} if tier else {})})

    def lift(self) -> None:
        self._control.post("limits", {"enforced": False})


class Numbers:
    """The account's phone numbers, as records of `GET /sandbox/account`."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._control.get("account")["numbers"])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def add(self, display: str, verified_name: str = "") -> dict[str, Any]:
        """A further number that can send at once; its record."""
        wish = {"display": display, **({"verified_name": verified_name} if verified_name else {})}
        added: dict[str, Any] = self._control.post("numbers", wish)
        return added

    def set(self, number_id: str = "", **fields: Any) -> dict[str, Any]:
        """Change the number, the first unless another is named: `status`, `quality_rating`, `throughput`, …

        Meta's webhooks tell it unless `tell` is False.
        """
        changed: dict[str, Any] = self._control.post(f"numbers/{number_id or next(iter(self))['id']}", fields)
        return changed
