"""In one word each what webhooks hold: for lists, filters and counts."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.whatsapp.webhooks import (
    Event,
    IncomingMessage,
    MarketingPreference,
    MessageStatus,
    TemplateReview,
    UnknownChange,
)

MALFORMED = "malformed"
NOTHING = "nothing"
KINDS: dict[type, str] = {
    MessageStatus: "statuses",
    IncomingMessage: "messages",
    TemplateReview: "templates",
    MarketingPreference: "preferences",
    UnknownChange: "other",
}
LONGEST = 200


def kind_of(event: Event) -> str:
    return KINDS.get(type(event), "other")


def summary_of(events: Iterable[Event]) -> str:
    """The kinds in alphabetical order, such as `messages statuses`; of no event `nothing`."""
    return " ".join(sorted({kind_of(event) for event in events}))[:LONGEST] or NOTHING


def all_kinds() -> list[str]:
    return sorted({*KINDS.values(), MALFORMED, NOTHING})
