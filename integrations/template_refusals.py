"""Approved templates that Meta refuses to send all the same: marked until something about them changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations.exceptions import WhatsAppError
from integrations.models import WhatsAppTemplate
from integrations.signals import template_status_changed
from integrations.template_rows import forget
from integrations.whatsapp.webhooks import TemplateReview

_Status = WhatsAppTemplate.Status
#: Codes that are a status (Meta, Error Codes).
STATUS_OF_CODE: dict[int, str] = {132015: _Status.PAUSED, 132016: _Status.DISABLED}
#: For a few minutes after the approval a send may still be refused so: seen approved later, it is tried again.
PASSING_CODES = frozenset({132001})
PROPAGATION = timedelta(minutes=5)
CLEARED = {"refused_at": None, "refused_code": None, "refused_reason": ""}


def mark_refused(name: str, language: str, waba_id: str, error: WhatsAppError) -> bool:
    """Keep that Meta refuses this template. Returns whether that is news."""
    rows = WhatsAppTemplate.objects.usable().filter(name=name, language=language)
    if waba_id:
        rows = rows.filter(waba_id=waba_id)
    now, reason = timezone.now(), str(error)
    if status := STATUS_OF_CODE.get(error.code or 0):
        moved = rows.update(status=status, rejection_reason=reason[:255], updated_at=now)
    else:
        moved = rows.update(refused_at=now, refused_code=error.code, refused_reason=reason, updated_at=now)
    forget()
    return bool(moved)


def is_mended(row: WhatsAppTemplate, told: Mapping[str, Any], asked_at: datetime) -> bool:
    """Whether what Meta listed at `asked_at` makes a refused template worth another try. Pure."""
    if row.refused_at is None or str(told.get("status") or "").upper() != _Status.APPROVED:
        return False
    if row.status != _Status.APPROVED or (told.get("components") or row.components) != row.components:
        return True
    return row.refused_code in PASSING_CODES and asked_at - row.refused_at >= PROPAGATION


def lift(rows: QuerySet[WhatsAppTemplate]) -> int:
    """An operator's word that refused ones of these are worth another try, told like an approval. Returns how many."""
    with transaction.atomic():
        refused = list(rows.filter(refused_at__isnull=False).select_for_update())
        WhatsAppTemplate.objects.filter(pk__in=[row.pk for row in refused]).update(**CLEARED, updated_at=timezone.now())
        events = [TemplateReview(row.status, row.template_id, row.name, row.language) for row in refused]
        if events:
            template_status_changed.send(sender=WhatsAppTemplate, events=events)
    return len(events)


def clear(row: WhatsAppTemplate) -> None:
    """Forget the refusal; the row is not saved."""
    for name, value in CLEARED.items():
        setattr(row, name, value)
