"""What one message's fate means for others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from django.utils import timezone

from integrations.exceptions import WhatsAppError
from integrations.limits import pause_for
from integrations.template_rows import rows_of
from notifications import blockades, holds, limits, transitions
from notifications.refusals import Refusal, learn
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


def follow(refusals: Sequence[tuple[Parcel, WhatsAppError]]) -> bool:
    """Pause what Meta throttles, and keep what its refusals tell about others. Returns whether some of those that
    passed the gates before may be concerned: see `still_free`."""
    for parcel, error in refusals:
        recipient = parcel.attempt.notification.recipient_phone
        pause_for(error, phone_number_id=parcel.ready.sender, recipient=recipient)
    return learn([_refusal(parcel, error) for parcel, error in refusals])


def _refusal(parcel: Parcel, error: WhatsAppError) -> Refusal:
    message = parcel.attempt.notification
    return Refusal(
        parcel.attempt.pk,
        error,
        timezone.now(),
        message.tenant_id,
        message.recipient_phone,
        message.template_name,
        parcel.ready.language,
        parcel.run.fingerprint,
        parcel.run.account,
        parcel.ready.sender,
    )


def still_free(parcels: Collection[Parcel]) -> list[Parcel]:
    """Those that may leave as before; the others are given back and meet the gates again."""
    refs = {ref for one in parcels for ref in blockades.refs_for(one.run.fingerprint, one.ready.sender)}
    closed = blockades.in_force(refs)
    usable = {
        (row.name, row.language)
        for account in {one.run.account for one in parcels}
        for rows in rows_of({one.attempt.notification.template_name for one in parcels}, account).values()
        for row in rows
        if row.is_usable
    }
    stay = [one for one in parcels if _is_free(one, closed.keys(), usable)]
    kept = {one.attempt.pk for one in stay}
    transitions.apply(
        Move(one.attempt.pk, "return", lease=one.claim.lease) for one in parcels if one.attempt.pk not in kept
    )
    return stay


def _is_free(parcel: Parcel, closed: Collection[str], usable: Collection[tuple[str, str]]) -> bool:
    template = (parcel.attempt.notification.template_name, parcel.ready.language)
    if parcel.ready.language and template not in usable:
        return False
    refs = blockades.refs_for(parcel.run.fingerprint, parcel.ready.sender)
    return bool(parcel.ready.probe) or not any(ref in closed for ref in refs)


def proved(probes: Iterable[Parcel]) -> None:
    """Meta took these probes: where its answer is a sign, what they were to find out is over, and all may go."""
    for parcel in probes:
        for ref in blockades.proved_by_answer(parcel.ready.probe):
            holds.release_ref("refused", ref)
