from __future__ import annotations

from functools import cached_property

from django.db import models
from django.db.models import Q

from integrations.fields import EncryptedTextField
from integrations.querysets import WebhookEventQuerySet, WhatsAppConfigQuerySet, WhatsAppTemplateQuerySet
from integrations.whatsapp.parameters import Shape, shape_of


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
    app_secret_previous = EncryptedTextField(
        "Previous App Secret", blank=True, help_text="Signs webhooks too, while the app secret is being changed."
    )
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
    quality = models.CharField(max_length=20, blank=True, help_text="GREEN, YELLOW, RED; empty: not told.")
    told_at = models.JSONField(default=dict, blank=True, help_text="When Meta told what, in seconds since 1970.")
    refused_at = models.DateTimeField(
        null=True, blank=True, help_text="Meta refused to send it although it is approved: its messages wait."
    )
    refused_code = models.IntegerField(null=True, blank=True)
    refused_reason = models.TextField(blank=True)
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

    @property
    def is_usable(self) -> bool:
        """Whether Meta takes a send of it, as far as is known. The same as the queryset's `usable()`."""
        return self.status == self.Status.APPROVED and self.refused_at is None

    @cached_property
    def shape(self) -> Shape:
        """What a send of it has to bring along."""
        return shape_of(self.components or ())


class PhoneNumber(models.Model):
    """A sending number of an account, as last seen at Meta."""

    phone_number_id = models.CharField("Phone Number ID", max_length=32, unique=True)
    waba_id = models.CharField("WABA ID", max_length=32)
    display_phone_number = models.CharField("Number", max_length=40, blank=True)
    verified_name = models.CharField("Name", max_length=255, blank=True)
    throughput_level = models.CharField("Throughput", max_length=20, blank=True, help_text="STANDARD, HIGH, …")
    quality_rating = models.CharField("Quality", max_length=20, blank=True)
    status = models.CharField(max_length=20, blank=True)
    name_status = models.CharField(max_length=40, blank=True)
    messaging_limit = models.CharField(
        max_length=20, blank=True, help_text="People a day to whom the whole portfolio may write first: TIER_250, …"
    )
    told_at = models.JSONField(default=dict, blank=True, help_text="When Meta told what, in seconds since 1970.")
    last_synced_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "Phone Number"
        ordering = ("verified_name", "phone_number_id")

    def __str__(self) -> str:
        return self.display_phone_number or self.phone_number_id

    @property
    def can_send(self) -> bool:
        """Whether Meta takes messages from it, as far as is known."""
        return self.status in SENDING_STATUSES


# Meta, Phone Numbers, "status": a flagged number has low quality and sends; every other one answers 133010.
SENDING_STATUSES = frozenset({"CONNECTED", "FLAGGED", "UNKNOWN", ""})


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
    kinds = models.CharField(
        max_length=200, blank=True, db_default="", help_text="What it holds, as the drain understood it."
    )
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


class RefusedPosts(models.Model):
    """How many posts to the webhook were refused in an hour for one reason; nothing else of them is kept."""

    class Reason(models.TextChoices):
        UNSIGNED = "unsigned", "Without a well-formed signature"
        FORGED = "forged", "Signed wrongly"
        UNSIGNABLE = "unsignable", "No app secret is known"
        TOO_LARGE = "too_large", "Larger than Meta's"
        SHED = "shed", "Answered without a look: too many before"

    hour = models.DateTimeField()
    reason = models.CharField(max_length=16, choices=Reason)
    count = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = "Refused webhook posts"
        verbose_name_plural = "Refused webhook posts"
        ordering = ("-hour", "reason")
        constraints = (models.UniqueConstraint(fields=("hour", "reason"), name="refused_posts_by_hour"),)

    def __str__(self) -> str:
        return f"{self.count} {self.reason}"


class WebhookSource(models.Model):
    """An address that posted something authentic: for an hour no process sheds what comes from there."""

    address = models.CharField(max_length=64, primary_key=True)
    authentic_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "Webhook source"

    def __str__(self) -> str:
        return self.address


class UnhandledKind(models.Model):
    """A kind of webhook that nothing here acts upon, and how often it came: the inbox keeps the bodies."""

    kind = models.CharField(max_length=100, unique=True, help_text="Meta's field, then the type or event within it.")
    count = models.PositiveBigIntegerField("Times", default=0)
    first_seen = models.DateTimeField(auto_now_add=True)
    last_seen = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "kind of webhook without effect"
        verbose_name_plural = "kinds of webhooks without effect"
        ordering = ("-last_seen", "kind")

    def __str__(self) -> str:
        return self.kind


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
