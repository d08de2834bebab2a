"""Tell the workers that there is work, once per transaction and lane, after the commit."""

from __future__ import annotations

from django.db import transaction

from integrations import bell


def ring(lane: str) -> None:
    """Ring for `lane` when the surrounding transaction commits. A lost bell costs one tick of the sweep."""
    connection = transaction.get_connection()
    waiting = connection.run_on_commit if connection.in_atomic_block else []
    # A bell of a savepoint that rolls back goes with it: only one of the same savepoints will surely ring.
    savepoints = set(connection.savepoint_ids)
    if any(getattr(call, "lane", None) == lane and set(sids) <= savepoints for sids, call, *_ in waiting):
        return
    transaction.on_commit(_Ring(lane), robust=True)


class _Ring:
    def __init__(self, lane: str) -> None:
        self.lane = lane
        self.__qualname__ = f"ring({lane})"

    def __call__(self) -> None:
        bell.ring("notifications.tasks.deliver", self.lane, (self.lane,))
