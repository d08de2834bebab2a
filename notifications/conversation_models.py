"""What people send us. Imported by `notifications.models`, where everybody looks for it."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q

from notifications.models import Contact
from tenants.models import Tenant


class InboundMessage(models.Model):
    """One message of a person, as Meta told it, and what became of it here."""

    class Media(models.TextChoices):
        NONE = "", "None"
        WAITING = "waiting", "Waits to be fetched"
        FETCHED = "fetched", "Fetched"
        FAILED = "failed", "Could not be fetched"

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="inbound_messages")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="inbound_messages")
    number = models.CharField(max_length=32, blank=True, help_text="Phone number ID it came to.")
    wamid = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=32)
    text = models.TextField(blank=True, help_text="What a person reads of it: the text, a caption, a button's words.")
    choice = models.CharField(max_length=256, blank=True, help_text="Payload of the button or row that was tapped.")
    context_wamid = models.CharField(max_length=255, blank=True, help_text="The message that it answers.")
    payload = models.JSONField(default=dict, help_text="Meta's message object.")
    at = models.DateTimeField(help_text="When it was sent.")
    received_at = models.DateTimeField(auto_now_add=True)

    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.CharField(max_length=64, blank=True, help_text="The command that took it up, or why none did.")
    answered_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(help_text="A command takes it up from here.")
    error = models.TextField(blank=True, help_text="Why the last try failed.")

    media_id = models.CharField(max_length=64, blank=True)
    media_state = models.CharField(max_length=8, blank=True, choices=Media, default=Media.NONE)
    media_file = models.FileField(storage=default_storage, max_length=200, blank=True)
    media_name = models.CharField(max_length=200, blank=True, help_text="As the person's phone calls it.")
    media_mime = models.CharField(max_length=100, blank=True)
    media_sha256 = models.CharField(max_length=64, blank=True, help_text="Base64, as Meta tells it.")
    media_size = models.PositiveBigIntegerField(null=True, blank=True, help_text="Bytes.")
    media_tries = models.PositiveSmallIntegerField(default=0)
    media_due_at = models.DateTimeField(null=True, blank=True)
    media_error = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        permissions = (
            ("read_conversation", "Can read conversations with people"),
            ("answer_person", "Can answer people in a conversation"),
        )
        indexes = (
            models.Index(fields=("contact", "-id"), name="inbound_of_contact"),
            models.Index(fields=("tenant", "id"), name="inbound_of_tenant"),
            # What waits for a command, and for a download.
            models.Index(fields=("due_at",), condition=Q(handled_at=None), name="inbound_open"),
            models.Index(fields=("media_due_at",), condition=Q(media_state="waiting"), name="inbound_media_waiting"),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.type}"

    @property
    def shows_inline(self) -> bool:
        """Whether a page may show the file; everything else is downloaded."""
        return self.media_mime in ("image/jpeg", "image/png", "image/webp")
