"""How many messages may be taken up now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from notifications.claims import Claim, Group
from notifications.fairness import LaneOfNumber


@dataclass(slots=True)
class Budget:
    """Tokens by lane and number, and by tenant where it has a limit; `wait` is for how long there are no more."""

    by_number: dict[LaneOfNumber, int]
    by_tenant: dict[int, int] = field(default_factory=dict)
    wait: float = 0.0

    def settle(self, taken: Claim) -> None:
        """Give back what was not used."""


def budget(groups: Sequence[Group], room: int) -> Budget:
    return Budget({(group.lane, group.sender): room for group in groups})
