"""What was said to a person and by them, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifications import story
from notifications.archive import restored
from notifications.models import Notification
from notifications.people import Person, archived_of, inbound_of, messages_of
from notifications.story import Chapter


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
    """The latest `limit` messages both ways, the oldest of them first."""
    entries: list[Entry] = [*_said(person, limit), *_archived(person, limit), *_heard(person, limit)]
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


def _heard(person: Person, limit: int) -> Iterator[Heard]:
    for row in inbound_of(person).order_by("-pk")[:limit]:
        yield Heard(row.at, row.wamid, row.type or "message", row.text)
