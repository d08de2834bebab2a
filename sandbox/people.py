"""Who holds the phones."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.outcomes import magic

if TYPE_CHECKING:
    from sandbox.records import Message

WINDOW_SECONDS = 24 * 3600
#: Longest match wins; only needed for a plausible business-scoped user id.
COUNTRIES = {
    "1": "US",
    "221": "SN",
    "234": "NG",
    "254": "KE",
    "260": "ZM",
    "263": "ZW",
    "265": "MW",
    "27": "ZA",
    "33": "FR",
    "34": "ES",
    "44": "GB",
    "49": "DE",
    "52": "MX",
    "54": "AR",
    "55": "BR",
    "91": "IN",
}


@dataclass(slots=True)
class Person:
    wa_id: str
    name: str
    user_id: str
    offline: bool = False
    reads: bool = True
    refuse: int = 0
    fail: int = 0
    blocked: bool = False
    stopped_marketing: bool = False
    #: Known by a username: webhooks name the business-scoped user id alone.
    hides_number: bool = False
    identity_hash: str = ""
    typing_until: float = 0.0
    #: Time of the latest message to each phone number id.
    last_inbound: dict[str, float] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)

    @property
    def username(self) -> str:
        return f"user.{self.wa_id[-4:]}" if self.hides_number else ""

    def window_open(self, number_id: str, now: float) -> bool:
        """Free-form messages arrive within 24 hours of the person's last one to that number."""
        return now < self.window_ends(number_id)

    def window_ends(self, number_id: str) -> float:
        """Unix seconds; long ago for somebody who never wrote to that number."""
        return self.last_inbound.get(number_id, 0.0) + WINDOW_SECONDS


def new_person(wa_id: str) -> Person:
    country = next((COUNTRIES[wa_id[:n]] for n in (3, 2, 1) if wa_id[:n] in COUNTRIES), "ZZ")
    number = int.from_bytes(hashlib.blake2b(wa_id.encode(), digest_size=6).digest(), "big")
    secret = hashlib.blake2b(f"identity {wa_id}".encode(), digest_size=8).hexdigest()
    return Person(wa_id, f"Phone {wa_id[-4:]}", f"{country}.{number:016d}", identity_hash=secret, **magic(wa_id))


def wa_id_of(digits: str) -> str:
    """WhatsApp's own form of a number, which differs from the dialled one in three countries."""
    if re.fullmatch(r"52\d{10}", digits):
        return f"521{digits[2:]}"
    if re.fullmatch(r"54[^9]\d{9}", digits):
        return f"549{digits[2:]}"
    if re.fullmatch(r"55\d\d9\d{8}", digits):
        return digits[:4] + digits[5:]
    return digits
