from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.fields import EncryptedTextField
from integrations.querysets import WebhookEventQuerySet, WhatsAppConfigQuerySet, WhatsAppTemplateQuerySet


class WhatsAppConfig(models.Model):
    """Credentials of one WhatsApp Business Account. At most one row is active; it wins over the environment."""

    name = models.CharField(max_length=100, default="WhatsApp", help_text="For you, to tell rows apart.")
    waba_id = models.CharField(
        "WABA ID",
        max_length=32,
        blank=True,
        help_text="WhatsApp Business Account ID; needed to sync templates.",
    )
    phone_number_id = models.CharField("Phone Number ID", max_length=32)
    access_token = EncryptedTextField("Access Token")
    app_secret = EncryptedTextField("App Secret", blank=True, help_text="Signs the webhooks.")
    webhook_verify_token = EncryptedTextField("Webhook Verify Token", blank=True)
    api_version = models.CharField("API Version", max_length=8, default="v25.0")
    is_active = models.BooleanField("Active", default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = WhatsAppConfigQuerySet.as_manager()

    class Meta:
        verbose_name = "WhatsApp Configuration"
        ordering = ("-is_active", "-updated_at")
        constraints = (
            models.UniqueConstraint(
                fields=("is_active",), condition=Q(is_active=True), name="one_active_whatsapp_config"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.phone_number_id})"


class WhatsAppTemplate(models.Model):
    """What Meta knows of one template in one language, as last seen there."""

    class Status(models.TextChoices):
        PENDING = "PENDING"
        APPROVED = "APPROVED"
        REJECTED = "REJECTED"
        DISABLED = "DISABLED"
        PAUSED = "PAUSED"
        IN_APPEAL = "IN_APPEAL"
        PENDING_DELETION = "PENDING_DELETION"
        DELETED = "DELETED"
        LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
        ARCHIVED = "ARCHIVED"

    class Category(models.TextChoices):
        AUTHENTICATION = "AUTHENTICATION"
        UTILITY = "UTILITY"
        MARKETING = "MARKETING"

    waba_id = models.CharField("WABA ID", max_length=32, blank=True)
    template_id = models.CharField("Meta's id", max_length=32, blank=True)
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=15)
    category = models.CharField(max_length=20, choices=Category)
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    rejection_reason = models.CharField(max_length=255, blank=True)
    components = models.JSONField(default=list, blank=True)
    last_synced_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = WhatsAppTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = "WhatsApp Template"
        ordering = ("name", "language")
        constraints = (
            models.UniqueConstraint(fields=("waba_id", "name", "language"), name="one_template_per_language"),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"


class WebhookEvent(models.Model):
    """The inbox: one authentic request body as it came, kept before anybody tries to understand it."""

    class Status(models.TextChoices):
        PENDING = "PENDING"
        DONE = "DONE"
        PARKED = "PARKED", "Parked after an error"

    body = models.BinaryField()
    digest = models.BinaryField(max_length=32, unique=True, help_text="SHA-256 of the body: a redelivery is one row.")
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, help_text="Traceback of the last failure.")
    received_at = models.DateTimeField(auto_now_add=True)
    processed_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        verbose_name = "Webhook Event"
        ordering = ("-id",)
        indexes = (
            # The drain asks for these few among many done ones.
            models.Index(fields=("id",), condition=~Q(status="DONE"), name="webhook_open"),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.status}"


class RateBucket(models.Model):
    """One shared rate limit where no Redis keeps it; `integrations.buckets` alone reads and writes it.

    Moments are seconds since 1970 by the database's clock.
    """

    key = models.CharField(max_length=200, primary_key=True)
    tokens = models.FloatField(help_text="As of refilled_at; more than the capacity counts as full.")
    refilled_at = models.FloatField()
    paused_until = models.FloatField(default=0)
    # What the last taker got: its own statement reads it back.
    granted = models.FloatField(default=0)
    full_at = models.FloatField(help_text="From then on the row says no more than its absence.")

    class Meta:
        verbose_name = "Rate limit"

    def __str__(self) -> str:
        return self.key


class WorkerHeartbeat(models.Model):
    """A process that takes tokens from Redis: while that is away the live ones share the limits."""

    name = models.CharField(max_length=200, primary_key=True)
    last_seen = models.DateTimeField()

    class Meta:
        verbose_name = "Worker heartbeat"

    def __str__(self) -> str:
        return self.name
