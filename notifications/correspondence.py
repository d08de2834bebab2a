"""What was said to a person and by them, as far as rows and kept webhooks tell, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.forgetting import each_body_naming
from integrations.models import WebhookEvent
from integrations.whatsapp.lenient import mapping, text
from integrations.whatsapp.webhooks import IncomingMessage, MalformedBody, parse
from notifications import story
from notifications.archive import restored
from notifications.models import Notification
from notifications.people import Person, archived_of, messages_of
from notifications.story import Chapter

# Where Meta keeps the words of a message, by its type (Meta, Webhooks, "messages").
_WORDS = (
    ("text", "body"), ("button", "text"), ("image", "caption"), ("video", "caption"), ("document", "caption"),
    ("document", "filename"), ("reaction", "emoji"), ("location", "name"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A message of ours; its attempts in their order."""

    at: datetime
    message: Notification
    attempts: tuple[Chapter, ...]
    archived: bool = False

    @property
    def words(self) -> str:
        """As the person reads it; dots in the place of secrets."""
        return " ".join(part for _, part in story.wording(self.message))


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of theirs."""

    at: datetime
    wamid: str
    kind: str
    words: str


Entry = Said | Heard


def between_us(person: Person, limit: int) -> list[Entry]:
    """The latest `limit` messages both ways, the oldest of them first. Reads every kept webhook: for commands."""
    entries: list[Entry] = [*_said(person, limit), *_archived(person, limit), *_heard(person)]
    return sorted(entries, key=lambda entry: entry.at)[-limit:] if limit > 0 else []


def _said(person: Person, limit: int) -> Iterator[Said]:
    for message in messages_of(person).order_by("-pk").prefetch_related("attempts__events")[:limit]:
        yield _entry(message, list(message.attempts.all()))


def _archived(person: Person, limit: int) -> Iterator[Said]:
    for row in archived_of(person).order_by("-pk")[:limit]:
        message, attempts = restored(row)
        yield _entry(message, attempts, archived=True)


def _entry(message: Notification, attempts: list[Any], *, archived: bool = False) -> Said:
    for attempt in attempts:
        attempt.notification = message
    return Said(message.created_at, message, tuple(story.chapters_of(attempts)), archived)


def _heard(person: Person) -> Iterator[Heard]:
    seen = set()
    for row in each_body_naming(person.digits):
        for event in _messages(row):
            theirs = event.sender == person.digits or event.sender_user_id in person.bsuids
            if theirs and event.wamid not in seen:
                seen.add(event.wamid)
                yield Heard(event.timestamp or row.received_at, event.wamid, event.type or "message", _words(event))


def _messages(row: WebhookEvent) -> Iterator[IncomingMessage]:
    try:
        yield from (event for event in parse(bytes(row.body)) if isinstance(event, IncomingMessage))
    except MalformedBody:
        return


def _words(event: IncomingMessage) -> str:
    interactive = mapping(event.body.get("interactive"))
    reply = mapping(interactive.get("button_reply") or interactive.get("list_reply"))
    found = (text(mapping(event.body.get(kind)).get(name)) for kind, name in _WORDS)
    return text(reply.get("title")) or next(filter(None, found), "")
