from __future__ import annotations

from django.conf import settings

PATH = "api/v1/whatsapp/webhook"


def configured() -> str:
    """Where Meta shall post: WHATSAPP_WEBHOOK_URL, else PUBLIC_URL with the webhook's path; empty for neither."""
    if settings.WHATSAPP_WEBHOOK_URL:
        return str(settings.WHATSAPP_WEBHOOK_URL)
    return f"{settings.PUBLIC_URL.rstrip('/')}/{PATH}" if settings.PUBLIC_URL else ""
