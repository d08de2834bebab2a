from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a process needs to speak with Meta. Its repr shows no secret."""

    waba_id: str = ""
    phone_number_id: str = ""
    access_token: str = field(default="", repr=False)
    app_secret: str = field(default="", repr=False)
    webhook_verify_token: str = field(default="", repr=False)
    api_version: str = "v25.0"
    source: str = "none"
    previous_app_secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of what a send needs and is not there."""
        return tuple(name for name in ("phone_number_id", "access_token") if not getattr(self, name))

    @property
    def app_secrets(self) -> tuple[str, ...]:
        """All that sign webhooks, the present one first; empty without a present one."""
        return (self.app_secret, *self.previous_app_secrets) if self.app_secret else ()

    @property
    def complete(self) -> bool:
        return not self.missing

    @property
    def fingerprint(self) -> str:
        """Tells one way of sending (account, version, host) from another without showing it; empty when incomplete."""
        if not self.complete:
            return ""
        facts = (settings.WHATSAPP_GRAPH_URL, self.api_version, self.phone_number_id, self.access_token)
        secret = "\0".join(facts).encode()
        return hashlib.sha256(secret).hexdigest()[:16]


def environment_credentials() -> Credentials:
    """What the process environment holds, complete or not."""
    return Credentials(
        waba_id=settings.WHATSAPP_WABA_ID,
        phone_number_id=settings.WHATSAPP_PHONE_NUMBER_ID,
        access_token=settings.WHATSAPP_ACCESS_TOKEN,
        app_secret=settings.WHATSAPP_APP_SECRET,
        previous_app_secrets=tuple(settings.WHATSAPP_APP_SECRET_PREVIOUS),
        webhook_verify_token=settings.WHATSAPP_WEBHOOK_VERIFY_TOKEN,
        api_version=settings.WHATSAPP_API_VERSION,
        source="environment",
    )
