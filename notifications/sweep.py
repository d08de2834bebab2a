"""What no bell rang for: abandoned leases, overdue messages, mended holds, uncertain outcomes."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from notifications.followup import after_loss
from notifications.holds import release_mended
from notifications.models import DeliveryAttempt, ShelvedStatus
from notifications.receipts import take_from_shelf
from notifications.states import Lane
from notifications.transitions import Move, apply
from notifications.uncertain import resend_unproven

SHELF_LIFE = timedelta(days=7)


def sweep() -> list[str]:
    """Put right what was left behind. Returns the lanes that have work now."""
    recover_leases()
    expire_overdue()
    release_mended()
    resend_unproven()
    clear_shelf()
    ShelvedStatus.objects.filter(received_at__lt=Now() - SHELF_LIFE).delete()
    return [lane for lane in Lane.values if DeliveryAttempt.objects.due(lane).exists()]


def clear_shelf() -> None:
    """Statuses whose message id was recorded in the very moment in which they were shelved."""
    known = DeliveryAttempt.objects.filter(wamid=OuterRef("wamid")).exclude(wamid="")
    take_from_shelf(ShelvedStatus.objects.filter(Exists(known)).values_list("wamid", flat=True)[:500])


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
