"""Settings of this app, read when used."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from integrations.exceptions import Misconfigured
from users import otp


def keys() -> list[str]:
    """The keys of one-time codes, the one for new codes first. Raises Misconfigured when there is none."""
    if not settings.OTP_SECRET_KEY:
        raise Misconfigured("OTP_SECRET_KEY is not set: no one-time code can be made or checked.")
    return list(settings.OTP_SECRET_KEY)


def key_by_fingerprint() -> dict[str, str]:
    return {otp.fingerprint(key): key for key in keys()}


def request_limits() -> list[tuple[int, timedelta]]:
    """How many new requests one phone may make, and within which time."""
    return [
        (settings.OTP_REQUESTS_PER_10_MINUTES, timedelta(minutes=10)),
        (settings.OTP_REQUESTS_PER_DAY, timedelta(days=1)),
    ]


def max_sends() -> int:
    """How often one code may leave; each repeat is a paid message to a phone that may not have asked."""
    return settings.OTP_MAX_SENDS


def throttle_rate(scope: str) -> str:
    """Requests per client address, as REST framework writes rates.

    The defaults are wide: behind carrier-grade NAT many phones share one address. What protects a person are
    the limits per phone.
    """
    if scope == "otp_request":
        return settings.OTP_REQUEST_THROTTLE
    return settings.OTP_VERIFY_THROTTLE
