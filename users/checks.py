from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def otp_length(**kwargs: Any) -> list[CheckMessage]:
    """RFC 4226 section 5.3 asks for six digits or more; its truncation carries no more than nine."""
    if 6 <= settings.OTP_LENGTH <= 9:
        return []
    return [
        Error(
            f"OTP_LENGTH is {settings.OTP_LENGTH}.",
            hint="Set OTP_LENGTH to a number from 6 to 9.",
            id="users.E001",
        )
    ]
