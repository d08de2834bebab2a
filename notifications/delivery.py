"""Claim, gate, send, record. A bell serves its lane and every more urgent one, codes first."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from notifications import doorbell, limits, stopping
from notifications.claims import Claim, claim, supply
from notifications.dispatch import Dispatch
from notifications.fairness import shares
from notifications.states import Lane

# A task ends after so long, bulk work sooner, and the rest is left to the next bell: whatever else the worker
# has to do gets its turn.
LONGEST_SECONDS = 10.0
BULK_SECONDS = 1.0
# So often codes are looked for while everything else has enough to do.
LOOK_SECONDS = 0.2
SETTLE_SECONDS = 0.05


def deliver(lane: str = Lane.BULK, seconds: float = LONGEST_SECONDS) -> int:
    """Deliver what is due in `lane` and those more urgent, until nothing is left or `seconds` have passed.

    A worker for codes alone is never caught in bulk. Returns how many were taken up.
    """
    shift = _Shift(up_to(lane), seconds)
    shift.run()
    return shift.count


def process(taken: Claim, overrides: Mapping[int, Mapping[str, Any]] | None = None) -> None:
    """Send claimed attempts now. `overrides` are variables, by attempt id, that are used and not kept."""
    dispatch = Dispatch()
    try:
        dispatch.take_up(taken, overrides)
        while dispatch.waiting:
            dispatch.depart()
            dispatch.settle(SETTLE_SECONDS)
    finally:
        dispatch.close()


def up_to(lane: str) -> list[str]:
    """This lane and those more urgent; all of them for one that nobody knows."""
    lanes = [str(one) for one in Lane]
    return lanes[: lanes.index(lane) + 1] if lane in lanes else lanes


class _Shift:
    """The work of one bell."""

    def __init__(self, lanes: Sequence[str], seconds: float) -> None:
        self.dispatch = Dispatch()
        self.lanes = lanes
        self.began, self.seconds = time.monotonic(), seconds
        self.count = 0
        self.met: set[str] = set()
        #: Whether the last look found work, and for how long a limit holds back what there is.
        self.found, self.wait = True, 0.0
        self._looked = float("-inf")

    def run(self) -> None:
        try:
            while not (stopping.asked() or self._is_over()):
                if self._looks():
                    self._take_up()
                if self.dispatch.idle:
                    break
                self.dispatch.depart()
                self.dispatch.settle(SETTLE_SECONDS)
        finally:
            self.dispatch.close()
        if self.wait:
            doorbell.ring_later(self._lane(), self.wait)
        elif self._is_over():
            doorbell.ring(self._lane())

    def _lane(self) -> str:
        """Whose bell finds again all that this shift has met."""
        return next((lane for lane in reversed(self.lanes) if lane in self.met), self.lanes[-1])

    def _is_over(self) -> bool:
        longest = min(BULK_SECONDS, self.seconds) if self.met == {Lane.BULK} else self.seconds
        return time.monotonic() - self.began > longest

    def _looks(self) -> bool:
        """Whether to ask for work now: what waits is getting less, or codes were not asked for lately."""
        since = time.monotonic() - self._looked
        if since > LOOK_SECONDS:
            return True
        if self.wait or not self.found:
            return False
        return self.dispatch.idle or (since > SETTLE_SECONDS and self._room() > 0)

    def _room(self) -> int:
        size = settings.DELIVERY_BATCH_SIZE
        missing = size - len(self.dispatch.waiting)
        return missing if missing >= size // 2 else 0

    def _take_up(self) -> None:
        """One look; with no room for more only codes are taken."""
        self._looked, self.wait = time.monotonic(), 0.0
        room = self._room()
        groups = [one for one in supply() if one.lane in self.lanes and (room or one.lane == Lane.OTP)]
        self.found = bool(groups)
        if not groups:
            return
        first = not self.count
        room = room or settings.DELIVERY_BATCH_SIZE
        budget = limits.budget(groups, room)
        taken = claim(shares(groups, budget.by_number, room, budget.by_tenant))
        budget.settle(taken)
        self.wait = budget.wait
        self.count += len(taken.ids)
        self.met |= {group.lane for group in taken.groups}
        if taken:
            if first and len(taken.ids) >= room:
                # There is more than one process can take at once: another one may hear this.
                doorbell.ring(self._lane())
            self.dispatch.take_up(taken)
