"""How long texts and numbers are kept: per tenant, else RETENTION_DAYS. A run blanks what is older."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations.forgetting import forget_bodies
from notifications.archive import FINISHED
from notifications.blanking import TELLING, blank_archived, blank_inbound, blank_messages
from notifications.key_ranges import first_key_since
from notifications.models import ArchivedNotification, InboundMessage, Notification, ShelvedStatus
from notifications.pseudonyms import MARK
from notifications.signals import answers, retention_passed
from notifications.states import State
from tenants.models import Tenant

CHUNK = 500
OVER = (*FINISHED, State.UNCERTAIN)


@dataclass(slots=True)
class Report:
    """What a run blanked, by kind, and whether it came to its end."""

    counts: dict[str, int] = field(default_factory=dict)
    finished: bool = True

    def add(self, kind: str, count: int) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + count


def days_of(tenant: Tenant) -> int:
    """After how many days; 0: never."""
    return settings.RETENTION_DAYS if tenant.retention_days is None else tenant.retention_days


def shortest() -> int:
    """For what belongs to no tenant, the shortest that anybody wants; 0: never."""
    return min((days for days in (settings.RETENTION_DAYS, *map(days_of, Tenant.objects.all())) if days > 0), default=0)


def blank_expired(*, seconds: float | None = None) -> Report:
    """Blank what is older than its tenant keeps, for about `seconds`. May be stopped and run again."""
    now, report = timezone.now(), Report()
    until = time.monotonic() + seconds if seconds else None
    for tenant in Tenant.objects.all():
        if days := days_of(tenant):
            before = now - timedelta(days=days)
            _repeat(report, "messages", until, _live(tenant, before))
            _repeat(report, "archived_messages", until, partial(_blank_archived, tenant, before))
            _repeat(report, "inbound_messages", until, partial(_blank_inbound, tenant, before))
            for counts in answers(retention_passed, Notification, tenant=tenant, before=before):
                for kind, count in counts.items():
                    report.add(kind, count)
    if days := shortest():
        before = now - timedelta(days=days)
        _repeat(report, "webhook_bodies", until, partial(forget_bodies, before, CHUNK))
        report.add("shelved_statuses", ShelvedStatus.objects.filter(received_at__lt=before).delete()[0])
    return report


def _repeat(report: Report, kind: str, until: float | None, step: Callable[[], int]) -> None:
    """`step` until it finds nothing or time is up."""
    while until is None or time.monotonic() < until:
        count = step()
        report.add(kind, count)
        if not count:
            return
    report.finished = False


def _live(tenant: Tenant, before: datetime) -> Callable[[], int]:
    upper = first_key_since(Notification, "created_at", before)
    last = 0

    def step() -> int:
        nonlocal last
        with transaction.atomic():
            rows = Notification.objects.filter(TELLING, tenant=tenant, status__in=OVER, created_at__lt=before)
            rows = rows.filter(pk__gt=last, pk__lt=upper)
            messages = list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:CHUNK])
            blank_messages(messages)
        last = messages[-1].pk if messages else last
        return len(messages)

    return step


def _blank_archived(tenant: Tenant, before: datetime) -> int:
    with transaction.atomic():
        rows = ArchivedNotification.objects.filter(tenant=tenant, created_at__lt=before, blanked_at=None)
        messages = list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("created_at")[:CHUNK])
        blank_archived(messages)
    return len(messages)


def _blank_inbound(tenant: Tenant, before: datetime) -> int:
    with transaction.atomic():
        rows = InboundMessage.objects.filter(tenant=tenant, received_at__lt=before).exclude(wamid__startswith=MARK)
        messages = list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:CHUNK])
        blank_inbound(messages)
    return len(messages)
