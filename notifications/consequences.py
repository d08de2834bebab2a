"""What one message's fate means for others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from integrations.exceptions import WhatsAppError

if TYPE_CHECKING:
    from notifications.dispatch import Parcel


def within_the_pair_limit(parcels: Sequence[Parcel]) -> Sequence[Parcel]:
    return parcels


def follow(refusals: Sequence[tuple[Parcel, WhatsAppError]]) -> None:
    """Nothing yet."""
