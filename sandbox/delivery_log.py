"""What was posted to the webhook, and what came of it; the oldest entries go when there is no room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

LARGEST_LOG = 5000
LARGEST_LOG_UPDATES = 200_000
LARGEST_LOG_BYTES = 64 * 1024 * 1024
#: A list shows so many updates of an entry and bodies up to this size; the entry itself shows all.
LISTED_UPDATES = 50
LISTED_BODY = 64 * 1024

Outcome = Literal["delivered", "refused", "failed", "dropped"]
OUTCOMES = {
    "delivered": "answered with 2xx",
    "refused": "answered with something else",
    "failed": "not answered",
    "dropped": "kept back by a fault, or without an address",
}
Origin = Literal["sandbox", "resent", "raw"]
#: What an update tells (a status, `received`, a review's outcome) and of which id.
Event = tuple[str, str]


@dataclass(slots=True)
class Delivery:
    """One POST, or one that a fault kept back. `first_id` is the first attempt with the same bytes."""

    at: float
    url: str
    outcome: Outcome
    events: tuple[Event, ...]
    body: bytes
    problem: str = ""
    attempt: int = 1
    origin: Origin = "sandbox"
    http_status: int | None = None
    seconds: float = 0.0
    signature: str = ""
    number_id: str = ""
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    id: int = 0
    first_id: int = 0

    def as_json(self, whole: bool = True) -> dict[str, Any]:
        shown = whole or len(self.body) <= LISTED_BODY
        return {
            "id": self.id,
            "first_id": self.first_id,
            "at": self.at,
            "origin": self.origin,
            "attempt": self.attempt,
            "url": self.url,
            "outcome": self.outcome,
            "problem": self.problem,
            "http_status": self.http_status,
            "seconds": self.seconds,
            "updates": len(self.events),
            "events": list(self.events if whole else self.events[:LISTED_UPDATES]),
            "signature": self.signature,
            "size": len(self.body),
            "body": self.body.decode(errors="replace") if shown else "",
            "request_headers": self.request_headers,
            "response_headers": self.response_headers,
            "response_body": self.response_body,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries a list shows; empty means all. `event` and `wamid` have to meet in one update, and `first` is the
    first attempt with the same bytes."""

    outcome: str = ""
    event: str = ""
    wamid: str = ""
    first: int = 0

    def fits(self, delivery: Delivery) -> bool:
        if self.outcome and delivery.outcome != self.outcome:
            return False
        if self.first and delivery.first_id != self.first:
            return False
        if not self.event and not self.wamid:
            return True
        return any(self.event in ("", event) and self.wamid in ("", subject) for event, subject in delivery.events)


class DeliveryLog:
    def __init__(self) -> None:
        self._last_id = 0
        self.clear()

    def clear(self) -> None:
        """Ids go on."""
        self._entries: dict[int, Delivery] = {}
        self._bytes = self._updates = 0
        self.counts: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        self.delivered = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, delivery_id: int) -> Delivery | None:
        return self._entries.get(delivery_id)

    def add(self, delivery: Delivery) -> Delivery:
        self._last_id += 1
        delivery.id = self._last_id
        delivery.first_id = delivery.first_id or delivery.id
        self._entries[delivery.id] = delivery
        self._bytes += len(delivery.body)
        self._updates += len(delivery.events)
        self.counts[delivery.outcome] += 1
        if delivery.outcome == "delivered":
            self.delivered += len(delivery.events)
        self._make_room()
        return delivery

    def _make_room(self) -> None:
        while len(self._entries) > 1 and (
            len(self._entries) > LARGEST_LOG or self._bytes > LARGEST_LOG_BYTES or self._updates > LARGEST_LOG_UPDATES
        ):
            oldest = self._entries.pop(next(iter(self._entries)))
            self._bytes -= len(oldest.body)
            self._updates -= len(oldest.events)

    def latest(self, wanted: Wanted, before: int | None = None) -> Iterator[Delivery]:
        """Newest first, from below an id."""
        for delivery_id in reversed(self._entries):
            delivery = self._entries[delivery_id]
            if (before is None or delivery_id < before) and wanted.fits(delivery):
                yield delivery
