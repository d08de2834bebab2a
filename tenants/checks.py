from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error


def operator_webhook_is_usable(**_: Any) -> list[CheckMessage]:
    """An address without a secret, or one that is no address, would be found out by the first alert only."""
    url = settings.OPERATOR_WEBHOOK_URL
    if not url:
        return []
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        return [
            Error(
                f"OPERATOR_WEBHOOK_URL {url!r} is not an http(s) address.",
                hint="Write it like https://ops.example.com/ovii.",
                id="tenants.E001",
            )
        ]
    if not settings.OPERATOR_WEBHOOK_SECRET:
        return [
            Error(
                "OPERATOR_WEBHOOK_URL is set and OPERATOR_WEBHOOK_SECRET is not: nothing is posted unsigned.",
                hint="Set OPERATOR_WEBHOOK_SECRET to a random text that the receiver knows too.",
                id="tenants.E002",
            )
        ]
    return []
