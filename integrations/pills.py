"""The tones of this layer's states."""

from __future__ import annotations

from tenants.pills import pill

__all__ = ("QUALITY_TONES", "TEMPLATE_TONES", "WEBHOOK_TONES", "pill")

TEMPLATE_TONES = {
    "PENDING": "waiting",
    "APPROVED": "delivered",
    "REJECTED": "failed",
    "DISABLED": "failed",
    "PAUSED": "uncertain",
    "IN_APPEAL": "uncertain",
    "LIMIT_EXCEEDED": "uncertain",
}
QUALITY_TONES = {"GREEN": "delivered", "YELLOW": "uncertain", "RED": "failed"}
WEBHOOK_TONES = {"PENDING": "waiting", "DONE": "delivered", "PARKED": "failed"}
