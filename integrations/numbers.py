"""The sending numbers as delivery asks for them with every batch."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save

from integrations.models import PhoneNumber
from integrations.signals import phone_number_changed
from tenants.remembering import Remembered


@Remembered
def numbers() -> dict[str, PhoneNumber]:
    """The known sending numbers by their id, at most CREDENTIALS_CACHE_SECONDS old."""
    return {row.phone_number_id: row for row in PhoneNumber.objects.all()}


def levels() -> dict[str, str]:
    """Throughput level (STANDARD, HIGH, NOT_APPLICABLE, or empty) of each known number by its id."""
    return {number_id: row.throughput_level for number_id, row in numbers().items()}


def _forget(**_: Any) -> None:
    numbers.forget()
    # Read between now and the commit, the old rows would be remembered.
    transaction.on_commit(numbers.forget)


phone_number_changed.connect(_forget)
post_save.connect(_forget, sender=PhoneNumber)
post_delete.connect(_forget, sender=PhoneNumber)
