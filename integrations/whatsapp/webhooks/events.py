"""What webhooks say of messages and people, as typed events.

Absent texts are empty; times are UTC and None where Meta sent none that can be read. Numbers of people are digits
without a plus, empty for those known by their business-scoped id alone; `phone_number_id` is empty where the body
names none: the default number is meant. `body` is Meta's object as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """What became of a message of ours.

    `recipient_id` is a group's id where `recipient_type` is `group`. `username` is told once a message arrived.
    """

    wamid: str
    status: str
    timestamp: datetime | None = None
    recipient_id: str = ""
    recipient_user_id: str = ""
    phone_number_id: str = ""
    callback_data: str = ""
    errors: tuple[dict[str, Any], ...] = ()
    pricing: dict[str, Any] | None = None
    conversation: dict[str, Any] | None = None
    recipient_type: str = ""
    username: str = ""


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """What a person wrote or tapped; `unsupported` types come with `errors`. `context_id` names the message
    that it answers."""

    wamid: str
    phone_number_id: str = ""
    sender: str = ""
    sender_user_id: str = ""
    profile_name: str = ""
    type: str = ""
    timestamp: datetime | None = None
    body: dict[str, Any] = field(default_factory=dict)
    username: str = ""
    context_id: str = ""
    errors: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class FromPerson:
    """What all that follows has in common. `wamid` is this event's own id."""

    wamid: str
    phone_number_id: str = ""
    sender: str = ""
    sender_user_id: str = ""
    timestamp: datetime | None = None
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageEdited(FromPerson):
    """A person changed an earlier message; `message` is its new content, as an incoming one has it."""

    original_wamid: str = ""
    message: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageRevoked(FromPerson):
    """A person deleted an earlier message for everybody."""

    original_wamid: str = ""


@dataclass(frozen=True, slots=True)
class MessageReacted(FromPerson):
    """A person put an emoji to a message, or took it back: `emoji` is empty then."""

    original_wamid: str = ""
    emoji: str = ""


@dataclass(frozen=True, slots=True)
class ChatOpened(FromPerson):
    """A person opened the chat for the first time and has written nothing yet (`request_welcome`)."""


@dataclass(frozen=True, slots=True)
class IdentityChanged(FromPerson):
    """A person's encryption keys changed: another phone, or another person. `identity_hash` names the new ones."""

    identity_hash: str = ""


@dataclass(frozen=True, slots=True)
class ContactMoved(FromPerson):
    """A person, `sender` or `sender_user_id` until now, has another number or another business-scoped id.

    `kind` is Meta's word: `user_changed_number` or `user_changed_user_id`. What stays the same is empty here.
    """

    kind: str = ""
    new_number: str = ""
    new_user_id: str = ""


@dataclass(frozen=True, slots=True)
class MessageEchoed:
    """A message that somebody of ours sent from the WhatsApp Business app on the same number."""

    wamid: str
    phone_number_id: str = ""
    recipient: str = ""
    recipient_user_id: str = ""
    type: str = ""
    timestamp: datetime | None = None
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MarketingPreference:
    """A person told WhatsApp to stop or resume marketing from us."""

    wanted: bool
    sender: str = ""
    sender_user_id: str = ""
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class ErrorReported:
    """An error that Meta reports of a number of ours, of no message."""

    error: dict[str, Any]
    phone_number_id: str = ""


@dataclass(frozen=True, slots=True)
class UnknownChange:
    """Something else, kept whole."""

    field: str
    value: Any = None
