"""What one message's fate means for others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from integrations.exceptions import WhatsAppError
from integrations.limits import pause_for
from notifications import limits, transitions
from notifications.transitions import Move

if TYPE_CHECKING:
    from notifications.dispatch import Parcel

PAIR_REASON = "Meta takes one message to a person every few seconds: this one waits for its turn."


def within_the_pair_limit(parcels: Sequence[Parcel]) -> list[Parcel]:
    """Those that their person may get now; the others come again when they may."""
    if not parcels:
        return []
    pairs = [(one.ready.sender, one.attempt.notification.recipient_phone, one.attempt.lane) for one in parcels]
    waits = limits.pair_waits(pairs)
    late = [(parcel, wait) for parcel, wait in zip(parcels, waits, strict=True) if wait]
    transitions.apply(
        Move(parcel.attempt.pk, "defer", lease=parcel.claim.lease, delay=wait, reason=PAIR_REASON)
        for parcel, wait in late
    )
    return [parcel for parcel, wait in zip(parcels, waits, strict=True) if not wait]


def follow(refusals: Sequence[tuple[Parcel, WhatsAppError]]) -> None:
    """Pause what Meta throttles, and nothing else."""
    for parcel, error in refusals:
        recipient = parcel.attempt.notification.recipient_phone
        pause_for(error, phone_number_id=parcel.ready.sender, recipient=recipient)
