"""`manage.py whatsapp_log +263…`: the story of one number, from the rows. Log files hold masked numbers only."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integrations.phone import InvalidPhoneNumber
from notifications.archive_models import ExactEncoder
from notifications.correspondence import Entry, Heard, Said, between_us
from notifications.people import Person, contacts_of, find
from notifications.story import Chapter

DEFAULT_LIMIT = 50


class Command(BaseCommand):
    help = "What was said to a number and by it, what became of each message, and what it waits for."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="In any spelling, such as +263771234567 or 077 123 4567.")
        parser.add_argument("--limit", type=int, default=DEFAULT_LIMIT, help="The latest so many. Default: %(default)s")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, number: str, limit: int, **options: Any) -> None:
        if limit < 1:
            raise CommandError("--limit is at least 1.")
        try:
            person = find(number)
        except InvalidPhoneNumber as error:
            raise CommandError(str(error)) from error
        entries = between_us(person, limit)
        if options["format"] == "json":
            document = {"phone": person.phone, "messages": [_as_dict(entry) for entry in entries]}
            self.stdout.write(json.dumps(document, cls=ExactEncoder, indent=2, ensure_ascii=False))
            return
        for line in _contact(person):
            self.stdout.write(line)
        for entry in entries:
            self.stdout.write("\n" + "\n".join(_heard(entry) if isinstance(entry, Heard) else _said(entry)))
        if not entries:
            self.stdout.write("Nothing is held: neither messages nor webhooks name this number.")


def _contact(person: Person) -> Iterator[str]:
    contacts = list(contacts_of(person))
    names = ", ".join(sorted({contact.name for contact in contacts if contact.name}))
    yield f"{person.phone}{f', {names}' if names else ''}"
    for contact in contacts:
        if contact.last_inbound_at:
            yield f"Last wrote {_moment(contact.last_inbound_at)}"
        if contact.marketing_stopped_at:
            yield f"Stopped marketing {_moment(contact.marketing_stopped_at)}"
        if contact.undeliverable_at:
            yield f"Could not be reached on WhatsApp {_moment(contact.undeliverable_at)}"


def _heard(entry: Heard) -> Iterator[str]:
    yield f"{_moment(entry.at)}  ←  {entry.kind}{f': {entry.words}' if entry.words else ''}"
    yield f"    {entry.wamid}"


def _said(entry: Said) -> Iterator[str]:
    message = entry.message
    name = f"{message.template_name} ({message.template_language})" if message.template_name else message.message_type
    place = ", in the archive" if entry.archived else ""
    yield f"{_moment(entry.at)}  →  #{message.pk} {name}  {message.status}{place}"
    if entry.words:
        yield f"    {entry.words}"
    if message.error_message:
        yield f"    Reason: {message.error_message}"
    for chapter in entry.attempts:
        yield from _attempt(chapter)


def _attempt(chapter: Chapter) -> Iterator[str]:
    attempt = chapter.attempt
    facts = (f"Attempt {attempt.number}", attempt.channel, attempt.state, attempt.wamid)
    yield f"    {', '.join(filter(None, facts))}"
    for line in chapter.lines:
        notes = "; ".join(filter(None, (line.note, line.late)))
        at = f"{timezone.localtime(line.at):%d %b %H:%M:%S}"
        yield f"      {at}  {line.title} ({line.source}){f': {notes}' if notes else ''}"
    if waiting := chapter.waiting:
        yield f"      Waits for {waiting.what} since {_moment(waiting.since)}. {waiting.why} {waiting.until}".rstrip()


def _moment(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"


def _as_dict(entry: Entry) -> dict[str, Any]:
    if isinstance(entry, Heard):
        return {"at": entry.at, "direction": "in", "wamid": entry.wamid, "type": entry.kind, "text": entry.words}
    message = entry.message
    return {
        "at": entry.at,
        "direction": "out",
        "id": message.pk,
        "event": message.event,
        "template": message.template_name,
        "language": message.template_language,
        "type": message.message_type,
        "text": entry.words,
        "status": message.status,
        "reason": message.error_message,
        "archived": entry.archived,
        "attempts": [_attempt_as_dict(chapter) for chapter in entry.attempts],
    }


def _attempt_as_dict(chapter: Chapter) -> dict[str, Any]:
    attempt, waiting = chapter.attempt, chapter.waiting
    return {
        "number": attempt.number,
        "channel": attempt.channel,
        "state": attempt.state,
        "sender": attempt.sender,
        "wamid": attempt.wamid,
        "events": [
            {"at": line.at, "kind": line.kind, "source": line.source, "title": line.title, "note": line.note}
            for line in chapter.lines
        ],
        "waiting": {"for": waiting.what, "since": waiting.since, "why": waiting.why} if waiting else None,
    }
