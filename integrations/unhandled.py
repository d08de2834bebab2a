"""What Meta sends that nothing here acts upon: kept in the inbox like everything, and counted by its kind."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import F
from django.utils import timezone

from integrations import self_test
from integrations.models import UnhandledKind
from integrations.template_reviews import STATUS_OF_EVENT, WITHOUT_STATUS
from integrations.whatsapp.webhooks import (
    AccountUpdate,
    IncomingMessage,
    MessageStatus,
    NumberQuality,
    NumberSecurity,
    TemplateReview,
    UnknownChange,
)

logger = logging.getLogger(__name__)

#: Whoever signs may send any words: so many different ones are counted, the rest together.
MOST_KINDS = 500
REST = "others"
_LENGTH = UnhandledKind._meta.get_field("kind").max_length or 0
_UNSEEMLY = re.compile(r"[^\w.:-]+")

# Meta, Webhooks, "messages": types of what people send, besides those that are events of their own.
MESSAGE_TYPES = frozenset({
    "text", "image", "video", "audio", "document", "sticker", "location", "contacts", "button", "interactive", "order",
})  # fmt: skip
STATUSES = frozenset({"sent", "delivered", "read", "failed", "played"})
# Meta, Webhooks, "phone_number_quality_update", older ones included.
NUMBER_EVENTS = frozenset({"ONBOARDING", "THROUGHPUT_UPGRADE", "UPGRADE", "DOWNGRADE", "FLAGGED", "UNFLAGGED"})
SECURITY_EVENTS = frozenset({"PIN_CHANGED", "PIN_RESET_REQUEST", "PIN_RESET_SUCCESS", "PIN_REQUEST_SUCCESS"})
# Meta, Webhooks, "account_update".
ACCOUNT_EVENTS = frozenset({
    "ACCOUNT_DELETED", "ACCOUNT_RESTRICTION", "ACCOUNT_VIOLATION", "DISABLED_UPDATE", "ACCOUNT_OFFBOARDED",
    "ACCOUNT_RECONNECTED", "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE", "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE",
    "VOLUME_BASED_PRICING_TIER_UPDATE", "PARTNER_ADDED", "PARTNER_REMOVED", "PARTNER_APP_INSTALLED",
    "PARTNER_APP_UNINSTALLED",
})  # fmt: skip

_Namer = Callable[[Any], str]


def _unless(known: Iterable[str], field: str, read: _Namer) -> _Namer:
    known = frozenset(known)

    def name(event: Any) -> str:
        word = read(event)
        return "" if word in known else f"{field}.{word}"

    return name


def _message(event: IncomingMessage) -> str:
    """Types that WhatsApp itself does not support are told apart by what they would have been."""
    if event.type == "unsupported":
        inner = event.body.get("unsupported")
        return f"messages.unsupported.{inner.get('type', '')}" if isinstance(inner, dict) else "messages.unsupported"
    return "" if event.type in MESSAGE_TYPES else f"messages.{event.type}"


#: Type -> the kind under which it counts; empty where it is acted upon.
NAMERS: dict[type, _Namer] = {
    UnknownChange: lambda event: "" if event.field == self_test.FIELD else event.field or "without_a_field",
    IncomingMessage: _message,
    MessageStatus: _unless(STATUSES, "statuses", lambda event: event.status),
    TemplateReview: _unless(
        STATUS_OF_EVENT.keys() | WITHOUT_STATUS, "message_template_status_update", lambda event: event.event
    ),
    NumberQuality: _unless(NUMBER_EVENTS, "phone_number_quality_update", lambda event: event.event),
    NumberSecurity: _unless(SECURITY_EVENTS, "security", lambda event: event.event),
    AccountUpdate: _unless(ACCOUNT_EVENTS, "account_update", lambda event: event.event),
}


def kind_of(event: Any) -> str:
    """Under which kind an event counts as not acted upon; empty where it is. Pure."""
    namer = NAMERS.get(type(event))
    return _UNSEEMLY.sub("_", namer(event)).rstrip(".")[:_LENGTH] if namer else ""


def count_unhandled(events: Iterable[Any]) -> None:
    """Add what nothing acts upon to its counters, in the caller's transaction."""
    counts = Counter(kind for event in events if (kind := kind_of(event)))
    if not counts:
        return
    logger.info("WhatsApp webhook changes kept without a receiver: %s", dict(counts))
    known = set(UnhandledKind.objects.filter(kind__in=counts).values_list("kind", flat=True))
    if new := counts.keys() - known:
        if UnhandledKind.objects.count() + len(new) > MOST_KINDS:
            counts[REST] += sum(counts.pop(kind) for kind in new)
            new = {REST}
        UnhandledKind.objects.bulk_create([UnhandledKind(kind=kind) for kind in sorted(new)], ignore_conflicts=True)
    # In one order, so that two drains do not wait for each other in a circle.
    for kind, count in sorted(counts.items()):
        UnhandledKind.objects.filter(kind=kind).update(count=F("count") + count, last_seen=timezone.now())
