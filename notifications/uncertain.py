"""Attempts whose outcome nobody knows: settled by proof, sent again only under a rule, shown until then."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from integrations.models import WebhookEvent
from notifications.models import DeliveryAttempt, DeliveryEvent
from notifications.states import Lane, State
from notifications.transitions import Move, Next, apply

# The window of a lane, as a multiple of DELIVERY_UNCERTAIN_SECONDS.
WINDOWS = {Lane.TRANSACTIONAL: 1, Lane.BULK: 4}
REASON = "Nothing was heard of attempt {number}, while later messages were reported: it goes once more."


def resend_unproven() -> int:
    """Send once more what is uncertain and very likely never arrived. Returns how many.

    The rule: the lane's window has passed, no webhook is waiting to be understood, the same number has since
    received statuses of later messages, and it has not been done for this message before.
    """
    if WebhookEvent.objects.awaited().exists():
        return 0
    later = DeliveryEvent.objects.filter(
        source=DeliveryEvent.Source.PROVIDER,
        attempt__sender=OuterRef("sender"),
        attempt__departed_at__gt=OuterRef("departed_at"),
    ).exclude(kind="accepted")
    candidates = DeliveryAttempt.objects.filter(
        _past_their_window(), state=State.UNCERTAIN, notification__status=State.UNCERTAIN,
        notification__resent_unproven=False,
    ).filter(Exists(later))  # fmt: skip
    moves = [
        Move(pk, "resend", then=Next(unproven=True, reason=REASON.format(number=number)))
        for pk, number in candidates.values_list("pk", "number")[: settings.DELIVERY_BATCH_SIZE]
    ]
    apply(moves)
    return len(moves)


def _past_their_window() -> Q:
    past = Q()
    for lane, multiple in WINDOWS.items():
        window = timedelta(seconds=settings.DELIVERY_UNCERTAIN_SECONDS * multiple)
        past |= Q(lane=lane, uncertain_at__lt=Now() - window)
    return past
