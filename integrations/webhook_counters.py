"""What was refused at the webhook: counted in memory, written down every few seconds, told when it is a flood."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.signals import setting_changed
from django.db import Error as DatabaseError
from django.db import connections
from django.db.models import F, Sum
from django.utils import timezone

from integrations.models import RefusedPosts, WebhookSource
from integrations.webhook_sources import KNOWN, TRUST_SECONDS, Sources
from tenants.services import raise_alert, resolve_alert

logger = logging.getLogger(__name__)

Reason = RefusedPosts.Reason
FLOOD = "webhooks.flood"
QUIET = timedelta(minutes=10)
KEPT = timedelta(days=30)


class Counters:
    """Of one process. Nothing here makes a request wait for the database."""

    def __init__(self, write: Callable[[Counter[str], set[str]], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._authentic: set[str] = set()
        self._timer: threading.Timer | None = None
        self.total = 0

    def refused(self, reason: str) -> None:
        with self._lock:
            self.total += 1
            self._counts[reason] += 1
            self._wind_up()

    def authentic(self, address: str) -> None:
        with self._lock:
            self._authentic.add(address)
            self._wind_up()

    def flush(self) -> None:
        """Write down what was counted since the last time; what cannot be written is kept for the next."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            addresses, self._authentic = self._authentic, set()
        try:
            if counts or addresses:
                self._write(counts, addresses)
        except DatabaseError:
            logger.warning("The counts of refused webhooks could not be written: they wait for the next time")
            with self._lock:
                self._counts += counts
                self._authentic |= addresses

    def _wind_up(self) -> None:
        if self._timer is None and settings.WEBHOOK_FLUSH_SECONDS:
            self._timer = threading.Timer(settings.WEBHOOK_FLUSH_SECONDS, self._ring)
            self._timer.daemon = True
            self._timer.start()

    def _ring(self) -> None:
        with self._lock:
            self._timer = None
        try:
            self.flush()
        finally:
            connections.close_all()
        with self._lock:
            if self._counts:
                self._wind_up()


def write(counts: Counter[str], addresses: set[str]) -> None:
    """Add to the rows of this hour, and note who was authentic just now."""
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    rows = [RefusedPosts(hour=hour, reason=reason, last_at=now) for reason in sorted(counts)]
    RefusedPosts.objects.bulk_create(rows, ignore_conflicts=True)
    for reason in sorted(counts):
        row = RefusedPosts.objects.filter(hour=hour, reason=reason)
        row.update(count=F("count") + counts[reason], last_at=now)
    seen = [WebhookSource(address=address, authentic_at=now) for address in sorted(addresses)]
    WebhookSource.objects.bulk_create(
        seen, update_conflicts=True, unique_fields=["address"], update_fields=["authentic_at"]
    )


def trusted_addresses() -> list[str]:
    """Addresses that posted something authentic to any process within the last hour."""
    since = timezone.now() - timedelta(seconds=TRUST_SECONDS)
    try:
        rows = WebhookSource.objects.filter(authentic_at__gt=since).order_by("-authentic_at")
        return list(rows.values_list("address", flat=True)[:KNOWN])
    except DatabaseError:
        logger.warning("Which addresses have posted authentic webhooks could not be read")
        return []


def refused_since(moment: datetime) -> dict[str, int]:
    """How many posts were refused for each reason in the hours from this moment on, as far as written down."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    rows = RefusedPosts.objects.filter(hour__gte=hour).order_by().values_list("reason")
    return dict(rows.annotate(Sum("count")).order_by("reason"))


def judge() -> None:
    """Raise or resolve the alert of a flood, and forget what is long over."""
    now = timezone.now()
    if RefusedPosts.objects.filter(reason=Reason.SHED, last_at__gt=now - QUIET).exists():
        refused = refused_since(now - timedelta(hours=1))
        raise_alert(
            FLOOD,
            severity="warning",
            summary=f"The webhook's address is flooded: {sum(refused.values()):,} posts that are not from Meta since "
            f"{now - timedelta(hours=1):%H}:00 UTC, most of them answered without a look.",
            what_to_do="Messages and statuses are not affected. Where a firewall or proxy stands in front, let it "
            "block the senders (its log has their addresses). With a proxy, check that TRUSTED_PROXIES is set: "
            "otherwise all senders count as one.",
            details=refused,
        )
    else:
        resolve_alert(FLOOD)
    RefusedPosts.objects.filter(hour__lt=now - KEPT).delete()
    WebhookSource.objects.filter(authentic_at__lt=now - KEPT).delete()


counters = Counters(write)
sources = Sources(trusted_addresses)
# Under another secret other posts are authentic.
setting_changed.connect(lambda **_: sources.forget(), weak=False)
