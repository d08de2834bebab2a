from __future__ import annotations

import secrets
import time
import uuid

from django.conf import settings


def new_token() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562, version 7)."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62)
    return uuid.UUID(int=number)


def callback_data(token: uuid.UUID) -> str:
    """What Meta echoes in every status of an attempt: `<installation>:<token>`."""
    return f"{settings.INSTALLATION_ID}:{token}"


def token_of(callback: str) -> uuid.UUID | None:
    """The attempt's token in echoed callback data; None when it is not of this installation."""
    installation, _, token = callback.rpartition(":")
    if installation != settings.INSTALLATION_ID:
        return None
    try:
        return uuid.UUID(token)
    except ValueError:
        return None
