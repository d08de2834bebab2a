"""One document with everything that is held about a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from integrations.forgetting import each_body_naming
from integrations.models import WebhookEvent
from integrations.whatsapp.webhooks import Event, MalformedBody, parse
from notifications.archive import plain
from notifications.models import ArchivedNotification, Erasure, InboundMessage, Notification
from notifications.people import Person, archived_of, contacts_of, inbound_of, messages_of, shelved_of
from notifications.signals import answers, person_exported


def export(person: Person) -> dict[str, Any]:
    """Everything about the person as JSON-like data: ours first, then what other apps answer `person_exported` with.

    One-time codes are held nowhere and so are not in it. What was blanked before shows as such.
    """
    document: dict[str, Any] = {
        "phone": person.phone,
        "exported_at": timezone.now(),
        "installation": settings.INSTALLATION_ID,
        "contacts": _rows(contacts_of(person)),
        "messages": [_message(one) for one in messages_of(person).prefetch_related("attempts__events")],
        "archived_messages": [_archived(one) for one in archived_of(person)],
        "inbound_messages": [_said(one) for one in inbound_of(person)],
        "statuses_on_the_shelf": _rows(shelved_of(person)),
        "webhooks": list(_webhooks(person)),
        "erasures": _rows(Erasure.objects.filter(pseudonym=person.pseudonym)),
    }
    for sections in answers(person_exported, Person, person=person):
        document |= sections
    return document


def _rows(rows: models.QuerySet[Any]) -> list[dict[str, Any]]:
    return [plain(row) for row in rows]


def _message(message: Notification) -> dict[str, Any]:
    attempts = [
        plain(attempt) | {"events": [plain(event) for event in attempt.events.all()]}
        for attempt in message.attempts.all()
    ]
    return plain(message) | {"attempts": attempts}


def _archived(message: ArchivedNotification) -> dict[str, Any]:
    columns = plain(message)
    return columns.pop("record") | columns


def _said(message: InboundMessage) -> dict[str, Any]:
    return plain(message) | {"media_file": message.media_file.name}


def _webhooks(person: Person) -> Iterator[dict[str, Any]]:
    """What raw webhooks say of this person; the others in the same body stay out."""
    for row in each_body_naming(person.digits):
        if events := [asdict(event) for event in _events(row) if _concerns(event, person)]:
            yield {"id": row.pk, "received_at": row.received_at, "status": row.status, "events": events}


def _events(row: WebhookEvent) -> list[Event]:
    try:
        return list(parse(bytes(row.body)))
    except MalformedBody:
        return []


def _concerns(event: Event, person: Person) -> bool:
    told = (getattr(event, name, "") for name in ("recipient_id", "sender", "recipient", "new_number"))
    return person.digits in told
