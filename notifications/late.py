"""Statuses of messages that are in the archive by now: kept with their attempt and counted, the outcome unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from notifications.models import ArchivedAttempt, ArchivedNotification, DeliveryEvent, ShelvedStatus
from notifications.tokens import token_of

PAGE = 500


def keep_late_statuses() -> int:
    """Take from the shelf what belongs to archived attempts. Returns how many statuses that were."""
    kept, last = 0, 0
    while page := list(ShelvedStatus.objects.filter(pk__gt=last).order_by("pk")[:PAGE]):
        last = page[-1].pk
        owners = _owners(page)
        for status in page:
            if owner := owners.get(status.pk):
                kept += _keep(status, owner)
    return kept


def _owners(page: Sequence[ShelvedStatus]) -> dict[int, ArchivedAttempt]:
    tokens = {status.pk: token_of(status.callback_data) for status in page}
    named = ArchivedAttempt.objects.all()
    by_token = {one.token: one for one in named.filter(token__in=[token for token in tokens.values() if token])}
    wamids = [status.wamid for status in page if status.wamid]
    by_wamid = {one.wamid: one for one in named.filter(wamid__in=wamids)}
    found = {}
    for status in page:
        owner = _by_token(by_token, tokens[status.pk]) or by_wamid.get(status.wamid)
        if owner and status.phone_number_id in ("", owner.sender):
            found[status.pk] = owner
    return found


def _by_token(known: dict[UUID, ArchivedAttempt], token: UUID | None) -> ArchivedAttempt | None:
    return known.get(token) if token else None


def _keep(status: ShelvedStatus, owner: ArchivedAttempt) -> int:
    with transaction.atomic():
        message = ArchivedNotification.objects.select_for_update().get(pk=owner.message_id)
        if not ShelvedStatus.objects.filter(pk=status.pk).delete()[0]:
            return 0
        event = {
            "source": DeliveryEvent.Source.PROVIDER.value,
            "kind": status.kind,
            "at": status.at,
            "details": {} if message.blanked_at else status.details,
            "recorded_at": timezone.now(),
        }
        for attempt in message.attempts:
            if attempt["id"] == owner.pk:
                attempt["events"].append(event)
        message.late_statuses += 1
        message.save(update_fields=["attempts", "late_statuses"])
    return 1
