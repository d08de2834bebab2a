"""One-time codes as pure functions: nothing here reads a setting, a clock or a row."""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = "1"
_KEY_BYTES = 32


def hotp(key: bytes, counter: int, digits: int) -> str:
    """The HOTP value of RFC 4226 section 5.3, `digits` decimal digits with leading zeros."""
    mac = hmac.digest(key, counter.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0x0F
    truncated = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(truncated % 10**digits).zfill(digits)


def code_for(secret: str, *, purpose: str, phone_number: str, request_id: str, digits: int) -> str:
    """The code of one request: HOTP, counter 0, under a key that HKDF-SHA256 (RFC 5869) makes for it alone.

    `phone_number` is E.164, `request_id` a UUID as text. The same input gives the same code at any time, so
    that no code needs to be kept.
    """
    info = "|".join((VERSION, purpose, phone_number, request_id)).encode()
    key = HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(secret.encode())
    return hotp(key, 0, digits)


def fingerprint(secret: str) -> str:
    """16 hex digits that tell which key made a code and nothing about the key."""
    return hmac.digest(secret.encode(), b"ovii otp key fingerprint", "sha256").hex()[:16]


def same(left: str, right: str) -> bool:
    """Compare two codes in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
