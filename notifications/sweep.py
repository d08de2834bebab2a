"""What no bell rang for: abandoned leases, overdue messages, mended holds, uncertain outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from integrations.models import WhatsAppConfig, WhatsAppTemplate
from notifications.models import DeliveryAttempt, ShelvedStatus
from notifications.states import Lane
from notifications.transitions import Move, apply
from notifications.uncertain import after_loss, resend_unproven

SHELF_LIFE = timedelta(days=7)


def sweep() -> list[str]:
    """Put right what was left behind. Returns the lanes that have work now."""
    recover_leases()
    expire_overdue()
    release_mended()
    resend_unproven()
    ShelvedStatus.objects.filter(received_at__lt=Now() - SHELF_LIFE).delete()
    return [lane for lane in Lane.values if DeliveryAttempt.objects.due(lane).exists()]


def recover_leases() -> None:
    """Whoever had these is gone: nothing was on the wire (PENDING again), or nobody knows (UNCERTAIN)."""
    reason = "The worker was lost while the message was on the wire. Its status webhook decides."
    abandoned = DeliveryAttempt.objects.abandoned().only("pk", "lease_token", "lane", "number")
    moves = []
    for attempt in abandoned[: settings.DELIVERY_BATCH_SIZE]:
        again = after_loss(attempt.lane, attempt.number)
        moves.append(Move(attempt.pk, "return", lease=attempt.lease_token))
        moves.append(Move(attempt.pk, "lose", lease=attempt.lease_token, reason=reason, then=again))
    apply(moves)


def expire_overdue() -> None:
    overdue = DeliveryAttempt.objects.overdue().values_list("pk", "reason")[: settings.DELIVERY_BATCH_SIZE]
    why = "Its time was over before it could be sent."
    apply([Move(pk, "expire", reason=f"{why} It had waited: {reason}" if reason else why) for pk, reason in overdue])


def release_mended() -> None:
    """Let go what waits for credentials that are others now, or for a template that is approved now."""
    held = DeliveryAttempt.objects.held()
    credentials = WhatsAppConfig.objects.current_credentials()
    if credentials.complete:
        release(held.filter(hold="credentials").exclude(hold_ref=credentials.fingerprint).values_list("pk", flat=True))
    if names := set(held.filter(hold="template").values_list("hold_ref", flat=True)):
        approved = WhatsAppTemplate.objects.usable().filter(name__in=names).values_list("name", flat=True)
        release(held.filter(hold="template", hold_ref__in=set(approved)).values_list("pk", flat=True))


def release(ids: Iterable[int]) -> None:
    apply([Move(pk, "release") for pk in list(ids)[: 5 * settings.DELIVERY_BATCH_SIZE]])
