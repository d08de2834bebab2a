"""An event that this installation sends to itself, to see whether webhooks arrive and are understood.

It is a change of a field that Meta does not have: kept and drained like every other, and without a receiver.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from integrations import conf
from integrations.models import WebhookEvent
from integrations.whatsapp.webhooks import sign

FIELD = "ovii_self_test"
TIMEOUT = urllib3.Timeout(connect=3, read=10)
SIGNATURE = "X-Hub-Signature-256"
LOOK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Reply:
    """What an address answered. `status` is None where it did not; `problem` says why."""

    status: int | None
    text: str = ""
    problem: str = ""
    location: str = ""


def body() -> bytes:
    """A body that is like no other, as Meta writes them."""
    change = {"field": FIELD, "value": {"nonce": secrets.token_hex(16), "at": int(time.time())}}
    document = {"object": "whatsapp_business_account", "entry": [{"id": "0", "changes": [change]}]}
    return json.dumps(document, separators=(",", ":")).encode()


def challenge(url: str, verify_token: str) -> tuple[Reply, str]:
    """Ask `url` as Meta does when the address is saved; the reply, and the challenge that it must repeat."""
    expected = str(secrets.randbelow(10**9))
    query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": expected}
    return _call("GET", f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"), expected


def post(url: str, content: bytes, secret: str = "") -> Reply:
    """Post `content` as Meta does, signed under `secret` when there is one."""
    headers = {"Content-Type": "application/json"} | ({SIGNATURE: sign(content, secret)} if secret else {})
    return _call("POST", url, body=content, headers=headers)


def outcome(content: bytes, patience: float) -> WebhookEvent | None:
    """The stored row of this body, once it was drained or `patience` seconds are over; None when there is none."""
    until = time.monotonic() + patience
    digest = hashlib.sha256(content).digest()
    while True:
        row = WebhookEvent.objects.filter(digest=digest).first()
        if row is None or row.status != WebhookEvent.Status.PENDING or time.monotonic() > until:
            return row
        time.sleep(LOOK_AGAIN_SECONDS)


def forget(content: bytes) -> None:
    """Leave nothing behind."""
    WebhookEvent.objects.filter(digest=hashlib.sha256(content).digest()).delete()


def _call(method: str, url: str, **arguments: Any) -> Reply:
    context = ssl.create_default_context(cafile=conf.ca_bundle())
    try:
        with urllib3.PoolManager(ssl_context=context, timeout=TIMEOUT, retries=False) as pool:
            answer = pool.request(method, url, redirect=False, **arguments)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return Reply(None, problem=_reason(error))
    text = answer.data[:2000].decode("utf-8", "replace")
    return Reply(answer.status, text, location=answer.headers.get("Location", ""))


def _reason(error: Exception) -> str:
    """Without the address, whose query may hold the verify token."""
    reasons = {
        urllib3.exceptions.SSLError: "its certificate is not accepted",
        urllib3.exceptions.NameResolutionError: "its name is not known",
        urllib3.exceptions.ConnectTimeoutError: "nobody answers there within 3 s",
        urllib3.exceptions.ReadTimeoutError: "it took the request and did not answer within 10 s",
        urllib3.exceptions.NewConnectionError: "the connection is refused",
        urllib3.exceptions.LocationParseError: "it is no address",
    }
    return next((said for kind, said in reasons.items() if isinstance(error, kind)), type(error).__name__)
