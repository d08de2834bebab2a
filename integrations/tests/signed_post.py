"""Posts to the webhook as Meta does: its spelling of JSON, signed over the exact bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.test import Client, override_settings

from integrations.whatsapp.webhooks import sign

APP_SECRET = "0123456789abcdef0123456789abcdef"
WEBHOOK_URL = "/api/integrations/webhooks/whatsapp/"
PAYLOADS = Path(__file__).parent / "payloads"

with_app_secret = override_settings(WHATSAPP_APP_SECRET=APP_SECRET)
"""Decorates a test or a TestCase that posts."""


def payload(name: str, folder: Path = PAYLOADS) -> dict[str, Any]:
    """The document in `<name>.json`, to be changed at will."""
    return json.loads((folder / f"{name}.json").read_text())


def encode(document: Any) -> bytes:
    """Bytes as Meta writes them: no spaces, everything beyond ASCII escaped."""
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()


def signed_post(
    document: Any, *, secret: str = APP_SECRET, url: str = WEBHOOK_URL, client: Client | None = None
) -> HttpResponse:
    """Post `document` (the name of a payload file, JSON, or bytes as they are), signed under `secret`."""
    if isinstance(document, str):
        document = payload(document)
    body = document if isinstance(document, bytes) else encode(document)
    return post(body, sign(body, secret), url=url, client=client)


def post(body: bytes, signature: str | None, *, url: str = WEBHOOK_URL, client: Client | None = None) -> HttpResponse:
    headers = {} if signature is None else {"X-Hub-Signature-256": signature}
    return (client or Client()).post(url, body, content_type="application/json", headers=headers)
