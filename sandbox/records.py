"""What the sandbox remembers, one record each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.people import Person
from sandbox.rules.template_send import Shape

#: What the business uploads is kept longer than what people send (Meta, Cloud API, Media).
UPLOAD_LIVES_SECONDS, RECEIVED_LIVES_SECONDS = 30 * 24 * 3600, 7 * 24 * 3600


@dataclass(slots=True)
class Template:
    id: str
    name: str
    language: str
    category: str
    components: list[dict[str, Any]]
    parameter_format: str
    shape: Shape
    message_send_ttl_seconds: int | None = None
    status: str = "PENDING"
    rejected_reason: str = "NONE"
    quality: str = "UNKNOWN"
    sub_category: str | None = None
    previous_category: str | None = None
    correct_category: str | None = None
    cta_url_link_tracking_opted_out: bool | None = None
    updated: float = 0.0
    edits: list[float] = field(default_factory=list)
    pauses: int = 0
    paused_at: float = 0.0


@dataclass(slots=True)
class Number:
    id: str
    display: str
    verified_name: str
    status: str = "CONNECTED"
    quality_rating: str = "GREEN"
    throughput: str = "STANDARD"
    code_verification_status: str = "VERIFIED"
    name_status: str = "APPROVED"
    pin: str = ""
    code_requested: float = 0.0
    profile: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    override_url: str = ""
    override_verify_token: str = ""
    registrations: list[float] = field(default_factory=list)
    deregistered: float = 0.0

    @property
    def checks_identity(self) -> bool:
        change = self.settings.get("user_identity_change")
        return isinstance(change, dict) and change.get("enable_identity_key_check") is True

    @property
    def digits(self) -> str:
        return re.sub(r"\D", "", self.display)


@dataclass(slots=True)
class Media:
    id: str
    number_id: str
    mime_type: str
    content: bytes
    sha256: str
    filename: str
    at: float
    lives: float = UPLOAD_LIVES_SECONDS

    def gone(self, now: float) -> bool:
        return now - self.at > self.lives


@dataclass(slots=True)
class Upload:
    """A file that comes in parts."""

    id: str
    length: int
    mime_type: str
    content: bytes = b""
    handle: str = ""


@dataclass(slots=True)
class StatusEvent:
    status: str
    at: float
    error: dict[str, Any] | None = None


@dataclass(slots=True)
class Message:
    wamid: str
    outbound: bool
    person: Person
    number: Number
    type: str
    payload: dict[str, Any]
    at: float
    callback_data: str | None = None
    template: Template | None = None
    statuses: list[StatusEvent] = field(default_factory=list)
    #: Emoji by who put it there: "business" or "person".
    reactions: dict[str, str] = field(default_factory=dict)
    pricing: dict[str, Any] | None = None
    #: Its time was over before the phone came back.
    expired: bool = False
    #: Its person had blocked the business when it was sent.
    into_a_block: bool = False
    #: Sent with the Marketing Messages API.
    lite: bool = False
    edited: bool = False
    deleted: bool = False

    @property
    def status(self) -> str:
        return self.statuses[-1].status if self.statuses else "accepted"


def identity(thing: Template | Number | Message | Media | Person) -> tuple[str, str]:
    """Kind and key, unique among all that a store holds."""
    match thing:
        case Message():
            return "message", thing.wamid
        case Person():
            return "person", thing.wa_id
        case Template():
            return "template", thing.id
        case Media():
            return "media", thing.id
    return "number", thing.id
