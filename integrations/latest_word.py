"""Webhooks come in any order: what a row was told last, so that older news does not undo newer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

#: Meta's clock and ours differ, and a list may have been made before it was written down.
MARGIN = timedelta(minutes=5)

_BEGINNING = datetime.min.replace(tzinfo=UTC)


class Told(Protocol):
    told_at: dict[str, Any]


class Dated(Protocol):
    @property
    def at(self) -> datetime | None: ...


Event = TypeVar("Event", bound=Dated)


def in_order(events: Iterable[Event]) -> Sequence[Event]:
    """Oldest first; those without a time before all others."""
    return sorted(events, key=lambda event: event.at or _BEGINNING)


def take_note(row: Told, topic: str, at: datetime | None, *, read_at: datetime | None = None) -> bool:
    """Whether news of this time is the latest word on a topic, which the row then remembers; it is not saved.

    `read_at` is when the same was read from Meta. News without a time counts as the latest.
    """
    if at is None:
        return True
    seconds = at.timestamp()
    if seconds < row.told_at.get(topic, 0) or (read_at and at < read_at - MARGIN):
        return False
    row.told_at[topic] = seconds
    return True
