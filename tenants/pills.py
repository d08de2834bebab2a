"""A state as the admin shows it: one word on a coloured ground."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString


def pill(tone: str, label: str) -> SafeString:
    """HTML of a pill. Tones that admin.css knows: waiting, sending, sent, delivered, read, failed, uncertain, muted."""
    return format_html('<span class="pill pill-{}">{}</span>', tone, label)
