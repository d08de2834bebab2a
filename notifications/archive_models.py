"""Tables of what is over: messages in the archive, and what was erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from notifications.states import Lane, State
from tenants.models import Tenant


class ExactEncoder(DjangoJSONEncoder):
    """Django's, with moments to the microsecond: what comes out of the archive is what went in."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


class ArchivedNotification(models.Model):
    """A finished message with its attempts and events, in one row under its old id."""

    id = models.BigIntegerField("ID", primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=64)
    lane = models.CharField(max_length=16, choices=Lane)
    channel = models.CharField(max_length=10)
    status = models.CharField(max_length=10, choices=State)
    template_name = models.CharField(max_length=512, blank=True)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    recipient_phone = models.CharField(max_length=16, blank=True, help_text="E.164, or a pseudonym.")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    record = models.JSONField(encoder=ExactEncoder, help_text="The message's other columns.")
    attempts = models.JSONField(encoder=ExactEncoder, help_text="Each with its events.")
    key_id = models.BigIntegerField(null=True, blank=True, help_text="Its idempotency key, until that is purged.")
    late_statuses = models.PositiveIntegerField(default=0, help_text="Statuses that came when it was here already.")
    archived_at = models.DateTimeField()
    blanked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = "archived message"
        indexes = (
            # The admin's lists by person and by status.
            models.Index(fields=("recipient_phone", "-id"), name="archived_phone"),
            models.Index(fields=("status", "-id"), name="archived_status"),
            # What retention has yet to blank, and keys that have yet to be purged.
            models.Index(
                fields=("tenant", "created_at"), condition=models.Q(blanked_at=None), name="archived_unblanked"
            ),
            models.Index(fields=("archived_at",), condition=models.Q(key_id__isnull=False), name="archived_with_key"),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.template_name or 'text'} {self.status}"


class ArchivedAttempt(models.Model):
    """By which names the provider may still speak of an archived attempt."""

    id = models.BigIntegerField(primary_key=True)
    message = models.ForeignKey(ArchivedNotification, on_delete=models.CASCADE, related_name="names")
    token = models.UUIDField(unique=True)
    wamid = models.CharField(max_length=255, blank=True)
    sender = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = (models.Index(fields=("wamid",), condition=~models.Q(wamid=""), name="archived_wamid"),)

    def __str__(self) -> str:
        return f"{self.message_id}/{self.token}"


class Erasure(models.Model):
    """The audit line of one `erase_person`: whose pseudonym, when, by whom, and what it came to."""

    pseudonym = models.CharField(max_length=16, db_index=True)
    at = models.DateTimeField(auto_now_add=True)
    by = models.CharField(max_length=150, blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.pseudonym} at {self.at:%Y-%m-%d %H:%M:%S}"
