"""What became of a message, in words and in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from integrations import previews
from integrations.redaction import redact
from integrations.whatsapp_templates import get_template_structure
from notifications.holds import HOLDS
from notifications.models import DeliveryAttempt, DeliveryEvent, Notification
from notifications.states import CALLED_OFF, State

TONES = {
    State.PENDING: "waiting",
    State.CLAIMED: "waiting",
    State.SENDING: "sending",
    State.SENT: "sent",
    State.DELIVERED: "delivered",
    State.READ: "read",
    State.FAILED: "failed",
    State.UNCERTAIN: "uncertain",
    **dict.fromkeys(CALLED_OFF, "muted"),
}
REDACTED = "••••••"

# Meta dates its statuses to the second: within one second this order is the true one.
_ORDER = ("created", "hold", "departed", "lose", "accepted", "sent", "delivered", "read", "played", "failed")
_TITLES = {
    "accepted": ("sent", "Accepted by Meta"),
    "sent": ("sent", "Sent"),
    "delivered": ("delivered", "Arrived on the phone"),
    "read": ("read", "Read"),
    "played": ("read", "Played"),
    "failed": ("failed", "Reported as failed"),
    "hold": ("waiting", "Set aside"),
    "skip": ("muted", "Skipped"),
    "expire": ("muted", "Expired"),
    "cancel": ("muted", "Cancelled"),
    "lose": ("uncertain", "Outcome unknown"),
    "refuse": ("failed", "Refused by Meta"),
    "resend": ("waiting", "Goes once more"),
    "again": ("waiting", "Tried again by an operator"),
    "vouch": ("sent", "Treated as sent by an operator"),
    "give_up": ("muted", "Given up by an operator"),
    "asked": ("muted", "Asked Meta what became of it"),
}
_BANNERS = {
    State.PENDING: ("It waits", "It is due; a worker takes it up within seconds."),
    State.SENDING: ("It is on its way to Meta", "The answer comes within seconds."),
    State.SENT: ("Meta accepted it", "The phone has not confirmed it yet: it may be off or without a network."),
    State.FAILED: ("It was not delivered", ""),
    State.UNCERTAIN: ("Nobody knows yet whether it arrived", ""),
    State.SKIPPED: ("It was not sent", ""),
    State.EXPIRED: ("It came too late to be sent", ""),
    State.CANCELLED: ("It was called off", ""),
}
_FAULTS = {
    "meta": "It lies with Meta.",
    "recipient": "It lies with the recipient.",
    "template": "It lies with the template.",
    "configuration": "It lies with the configuration.",
    "ours": "It lies with Ovii.",
}
_SOURCES: dict[str, str] = {
    DeliveryEvent.Source.OURS: "Ovii",
    DeliveryEvent.Source.PROVIDER: "Meta",
    DeliveryEvent.Source.HISTORY: "Meta, when asked",
}
_LATE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `source` is who says so; `late` tells how long after it we heard."""

    at: datetime
    kind: str
    tone: str
    title: str
    source: str
    note: str = ""
    late: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an attempt waits for, since when, why, and what lets it go."""

    what: str
    since: datetime
    why: str
    until: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One attempt and what happened to it."""

    attempt: DeliveryAttempt
    tone: str
    lines: tuple[Line, ...]
    fault: str = ""
    waiting: Waiting | None = None


@dataclass(frozen=True, slots=True)
class Banner:
    tone: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    value: str
    secret: bool = False


def chapters(message: Notification) -> list[Chapter]:
    """The attempts, the latest first, each with its lines in time order. Two queries."""
    return chapters_of(message.attempts.prefetch_related("events").order_by("-number"))


def chapters_of(attempts: Iterable[DeliveryAttempt]) -> list[Chapter]:
    """The same of attempts at hand, in their order; each with its events fetched."""
    return [_chapter(one) for one in attempts]


def banner(message: Notification) -> Banner | None:
    """Why it has not arrived; None for what has."""
    state = State(message.status)
    if state is State.SENT and message.sent_at is None:
        return Banner(
            "uncertain", "An operator treats it as sent", "Nothing proves it; what Meta reports later counts."
        )
    if state not in _BANNERS:
        return None
    title, otherwise = _BANNERS[state]
    return Banner(TONES[state], title, message.error_message or otherwise)


def variables(message: Notification) -> list[Variable]:
    """What the message is filled with; of secrets only where they come from."""
    plain = [Variable(name, _text(value)) for name, value in message.template_parameters.items()]
    secret = [
        Variable(name, f"filled in while sending, by “{resolver}”", secret=True)
        for name, (resolver, _ref) in message.secrets.items()
    ]
    return plain + secret


def wording(message: Notification) -> list[tuple[str, str]]:
    """The message as the person reads it, `(kind, text)` by part; dots stand for secrets."""
    if message.message_type != Notification.MessageType.TEMPLATE:
        return _free_form(message)
    structure = get_template_structure(message.template_name)
    if structure is None:
        return []
    values = {name: _text(value) for name, value in message.template_parameters.items()}
    values |= dict.fromkeys(message.secrets, REDACTED)
    inserted = [values.get(name, f"[{name}]") for name in structure["variables"]]
    return previews.filled(previews.texts(structure["components"]), inserted)


def _free_form(message: Notification) -> list[tuple[str, str]]:
    content, kind = message.content, message.message_type
    if kind in (Notification.MessageType.IMAGE, Notification.MessageType.DOCUMENT):
        named = content.get("filename") or content.get("link") or f"File {content.get('id', '')}"
        return [("header", f"{message.get_message_type_display()}: {named}"), ("body", message.body)]
    header, footer = content.get("header", {}).get("text", ""), content.get("footer", {}).get("text", "")
    parts = [("header", header), ("body", message.body), ("footer", footer)]
    parts += [("button", title) for title in _choices(content.get("action", {}))]
    return [(part, text) for part, text in parts if text]


def _choices(action: dict[str, Any]) -> list[str]:
    titles = [button["reply"]["title"] for button in action.get("buttons", ())]
    titles += [row["title"] for section in action.get("sections", ()) for row in section["rows"]]
    if link := action.get("parameters"):
        titles.append(link["display_text"])
    return titles


def _chapter(attempt: DeliveryAttempt) -> Chapter:
    lines = tuple(sorted(_lines(attempt), key=_when))
    fault = _FAULTS.get((attempt.error or {}).get("fault", ""), "")
    return Chapter(attempt, TONES[State(attempt.state)], lines, fault, _waiting(attempt))


def _waiting(attempt: DeliveryAttempt) -> Waiting | None:
    if attempt.state != State.PENDING:
        return None
    told = [one for one in attempt.events.all() if one.kind == "hold" and one.details.get("reason") == attempt.reason]
    since = min((one.at for one in told), default=attempt.created_at)
    if attempt.hold:
        what, until = HOLDS.get(attempt.hold, (attempt.hold, ""))
        what = f"template {attempt.notification.template_name}" if attempt.hold == "template" else what
        return Waiting(what, since, attempt.reason, until)
    if attempt.due_at > timezone.now():
        return Waiting(
            "its turn", since, attempt.reason, f"It is due at {timezone.localtime(attempt.due_at):%H:%M:%S}."
        )
    return None


def _lines(attempt: DeliveryAttempt) -> Iterator[Line]:
    title = "Written to the outbox" if attempt.number == 1 else "Next attempt prepared"
    yield Line(attempt.created_at, "created", "waiting", title, "Ovii", attempt.reason if attempt.number > 1 else "")
    if attempt.departed_at:
        note = f"From number {attempt.sender}" if attempt.sender else ""
        yield Line(attempt.departed_at, "departed", "sending", "Left for Meta", "Ovii", note)
    for event in attempt.events.all():
        yield _line(event)


def _line(event: DeliveryEvent) -> Line:
    tone, title = _TITLES.get(event.kind, ("muted", event.kind))
    ours = event.source == DeliveryEvent.Source.OURS
    heard = event.recorded_at - event.at
    late = "" if ours or heard < _LATE else f"heard {_duration(heard)} later"
    return Line(event.at, event.kind, tone, title, _SOURCES[event.source], _note(event.details), late)


def _note(details: dict[str, Any]) -> str:
    """Reasons, errors and prices in one line; ids and raw numbers stay out."""
    told = [redact(str(details["reason"]))] if details.get("reason") else []
    told += [redact(f"{one.get('code', '')} {one.get('title', '')}".strip()) for one in details.get("errors", ())]
    if pricing := details.get("pricing"):
        told.append(
            f"{pricing.get('category', 'price')}, {'billable' if pricing.get('billable') else 'free of charge'}"
        )
    return "; ".join(told)


def _when(line: Line) -> tuple[datetime, int, datetime]:
    rank = _ORDER.index(line.kind) if line.kind in _ORDER else len(_ORDER)
    return line.at.replace(microsecond=0), rank, line.at


def _duration(gap: timedelta) -> str:
    seconds = int(gap.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
