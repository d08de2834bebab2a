"""Meta's messaging limit: how many people the business may write to first within 24 hours, and how many it has.

Meta, Messaging limits: the limit is the portfolio's, counts people outside an open window, and has no error code
of its own: whoever passes it is refused as throttled or as spam.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from integrations.numbers import numbers
from notifications.key_ranges import first_key_since
from notifications.models import Contact, DeliveryAttempt, Notification

DAY = timedelta(hours=24)
LIMITS = {"TIER_50": 50, "TIER_250": 250, "TIER_1K": 1_000, "TIER_2K": 2_000, "TIER_10K": 10_000, "TIER_100K": 100_000}
#: Bulk leaves this share of the limit to logins and transactions.
KEPT_SHARE = 0.05
UNLIMITED = 10**9
#: How long a count is good for; what this process lets go meanwhile is added to it.
COUNT_SECONDS = 30.0
#: A message may have been written so long before it left.
LONGEST_WAIT = timedelta(hours=72)


@dataclass(slots=True)
class _Count:
    people: int = 0
    counted_at: float = float("-inf")
    let_go: set[str] = field(default_factory=set)


_count = _Count()


def limit() -> str:
    """The lowest limit of the known numbers as Meta names it; empty when it is not known or there is none."""
    known = [row.messaging_limit for row in numbers().values() if row.messaging_limit in LIMITS]
    return min(known, key=LIMITS.__getitem__, default="")


def room() -> int:
    """How many more people bulk may write to now. Counts at most every COUNT_SECONDS, and only under a limit."""
    name = limit()
    if not name:
        return UNLIMITED
    if time.monotonic() - _count.counted_at > COUNT_SECONDS:
        _count.people, _count.counted_at = people_written_to(), time.monotonic()
        _count.let_go.clear()
    return max(int(LIMITS[name] * (1 - KEPT_SHARE)) - _count.people - len(_count.let_go), 0)


def let_go(phone: str) -> bool:
    """A bulk message to this person leaves; returns whether it is their first since the last count."""
    new = phone not in _count.let_go
    _count.let_go.add(phone)
    return new


def counted() -> int:
    """People written to in the last 24 hours, as far as this process knows."""
    return _count.people + len(_count.let_go)


def forget() -> None:
    """The next question counts anew."""
    _count.counted_at = float("-inf")


def people_written_to() -> int:
    """How many people got a message in the last 24 hours that no message of theirs had opened the way for."""
    since = timezone.now() - DAY
    opened = Contact.objects.filter(
        phone=OuterRef("notification__recipient_phone"),
        last_inbound_at__gt=OuterRef("departed_at") - DAY,
        last_inbound_at__lte=OuterRef("departed_at"),
    )
    left = DeliveryAttempt.objects.filter(
        pk__gte=first_key_since(DeliveryAttempt, "created_at", since - LONGEST_WAIT),
        channel=Notification.Channel.WHATSAPP,
        departed_at__gte=since,
    )
    first = left.exclude(state="FAILED").exclude(Exists(opened)).annotate(phone=F("notification__recipient_phone"))
    return first.order_by().values("phone").distinct().count()
