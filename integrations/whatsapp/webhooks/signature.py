"""Is a body from Meta: X-Hub-Signature-256 (Meta, Webhooks, "Validating payloads"). Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")


def well_formed_signature(header: str) -> bool:
    """Whether the header looks like `sha256=` and 64 lowercase hex digits."""
    return bool(_SIGNATURE.fullmatch(header))


def verify_signature(body: bytes, header: str, secrets: Iterable[str]) -> bool:
    """Whether `header` (X-Hub-Signature-256) is the HMAC-SHA256 of these bytes under one of the secrets.

    Constant time; empty secrets sign nothing.
    """
    found = _SIGNATURE.fullmatch(header)
    if not found:
        return False
    given = found[1].encode()
    matches = [hmac.compare_digest(_digest(body, secret), given) for secret in secrets if secret]
    return any(matches)


def sign(body: bytes, secret: str) -> str:
    """The value of X-Hub-Signature-256 for these bytes."""
    return f"sha256={_digest(body, secret).decode()}"


def _digest(body: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
