"""A notice as a signed POST to OPERATOR_WEBHOOK_URL, after https://www.standardwebhooks.com (version 1)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time

import certifi
import urllib3
from django.conf import settings

from tenants.models import AlertNotice

TIMEOUT = urllib3.Timeout(connect=3.05, read=10)
PREFIX = "whsec_"


class NotTaken(Exception):
    """The receiver did not answer with 2xx."""


def tell(notice: AlertNotice) -> None:
    """Post it. Raises NotTaken, with the reason; ValueError where the secret is missing or malformed."""
    body = encode(notice)
    headers = {"Content-Type": "application/json", "User-Agent": "Ovii", **signed(str(notice.token), body)}
    with urllib3.PoolManager(ca_certs=certifi.where(), timeout=TIMEOUT, retries=False) as pool:
        try:
            # Redirects off: the signed alert goes where the operator said and nowhere else.
            answer = pool.request("POST", settings.OPERATOR_WEBHOOK_URL, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise NotTaken(f"no answer ({type(error).__name__})") from error
    if not 200 <= answer.status < 300:
        raise NotTaken(f"answered {answer.status}")


def encode(notice: AlertNotice) -> bytes:
    """The body: `{"type": "alert.raised"|"alert.resolved", "timestamp", "installation", "data": the alert}`."""
    document = {
        "type": f"alert.{notice.kind}",
        "timestamp": notice.created_at.isoformat(),
        "installation": settings.INSTALLATION_ID,
        "data": notice.payload,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def signed(identifier: str, body: bytes, at: int | None = None) -> dict[str, str]:
    """The three headers: id, time in Unix seconds, and HMAC-SHA256 over `<id>.<time>.<body>`, base64, behind `v1,`."""
    moment = int(time.time()) if at is None else at
    mac = hmac.digest(key(), f"{identifier}.{moment}.".encode() + body, hashlib.sha256)
    return {
        "Webhook-Id": identifier,
        "Webhook-Timestamp": str(moment),
        "Webhook-Signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def key() -> bytes:
    """The signing key: `whsec_` and base64, as Standard Webhooks writes it, or any other text as it stands."""
    secret = settings.OPERATOR_WEBHOOK_SECRET
    if not secret:
        raise ValueError("OPERATOR_WEBHOOK_SECRET is not set: nothing is posted unsigned.")
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("OPERATOR_WEBHOOK_SECRET begins with whsec_ but is no base64 behind it.") from error
