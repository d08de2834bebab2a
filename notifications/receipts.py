"""What the provider says of attempts: matched by token, else by wamid, only where the sending number agrees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import timezone

from integrations.whatsapp.errors import error_from_webhook
from integrations.whatsapp.webhooks import MessageStatus
from notifications.archive import YOUNGEST
from notifications.followup import after_refusal
from notifications.models import DeliveryAttempt, ShelvedStatus
from notifications.states import PROVIDER
from notifications.tokens import token_of
from notifications.transitions import Move, apply


def apply_statuses(events: Sequence[MessageStatus]) -> None:
    """Fold statuses into their attempts; those of unknown attempts go on the shelf."""
    events = [event for event in events if event.status in PROVIDER]
    owners = _attempts_of(events)
    apply(_move(owner, event) for event, owner in zip(events, owners, strict=True) if owner)
    gone = _archived_meanwhile(owners)
    shelved = [_shelved(event) for event, owner in zip(events, owners, strict=True) if not owner or owner.pk in gone]
    shelved.sort(key=lambda status: (status.wamid, status.callback_data, status.kind, status.at))
    ShelvedStatus.objects.bulk_create(shelved, ignore_conflicts=True)
    # The wamid of one of them may have been recorded between our look and the shelf.
    take_from_shelf([status.wamid for status in shelved])


def take_from_shelf(wamids: Iterable[str]) -> None:
    """Apply what was shelved for these message ids, now that somebody knows them."""
    wanted = {wamid for wamid in wamids if wamid}
    waiting = list(ShelvedStatus.objects.filter(wamid__in=wanted)) if wanted else []
    if not waiting:
        return
    events = [_event(status) for status in waiting]
    owners = _attempts_of(events)
    apply(_move(owner, event) for event, owner in zip(events, owners, strict=True) if owner)
    gone = _archived_meanwhile(owners)
    taken = [status.pk for status, owner in zip(waiting, owners, strict=True) if owner and owner.pk not in gone]
    ShelvedStatus.objects.filter(pk__in=taken).delete()


def _attempts_of(events: Sequence[MessageStatus]) -> list[DeliveryAttempt | None]:
    """The attempt that each event speaks of."""
    tokens = [token_of(event.callback_data) for event in events]
    wamids = {event.wamid for event in events if event.wamid}
    attempts = DeliveryAttempt.objects.only("pk", "token", "wamid", "sender", "number", "created_at")
    by_token = {one.token: one for one in attempts.filter(token__in={token for token in tokens if token})}
    by_wamid = {one.wamid: one for one in attempts.filter(wamid__in=wamids)}
    owners: list[DeliveryAttempt | None] = []
    for event, token in zip(events, tokens, strict=True):
        attempt = (by_token.get(token) if token else None) or by_wamid.get(event.wamid)
        agrees = attempt and event.phone_number_id in ("", attempt.sender)
        owners.append(attempt if agrees else None)
    return owners


def _archived_meanwhile(owners: Sequence[DeliveryAttempt | None]) -> set[int]:
    """Attempts that went into the archive between our look and the lock: what was said of them waits on the shelf."""
    oldest = timezone.now() - YOUNGEST
    old = {owner.pk for owner in owners if owner and owner.created_at < oldest}
    return old - set(DeliveryAttempt.objects.filter(pk__in=old).values_list("pk", flat=True)) if old else set()


def _move(owner: DeliveryAttempt, event: MessageStatus) -> Move:
    error = error_from_webhook(list(event.errors)) if event.status == "failed" else None
    then = after_refusal(error, owner.number, "") if error else None
    return Move(
        owner.pk,
        event.status,
        event.timestamp or timezone.now(),
        wamid=event.wamid,
        reason=str(error) if error else "",
        error=error.as_dict() if error else None,
        details=_details(event),
        then=then,
    )


def _details(event: MessageStatus) -> dict[str, object]:
    kept = {"errors": list(event.errors), "pricing": event.pricing, "recipient_user_id": event.recipient_user_id}
    return {name: value for name, value in kept.items() if value}


def _shelved(event: MessageStatus) -> ShelvedStatus:
    return ShelvedStatus(
        wamid=event.wamid,
        callback_data=event.callback_data,
        phone_number_id=event.phone_number_id,
        kind=event.status,
        at=event.timestamp or timezone.now(),
        details=_details(event),
    )


def _event(status: ShelvedStatus) -> MessageStatus:
    return MessageStatus(
        wamid=status.wamid,
        status=status.kind,
        timestamp=status.at,
        phone_number_id=status.phone_number_id,
        callback_data=status.callback_data,
        errors=tuple(status.details.get("errors", ())),
        pricing=status.details.get("pricing"),
        recipient_user_id=status.details.get("recipient_user_id", ""),
    )
