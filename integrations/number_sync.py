"""Sending numbers as Meta lists them -> rows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations.models import PhoneNumber
from integrations.services import WhatsAppClient
from integrations.signals import phone_number_changed

logger = logging.getLogger(__name__)

DELETED = "DELETED"
#: Column -> where Meta tells it (Meta, Graph API, WhatsApp Business Account > Phone Numbers).
FIELDS = {
    "display_phone_number": "display_phone_number",
    "verified_name": "verified_name",
    "quality_rating": "quality_rating",
    "status": "status",
    "name_status": "name_status",
    "messaging_limit": "whatsapp_business_manager_messaging_limit",
}
_LENGTHS = {field.name: field.max_length for field in PhoneNumber._meta.fields if field.name in FIELDS}


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A number whose status or quality is another than when it was last seen; `before` is empty for a new one."""

    phone_number_id: str
    before: str
    after: str
    can_send: bool
    shown: str
    quality_before: str = ""
    quality: str = ""


def refresh_numbers(client: WhatsAppClient) -> list[PhoneNumber]:
    """Read every number of the account into its row and announce changes of status and quality. Returns the rows.

    A number that the account has no longer becomes DELETED. Raises as the client does; nothing is written then.
    """
    asked_at = timezone.now()
    found = {str(one["id"]): one for one in client.list_numbers() if one.get("id")}
    with transaction.atomic():
        rows = {row.phone_number_id: row for row in _known(client.waba_id, found)}
        changes = [change for pk, told in found.items() if (change := _save(rows, client.waba_id, pk, told, asked_at))]
        gone = [row for pk, row in rows.items() if pk not in found and row.status != DELETED]
        changes += [_drop(row, asked_at) for row in gone]
        if changes:
            phone_number_changed.send(sender=PhoneNumber, events=changes)
    return list(PhoneNumber.objects.filter(waba_id=client.waba_id))


def _known(waba_id: str, found: Mapping[str, Any]) -> list[PhoneNumber]:
    locked = PhoneNumber.objects.select_for_update().order_by("pk")
    # A number may have come over from another account.
    return [*locked.filter(waba_id=waba_id), *locked.filter(phone_number_id__in=found).exclude(waba_id=waba_id)]


def _save(
    rows: dict[str, PhoneNumber], waba_id: str, number_id: str, told: Mapping[str, Any], asked_at: datetime
) -> NumberChange | None:
    row = rows.setdefault(number_id, PhoneNumber(phone_number_id=number_id[:32]))
    before, quality = row.status, row.quality_rating
    row.waba_id, row.last_synced_at = waba_id, asked_at
    for column, name in FIELDS.items():
        setattr(row, column, str(told.get(name) or "")[: _LENGTHS[column]])
    throughput = told.get("throughput")
    row.throughput_level = str(throughput.get("level") or "")[:20] if isinstance(throughput, Mapping) else ""
    row.save()
    return change_of(row, before, quality)


def _drop(row: PhoneNumber, asked_at: datetime) -> NumberChange:
    before, row.status, row.last_synced_at = row.status, DELETED, asked_at
    row.save()
    return NumberChange(row.phone_number_id, before, row.status, row.can_send, str(row))


def change_of(row: PhoneNumber, before: str, quality_before: str) -> NumberChange | None:
    """What to announce of a row that has been written; None where neither status nor quality is another."""
    if row.status == before and row.quality_rating == quality_before:
        return None
    logger.info(
        "WhatsApp number %s is %s at Meta (was %s), its quality %s",
        row.phone_number_id,
        row.status or "?",
        before or "new",
        row.quality_rating or "?",
    )
    return NumberChange(
        row.phone_number_id, before, row.status, row.can_send, str(row), quality_before, row.quality_rating
    )
