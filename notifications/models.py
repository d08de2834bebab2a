from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from notifications.querysets import DeliveryAttemptQuerySet, NotificationQuerySet
from notifications.states import Lane, State
from notifications.tokens import new_token
from tenants.models import Tenant

UNMOVED = Q(state=State.PENDING)


class Contact(models.Model):
    """How a tenant reaches somebody: addresses, language, consents, and when they last wrote."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="contacts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    name = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=16, null=True, blank=True, help_text="E.164")  # noqa: DJ001 (unique or absent)
    bsuid = models.CharField(  # noqa: DJ001
        "Business-scoped user id", max_length=140, null=True, blank=True
    )
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, blank=True, help_text="Template language, such as en_US.")
    marketing_consent = models.BooleanField(default=False)
    marketing_consent_at = models.DateTimeField(null=True, blank=True)
    marketing_stopped_at = models.DateTimeField(
        null=True, blank=True, help_text="They told WhatsApp to stop marketing from us; only a later consent undoes it."
    )
    marketing_capped_until = models.DateTimeField(
        null=True, blank=True, help_text="Meta lets no more marketing through to them before this."
    )
    undeliverable_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Meta could not reach them on WhatsApp: bulk messages pass them by for a while.",
    )
    last_inbound_at = models.DateTimeField(
        null=True, blank=True, help_text="The customer service window is open for 24 hours from here."
    )
    stop_said_at = models.DateTimeField(
        null=True, blank=True, help_text="They wrote STOP: no marketing. The next STOP ends everything but codes."
    )
    messages_stopped_at = models.DateTimeField(
        null=True, blank=True, help_text="They wrote STOP again: nothing but codes and answers, until they write START."
    )
    greeted_at = models.DateTimeField(null=True, blank=True, help_text="When we last told them what they may write.")
    previous_phone = models.CharField(max_length=16, blank=True, help_text="E.164: the number that they gave up.")
    phone_changed_at = models.DateTimeField(
        null=True, blank=True, help_text="WhatsApp told that they moved to another number."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name", "phone")
        indexes = (
            # What Meta tells of a person concerns every tenant's row.
            models.Index(fields=("phone",), condition=Q(bsuid=None), name="contact_without_bsuid"),
            models.Index(fields=("bsuid",), condition=~Q(bsuid=None), name="contact_bsuid"),
        )
        constraints = (
            models.UniqueConstraint(fields=("tenant", "phone"), name="one_contact_per_phone"),
            models.UniqueConstraint(fields=("tenant", "bsuid"), name="one_contact_per_bsuid"),
        )

    def __str__(self) -> str:
        return self.name or self.phone or self.bsuid or f"Contact {self.pk}"


class Notification(models.Model):
    """The outbox: what somebody shall hear, written with the fact that caused it. Its attempts tell the rest."""

    class Channel(models.TextChoices):
        EMAIL = "EMAIL", "E-mail"
        SMS = "SMS", "SMS"
        WHATSAPP = "WHATSAPP", "WhatsApp"
        PUSH = "PUSH", "Push"
        IN_APP = "IN_APP", "In-app"

    class MessageType(models.TextChoices):
        TEMPLATE = "template", "Template"
        TEXT = "text", "Text"
        INTERACTIVE = "interactive", "Interactive"
        IMAGE = "image", "Image"
        DOCUMENT = "document", "Document"

    # Each state that a row takes is written into every index of its table: none is kept that no query needs.
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="notifications", db_index=False)
    event = models.CharField(max_length=64, help_text="The fact behind it, such as transaction_completed.")
    lane = models.CharField(max_length=16, choices=Lane, default=Lane.TRANSACTIONAL)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.WHATSAPP)
    channels = models.JSONField(default=list, help_text="Channels in the order in which they are tried.")
    message_type = models.CharField(max_length=12, choices=MessageType, default=MessageType.TEMPLATE)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="notifications",
        db_index=False,
    )
    recipient_phone = models.CharField(max_length=16, blank=True, help_text="E.164")
    recipient_bsuid = models.CharField(max_length=140, blank=True)
    recipient_email = models.EmailField(blank=True)
    template_name = models.CharField(max_length=512, blank=True)
    template_language = models.CharField(max_length=15, blank=True, help_text="As sent; before that, as asked for.")
    template_parameters = models.JSONField(default=dict, blank=True)
    secrets = models.JSONField(default=dict, blank=True, help_text="References, never values.")
    body = models.TextField(blank=True)
    content = models.JSONField(
        default=dict, blank=True, help_text="The interactive or media object, as it goes to Meta."
    )
    reply_to = models.CharField(max_length=255, blank=True, help_text="wamid of the message that it quotes.")
    sender = models.CharField(max_length=32, blank=True, help_text="Phone number ID; empty: the configured one.")
    status = models.CharField(max_length=10, choices=State, default=State.PENDING)
    error_message = models.TextField("Reason", blank=True, help_text="Why it waits, failed or was skipped.")
    error_code = models.IntegerField(null=True, blank=True)
    whatsapp_message_id = models.CharField("wamid", max_length=255, blank=True)
    provider_response = models.JSONField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    resent_unproven = models.BooleanField(default=False, help_text="Went again without proof that it had not arrived.")
    deadline = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(help_text="Not sent after this.")
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            # The admin's lists by person, and by the states that few messages are in.
            models.Index(fields=("recipient_phone", "-id"), name="notification_phone"),
            models.Index(
                fields=("status", "-id"),
                condition=~Q(status__in=(State.SENDING, State.SENT, State.DELIVERED, State.READ)),
                name="notification_status",
            ),
            models.Index(fields=("recipient",), condition=Q(recipient__isnull=False), name="notification_recipient"),
            models.Index(fields=("-id",), condition=Q(resent_unproven=True), name="notification_unproven"),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.template_name or self.message_type} {self.status}"


class DeliveryAttempt(models.Model):
    """One try on one channel. Workers claim these; statuses find them by token, else by wamid."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField(default=1)
    channel = models.CharField(max_length=10, choices=Notification.Channel)
    provider = models.CharField(max_length=10, blank=True)
    sender = models.CharField(max_length=32, blank=True, help_text="Phone number ID it left from.")
    lane = models.CharField(max_length=16, choices=Lane)
    token = models.UUIDField(default=new_token, unique=True, help_text="Echoed by Meta in every status.")
    wamid = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    hold = models.CharField(max_length=16, blank=True, help_text="What it waits for: credentials, template, …")
    hold_ref = models.CharField(max_length=512, blank=True, help_text="Which one: a fingerprint, a template's name.")
    reason = models.TextField(blank=True)
    error = models.JSONField(null=True, blank=True)
    due_at = models.DateTimeField(db_default=Now(), help_text="Not claimed before this.")
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    departed_at = models.DateTimeField(null=True, blank=True)
    uncertain_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DeliveryAttemptQuerySet.as_manager()

    class Meta:
        ordering = ("notification_id", "number")
        constraints = (models.UniqueConstraint(fields=("notification", "number"), name="attempt_number"),)
        indexes = (
            # The claim: due work of a lane, a number and a tenant, oldest first, held rows aside.
            models.Index(
                fields=("lane", "sender", "tenant", "due_at", "id"),
                condition=UNMOVED & Q(hold=""),
                name="attempt_due",
            ),
            # The sweep: what is held and for what, whose lease ran out, what is uncertain since when.
            models.Index(fields=("hold", "hold_ref"), condition=UNMOVED & ~Q(hold=""), name="attempt_held"),
            models.Index(
                fields=("lease_until",), condition=Q(state__in=(State.CLAIMED, State.SENDING)), name="attempt_leased"
            ),
            models.Index(fields=("uncertain_at",), condition=Q(state=State.UNCERTAIN), name="attempt_uncertain"),
            # Statuses without our callback data.
            models.Index(fields=("wamid",), condition=~Q(wamid=""), name="attempt_wamid"),
            # Accepted and not heard of since: asked for when webhooks may have been lost.
            models.Index(fields=("-sent_at",), condition=Q(state=State.SENT) & ~Q(wamid=""), name="attempt_unheard"),
        )

    def __str__(self) -> str:
        return f"#{self.notification_id}/{self.number} {self.state}"


class DeliveryEvent(models.Model):
    """What happened to an attempt, kept whatever its state made of it. Append-only."""

    class Source(models.TextChoices):
        OURS = "ours", "Ovii"
        PROVIDER = "provider", "Provider"
        HISTORY = "history", "Provider, when asked"

    attempt = models.ForeignKey(DeliveryAttempt, on_delete=models.CASCADE, related_name="events", db_index=False)
    source = models.CharField(max_length=8, choices=Source)
    kind = models.CharField(max_length=16)
    at = models.DateTimeField()
    details = models.JSONField(default=dict, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("at", "id")
        constraints = (
            # A status that comes twice is one event.
            models.UniqueConstraint(fields=("attempt", "source", "kind", "at"), name="event_once"),
        )
        indexes = (
            # What webhooks did not tell: rare, and read for the operators' alert.
            models.Index(fields=("recorded_at",), condition=Q(source="history"), name="event_history"),
        )

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%H:%M:%S}"


class ShelvedStatus(models.Model):
    """A status whose attempt is not known (yet): it waits here until a wamid is recorded, or is forgotten."""

    wamid = models.CharField(max_length=255, blank=True, db_index=True)
    callback_data = models.CharField(max_length=512, blank=True)
    phone_number_id = models.CharField(max_length=32, blank=True)
    kind = models.CharField(max_length=16)
    at = models.DateTimeField()
    details = models.JSONField(default=dict)
    received_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = "status on the shelf"
        verbose_name_plural = "statuses on the shelf"
        constraints = (models.UniqueConstraint(fields=("wamid", "callback_data", "kind", "at"), name="shelved_once"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.wamid}"


class Blockade(models.Model):
    """Credentials, or one number under them, that Meta refuses: nothing leaves with them but a probe now and then."""

    ref = models.CharField(max_length=128, unique=True, help_text="Fingerprint of the credentials, then the number.")
    code = models.IntegerField(null=True)
    reason = models.TextField()
    since = models.DateTimeField(db_default=Now())
    recheck_at = models.DateTimeField(help_text="From then on one message may try.")
    probes = models.PositiveSmallIntegerField(default=0, help_text="How many have tried in vain.")
    probe_id = models.BigIntegerField(null=True, help_text="The attempt that tried last.")
    by_webhook = models.BooleanField(
        default=False, help_text="Meta says so afterwards only: taking a message is no sign that it is mended."
    )

    class Meta:
        ordering = ("-since",)

    def __str__(self) -> str:
        return f"Code {self.code}" if self.code is not None else self.reason[:40]


class IdempotencyKey(models.Model):
    """The memory of a key: outlives its message by 30 days, so that a late repeat is still recognised."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    payload_hash = models.CharField(max_length=64)
    inserted_by = models.UUIDField(default=new_token)
    notification = models.ForeignKey(Notification, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("tenant", "key"), name="one_use_of_a_key"),)

    def __str__(self) -> str:
        return self.key


from notifications.archive_models import ArchivedAttempt, ArchivedNotification, Erasure  # noqa: E402, F401
from notifications.conversation_models import InboundMessage  # noqa: E402, F401
