"""Claim, gate, send, record. Any bell serves every lane, codes first."""

from __future__ import annotations

import time
from collections.abc import Mapping
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


def deliver(seconds: float = LONGEST_SECONDS) -> int:
    """Deliver what is due until nothing is left or `seconds` have passed. Returns how many were taken up."""
    shift = _Shift(seconds)
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


class _Shift:
    """The work of one bell."""

    def __init__(self, seconds: float) -> None:
        self.dispatch = Dispatch()
        self.began, self.seconds = time.monotonic(), seconds
        self.count = 0
        self.lanes: set[str] = set()
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
        return next((lane for lane in Lane if lane in self.lanes), Lane.TRANSACTIONAL)

    def _is_over(self) -> bool:
        longest = min(BULK_SECONDS, self.seconds) if self.lanes == {Lane.BULK} else self.seconds
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
        groups = [group for group in supply() if room or group.lane == Lane.OTP]
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
        self.lanes |= {group.lane for group in taken.groups}
        if taken:
            if first and len(taken.ids) >= room:
                # There is more than one process can take at once: another one may hear this.
                doorbell.ring(self._lane())
            self.dispatch.take_up(taken)
