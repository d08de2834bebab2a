from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from notifications.states import Lane, State


class NotificationQuerySet(models.QuerySet):
    def uncertain(self) -> NotificationQuerySet:
        """Those that nobody knows the outcome of: an operator may decide."""
        return self.filter(status=State.UNCERTAIN)

    def resent_unproven(self) -> NotificationQuerySet:
        """Those that went again without proof that they had not arrived."""
        return self.filter(resent_unproven=True)


class DeliveryAttemptQuerySet(models.QuerySet):
    def due(self, lane: Lane | str) -> DeliveryAttemptQuerySet:
        """What a worker may claim now."""
        return self.filter(state=State.PENDING, hold="", lane=lane, due_at__lte=Now())

    def held(self) -> DeliveryAttemptQuerySet:
        return self.filter(state=State.PENDING).exclude(hold="")

    def abandoned(self) -> DeliveryAttemptQuerySet:
        """Claimed or on the wire, and whoever had them is past the lease."""
        return self.filter(state__in=(State.CLAIMED, State.SENDING), lease_until__lt=Now())

    def overdue(self) -> DeliveryAttemptQuerySet:
        """Not yet on the wire and too late for it."""
        return self.filter(state=State.PENDING, notification__expires_at__lt=Now())
