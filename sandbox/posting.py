"""One signed POST to a webhook (Meta, Graph API, Webhooks, Event notifications)."""

from __future__ import annotations

import hashlib
import hmac
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import aiohttp

from sandbox.delivery_log import Event, Origin, Outcome
from sandbox.envelopes import sign

TIMEOUT = aiohttp.ClientTimeout(total=15)
#: Below what servers usually keep: a connection that the other side has just closed would fail the POST.
KEEP_ALIVE_SECONDS = 1.5
STREAMED_BODY = 512 * 1024
SHOWN_ANSWER = 4096
WRONG_SECRET = "not the app secret"  # noqa: S105
Signing = Literal["right", "wrong", "none"]
HEADERS = {"Content-Type": "application/json", "Accept": "*/*", "User-Agent": "facebookexternalua"}


@dataclass(slots=True, eq=False)
class Parcel:
    """The bytes of one POST, the same at every attempt. A wrong signature is wrong only the first time."""

    body: bytes
    events: tuple[Event, ...] = ()
    number_id: str = ""
    era: int = 0
    signing: Signing = "right"
    origin: Origin = "sandbox"
    headers: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 0
    first_id: int = 0
    since: float = 0.0

    def signed_headers(self, app_secret: str) -> dict[str, str]:
        """The headers of this attempt; the SHA-1 one is Meta's older form and still comes along."""
        if self.signing == "none":
            return {**HEADERS, **self.headers}
        key = WRONG_SECRET if self.signing == "wrong" and self.attempt <= 1 else app_secret
        older = hmac.new(key.encode(), self.body, hashlib.sha1).hexdigest()
        signatures = {"X-Hub-Signature": f"sha1={older}", "X-Hub-Signature-256": sign(self.body, key)}
        return {**HEADERS, **signatures, **self.headers}


@dataclass(slots=True)
class Exchange:
    outcome: Outcome
    problem: str
    seconds: float
    http_status: int | None = None
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""


def new_session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(keepalive_timeout=KEEP_ALIVE_SECONDS)
    return aiohttp.ClientSession(connector=connector, timeout=TIMEOUT, trust_env=False)


async def post(session: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str]) -> Exchange:
    """Whatever happens, in words. A redirect counts as a refusal: the body would not go along."""
    began = time.monotonic()
    try:
        # Large bodies as a stream: aiohttp warns about bytes that would hold up the loop.
        data = io.BytesIO(body) if len(body) > STREAMED_BODY else body
        async with session.post(url, data=data, headers=headers, allow_redirects=False) as answer:
            text = await first_part(answer.content)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        reason = str(error) or type(error).__name__
        return Exchange("failed", reason, passed(began), request_headers=headers)
    good = 200 <= answer.status < 300
    return Exchange(
        "delivered" if good else "refused",
        "" if good else f"answered with {answer.status}",
        passed(began),
        answer.status,
        dict(answer.request_info.headers),
        dict(answer.headers),
        text,
    )


def passed(began: float) -> float:
    return round(time.monotonic() - began, 4)


async def first_part(content: aiohttp.StreamReader) -> str:
    """Reads all, so that the connection can be used again, and keeps the beginning."""
    kept = bytearray()
    async for chunk in content.iter_any():
        kept += chunk[: SHOWN_ANSWER - len(kept)]
    return kept.decode(errors="replace")
