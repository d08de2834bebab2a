"""What the provider says of attempts: matched by token, else by wamid, only where the sending number agrees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.utils import timezone

from integrations.credentials import Credentials
from integrations.exceptions import WhatsAppError
from integrations.services import WhatsAppClient
from integrations.whatsapp.errors import error_from_webhook
from integrations.whatsapp.webhooks import MessageStatus
from notifications.archive import YOUNGEST
from notifications.blockades import proved_by_status
from notifications.followup import after_refusal
from notifications.holds import release_ref
from notifications.models import DeliveryAttempt, ShelvedStatus
from notifications.refusals import Refusal, learn
from notifications.states import PROVIDER
from notifications.tokens import token_of
from notifications.transitions import Move, apply

PROVED = frozenset({"sent", "delivered", "read", "played"})
#: Older failures, of a replay perhaps, say nothing about how things are now.
STILL_NEWS = timedelta(hours=1)


def apply_statuses(events: Sequence[MessageStatus]) -> None:
    """Fold statuses into their attempts; those of unknown attempts go on the shelf."""
    events = [event for event in events if event.status in PROVIDER]
    owners = _attempts_of(events)
    _take([(owner, event) for event, owner in zip(events, owners, strict=True) if owner])
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
    _take([(owner, event) for event, owner in zip(events, owners, strict=True) if owner])
    gone = _archived_meanwhile(owners)
    taken = [status.pk for status, owner in zip(waiting, owners, strict=True) if owner and owner.pk not in gone]
    ShelvedStatus.objects.filter(pk__in=taken).delete()


def _take(told: Sequence[tuple[DeliveryAttempt, MessageStatus]]) -> None:
    """Fold what Meta said into these attempts, and learn from it what concerns others."""
    failed = [owner.pk for owner, event in told if event.status == "failed"]
    whole = {
        one.pk: one for one in DeliveryAttempt.objects.filter(pk__in=failed).select_related("notification") if failed
    }
    credentials = WhatsAppClient().credentials if failed else Credentials()
    cases = [(whole.get(owner.pk, owner), event, _error(event)) for owner, event in told]
    moved = apply(_move(owner, event, error, credentials.fingerprint) for owner, event, error in cases)
    since = timezone.now() - STILL_NEWS
    learn(
        [
            _refusal(owner, event, error, credentials)
            for owner, event, error in cases
            if error and owner.pk in moved and (event.timestamp is None or event.timestamp > since)
        ]
    )
    for ref in proved_by_status([owner.pk for owner, event in told if event.status in PROVED]):
        release_ref("refused", ref)


def _error(event: MessageStatus) -> WhatsAppError | None:
    return error_from_webhook(list(event.errors)) if event.status == "failed" else None


def _attempts_of(events: Sequence[MessageStatus]) -> list[DeliveryAttempt | None]:
    """The attempt that each event speaks of."""
    tokens = [token_of(event.callback_data) for event in events]
    attempts = DeliveryAttempt.objects.only("pk", "token", "wamid", "sender", "number", "created_at")
    by_token = {one.token: one for one in attempts.filter(token__in={token for token in tokens if token})}
    unmatched = {event.wamid for event, token in zip(events, tokens, strict=True) if token not in by_token} - {""}
    by_wamid = {one.wamid: one for one in attempts.filter(wamid__in=unmatched)}
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


def _move(owner: DeliveryAttempt, event: MessageStatus, error: WhatsAppError | None, fingerprint: str) -> Move:
    then = None
    if error:
        name = owner.notification.template_name
        then = after_refusal(error, owner.number, fingerprint=fingerprint, sender=owner.sender, template=name)
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


def _refusal(owner: DeliveryAttempt, event: MessageStatus, error: WhatsAppError, credentials: Credentials) -> Refusal:
    message = owner.notification
    return Refusal(
        owner.pk,
        error,
        event.timestamp or timezone.now(),
        message.tenant_id,
        message.recipient_phone,
        message.template_name,
        message.template_language,
        credentials.fingerprint,
        credentials.waba_id,
        owner.sender,
        by_webhook=True,
    )


def _details(event: MessageStatus) -> dict[str, object]:
    kept = {
        "errors": list(event.errors),
        "pricing": event.pricing,
        "conversation": event.conversation,
        "recipient_user_id": event.recipient_user_id,
    }
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
        conversation=status.details.get("conversation"),
        recipient_user_id=status.details.get("recipient_user_id", ""),
    )
