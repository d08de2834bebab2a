"""In one word each what webhooks hold: for lists, filters and counts."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.whatsapp import webhooks
from integrations.whatsapp.webhooks import Event

MALFORMED = "malformed"
NOTHING = "nothing"
FAMILIES: dict[str, tuple[type, ...]] = {
    "statuses": (webhooks.MessageStatus,),
    "messages": (
        webhooks.IncomingMessage, webhooks.MessageEdited, webhooks.MessageRevoked, webhooks.MessageReacted,
        webhooks.MessageEchoed, webhooks.ChatOpened,
    ),
    "people": (webhooks.ContactMoved, webhooks.IdentityChanged),
    "preferences": (webhooks.MarketingPreference,),
    "templates": (
        webhooks.TemplateReview, webhooks.TemplateQuality, webhooks.TemplateCategory, webhooks.TemplateComponents,
    ),
    "numbers": (webhooks.NumberQuality, webhooks.NumberName, webhooks.NumberSecurity),
    "account": (webhooks.AccountUpdate, webhooks.AccountAlert, webhooks.AccountReview, webhooks.BusinessCapability),
    "errors": (webhooks.ErrorReported,),
    "other": (webhooks.UnknownChange,),
}  # fmt: skip
KINDS: dict[type, str] = {kind: family for family, kinds in FAMILIES.items() for kind in kinds}
LONGEST = 200


def kind_of(event: Event) -> str:
    return KINDS.get(type(event), "other")


def summary_of(events: Iterable[Event]) -> str:
    """The kinds in alphabetical order, such as `messages statuses`; of no event `nothing`."""
    return " ".join(sorted({kind_of(event) for event in events}))[:LONGEST] or NOTHING


def all_kinds() -> list[str]:
    return sorted({*KINDS.values(), MALFORMED, NOTHING})
