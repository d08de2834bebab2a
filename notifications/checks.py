from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from notifications.claims import MARGIN_SECONDS


def lease_outlasts_a_request(**_: Any) -> list[CheckMessage]:
    """With a shorter lease every message would be claimed and given back for ever."""
    request = settings.WHATSAPP_CONNECT_TIMEOUT_SECONDS + settings.WHATSAPP_READ_TIMEOUT_SECONDS
    needed = request + MARGIN_SECONDS + 5
    if needed <= settings.DELIVERY_LEASE_SECONDS:
        return []
    return [
        Error(
            f"DELIVERY_LEASE_SECONDS is {settings.DELIVERY_LEASE_SECONDS:g}: no message could ever be sent.",
            hint=f"Set it to at least {needed:g}, or lower WHATSAPP_READ_TIMEOUT_SECONDS.",
            id="notifications.E001",
        )
    ]
