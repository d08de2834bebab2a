"""Telling the operators: written with the alert, told by a task, repeated until mail and webhook have taken it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from tenants import mail, webhook
from tenants.models import AlertNotice, OperatorAlert
from tenants.redaction import redact

logger = logging.getLogger(__name__)

Channel = AlertNotice.Channel
TELL = {Channel.EMAIL: mail.tell, Channel.WEBHOOK: webhook.tell}
FAILURES = (OSError, SMTPException, webhook.NotTaken, ValueError)

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
PATIENCE = timedelta(days=7)
BATCH = 5
# Longer than a batch can take, time-outs and all, so that two drains never tell the same notice.
LEASE = timedelta(minutes=2)


def write_notices(alert: OperatorAlert, kind: str) -> None:
    """What there is to tell of this alert, one row per channel that is configured; in the caller's transaction."""
    payload, now = _as_json(alert), timezone.now()
    AlertNotice.objects.bulk_create(
        AlertNotice(alert=alert, kind=kind, channel=channel, payload=payload, due_at=now)
        for channel in Channel
        if _configured(channel)
    )


def tell_due(limit: int = BATCH) -> tuple[int, int]:
    """Tell what is due, in the order in which it happened; how many were told, and how many failed.

    A failed one comes again after 30 s, doubling up to an hour, for 7 days; until then the later notices of the
    same alert and channel wait behind it. What was told but not noted, because the process died, is told again
    under the same id.
    """
    told = failed = 0
    for notice in _leased(limit):
        if error := _try(notice):
            failed += 1
            _put_off(notice, error)
        else:
            told += 1
            AlertNotice.objects.filter(pk=notice.pk).update(told_at=timezone.now(), error="")
    return told, failed


def _leased(limit: int) -> list[AlertNotice]:
    now = timezone.now()
    with transaction.atomic():
        rows = _due(now).select_for_update(skip_locked=True, of=("self",)).select_related("alert")
        notices = list(rows.order_by("id")[:limit])
        AlertNotice.objects.filter(pk__in=[notice.pk for notice in notices]).update(due_at=now + LEASE)
    return notices


def _due(now: datetime) -> QuerySet[AlertNotice]:
    waiting = AlertNotice.objects.filter(told_at=None, given_up_at=None)
    earlier = waiting.filter(alert=OuterRef("alert"), channel=OuterRef("channel"), pk__lt=OuterRef("pk"))
    return waiting.filter(~Exists(earlier), due_at__lte=now)


def _try(notice: AlertNotice) -> str:
    """Why it could not be told; empty when it was, or when nobody is to be told on this channel any more."""
    if not _configured(notice.channel):
        return ""
    try:
        TELL[Channel(notice.channel)](notice)
    except FAILURES as error:
        return redact(f"{type(error).__name__}: {error}")[:300]
    return ""


def _put_off(notice: AlertNotice, error: str) -> None:
    now, tries = timezone.now(), notice.tries + 1
    hopeless = now - notice.created_at > PATIENCE
    pause = min(FIRST_PAUSE * 2 ** min(notice.tries, 20), LONGEST_PAUSE)
    AlertNotice.objects.filter(pk=notice.pk).update(
        tries=tries, error=error, due_at=now + pause, given_up_at=now if hopeless else None
    )
    said = "given up" if hopeless else f"next try in {pause.total_seconds():.0f} s"
    logger.warning("The %s of alert %s could not be told: %s; %s", notice.channel, notice.alert.cause, error, said)


def _configured(channel: str) -> bool:
    return bool(settings.OPERATOR_EMAILS if channel == Channel.EMAIL else settings.OPERATOR_WEBHOOK_URL)


def _as_json(alert: OperatorAlert) -> dict[str, object]:
    return {
        "id": alert.pk,
        "cause": alert.cause,
        "severity": str(alert.severity),
        "summary": alert.summary,
        "what_to_do": alert.what_to_do,
        "tenant": alert.tenant.slug if alert.tenant else None,
        "details": alert.details,
        "count": alert.count,
        "first_seen": alert.first_seen.isoformat(),
        "last_seen": alert.last_seen.isoformat(),
        "resolved_at": alert.resolved_at.isoformat() if alert.resolved_at else None,
        "resolved_by": alert.resolved_by,
    }
