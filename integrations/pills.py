"""A state as the admin shows it: one word on a coloured ground."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

# Tones that admin.css knows: waiting, sent, delivered, read, failed, uncertain, muted.
TEMPLATE_TONES = {
    "PENDING": "waiting",
    "APPROVED": "delivered",
    "REJECTED": "failed",
    "DISABLED": "failed",
    "PAUSED": "uncertain",
    "IN_APPEAL": "uncertain",
    "LIMIT_EXCEEDED": "uncertain",
}
WEBHOOK_TONES = {"PENDING": "waiting", "DONE": "delivered", "PARKED": "failed"}


def pill(tone: str, label: str) -> SafeString:
    """HTML of a pill; an unknown tone looks muted."""
    return format_html('<span class="pill pill-{}">{}</span>', tone, label)
