"""Template rows as delivery asks for them with every batch."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.db import transaction
from django.db.models.signals import post_delete, post_save

from integrations.models import WhatsAppTemplate
from integrations.signals import template_changed, template_status_changed

#: By account and name: when it was asked for, and the rows.
_known: dict[tuple[str, str], tuple[float, list[WhatsAppTemplate]]] = {}


def rows_of(names: Iterable[str], waba_id: str) -> dict[str, list[WhatsAppTemplate]]:
    """The rows of these templates by name, at most CREDENTIALS_CACHE_SECONDS old; of every account when `waba_id`
    is empty. One statement at most."""
    now, wanted = time.monotonic(), set(names)
    found = {name: kept[1] for name in wanted if (kept := _known.get((waba_id, name))) and _is_fresh(kept[0], now)}
    if missing := wanted - found.keys():
        asked: dict[str, list[WhatsAppTemplate]] = {name: [] for name in missing}
        rows = WhatsAppTemplate.objects.filter(name__in=missing)
        for row in rows.filter(waba_id=waba_id) if waba_id else rows:
            asked[row.name].append(row)
        _known.update({(waba_id, name): (now, kept) for name, kept in asked.items()})
        found |= asked
    return found


def _is_fresh(asked_at: float, now: float) -> bool:
    return now - asked_at < settings.CREDENTIALS_CACHE_SECONDS


def forget(**_: Any) -> None:
    """The next reader asks the database again."""
    _known.clear()


def _forget_with_the_commit(**_: Any) -> None:
    forget()
    # Read between now and the commit, the old rows would be remembered.
    transaction.on_commit(forget)


setting_changed.connect(forget)
template_status_changed.connect(_forget_with_the_commit)
template_changed.connect(_forget_with_the_commit)
post_save.connect(_forget_with_the_commit, sender=WhatsAppTemplate)
post_delete.connect(_forget_with_the_commit, sender=WhatsAppTemplate)
