from __future__ import annotations

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
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
