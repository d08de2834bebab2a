"""Pseudonyms: what stands where a number or an address stood. Equal ones stay equal, and nobody gets them back."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

MARK = "~"
# With the mark 16 characters, the width of a phone number's column; 75 bits.
_CHARACTERS = 15


def pseudonym(kind: str, value: str) -> str:
    """`~` and 15 letters and digits for a value of this kind (`phone`, `email`, …), always the same ones.

    A pseudonym or nothing comes back as it is. Raises ImproperlyConfigured without PSEUDONYM_SECRET.
    """
    if not value or is_pseudonym(value):
        return value
    mac = hmac.digest(_key(_secret()), f"{kind}\0{value}".encode(), hashlib.sha256)
    return MARK + base64.b32encode(mac).decode().lower()[:_CHARACTERS]


def is_pseudonym(value: str) -> bool:
    return value.startswith(MARK)


def _secret() -> str:
    if not settings.PSEUDONYM_SECRET:
        raise ImproperlyConfigured("Set PSEUDONYM_SECRET (or DJANGO_SECRET_KEY): without it no number can be replaced.")
    return settings.PSEUDONYM_SECRET


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    """HKDF-SHA256 (RFC 5869): the secret may serve elsewhere too."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"ovii pseudonyms 1").derive(secret.encode())
