from __future__ import annotations

import uuid

from django.core.validators import MinValueValidator
from django.db import models


class Tenant(models.Model):
    """On whose behalf a message goes out. Every message carries its tenant."""

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=50, unique=True)
    is_active = models.BooleanField("Active", default=True, help_text="Off: its messages are skipped.")
    whatsapp_enabled = models.BooleanField(
        "WhatsApp enabled", default=True, help_text="Off: WhatsApp messages are skipped with that reason."
    )
    default_language = models.CharField(
        max_length=10, default="en_US", help_text="Template language as Meta writes it, such as en_US."
    )
    timezone = models.CharField(max_length=50, default="Africa/Harare", help_text="IANA name.")
    country = models.CharField(
        max_length=2, default="ZW", help_text="ISO 3166; numbers without a country code are read as of here."
    )
    messages_per_second = models.FloatField(
        null=True,
        blank=True,
        validators=(MinValueValidator(0.01),),
        help_text="At most so many, codes aside, over all its numbers; empty: only its numbers' own limits.",
    )
    stop_ends_everything = models.BooleanField(
        "One STOP ends everything",
        default=False,
        help_text="Off: the first STOP ends marketing, the second all but codes. On: the first ends all but codes.",
    )
    answers_strangers = models.BooleanField(
        default=True, help_text="Whoever writes and is not understood is told once what they may write."
    )
    retention_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Days after which texts and numbers of its messages are blanked; 0: never; empty: RETENTION_DAYS.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class OperatorAlert(models.Model):
    """Something that an operator should know and mend. At most one alert per cause is open."""

    class Severity(models.TextChoices):
        WARNING = "warning", "Warning"
        ERROR = "error", "Error"
        CRITICAL = "critical", "Critical"

    cause = models.CharField(max_length=200, help_text="Stable key, such as template.paused:otp_verification.")
    tenant = models.ForeignKey(Tenant, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.ERROR)
    summary = models.TextField("What happened")
    what_to_do = models.TextField("What to do", blank=True)
    details = models.JSONField(default=dict, blank=True, help_text="Redacted.")
    count = models.PositiveIntegerField("Times", default=1)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=150, blank=True, help_text="An operator, or “automatic”.")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("cause",), condition=models.Q(resolved_at=None), name="one_open_alert_per_cause"
            ),
        )

    def __str__(self) -> str:
        return self.cause

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None


class AlertNotice(models.Model):
    """One thing to tell the operators on one channel: written with the alert, told by `tenants.notices`."""

    class Kind(models.TextChoices):
        RAISED = "raised", "Raised"
        RESOLVED = "resolved", "Resolved"

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Webhook"

    alert = models.ForeignKey(OperatorAlert, on_delete=models.CASCADE, related_name="notices")
    token = models.UUIDField(default=uuid.uuid4, unique=True, help_text="The same in every repeat.")
    kind = models.CharField(max_length=8, choices=Kind)
    channel = models.CharField(max_length=8, choices=Channel)
    payload = models.JSONField(help_text="The alert as it was then.")
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, help_text="Why the last try failed.")
    told_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        indexes = (
            # What is still to be told.
            models.Index(
                fields=("due_at",), condition=models.Q(told_at=None, given_up_at=None), name="alert_notice_due"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}"
