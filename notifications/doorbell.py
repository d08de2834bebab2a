"""Tell the workers that there is work, once per transaction and lane, after the commit."""

from __future__ import annotations

from django.db import transaction

from integrations import bell

TASK = "notifications.tasks.deliver"
LATEST_SECONDS = 2.0


def ring(lane: str) -> None:
    """Ring for `lane` when the surrounding transaction commits. A lost bell costs one tick of the sweep."""
    connection = transaction.get_connection()
    waiting = connection.run_on_commit if connection.in_atomic_block else []
    # A bell goes only with a savepoint that rolls back, and those that still can surround us too.
    if any(getattr(call, "lane", None) == lane for _, call, *_ in waiting):
        return
    transaction.on_commit(_Ring(lane), robust=True)


def ring_later(lane: str, seconds: float) -> None:
    """Ring for `lane` once a limit gives again; what is further away than a bell lives, the sweep finds."""
    if seconds < LATEST_SECONDS:
        bell.ring(TASK, lane, (lane,), wait=0, delay=seconds)


class _Ring:
    def __init__(self, lane: str) -> None:
        self.lane = lane
        self.__qualname__ = f"ring({lane})"

    def __call__(self) -> None:
        bell.ring(TASK, self.lane, (self.lane,))
