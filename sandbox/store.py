"""Everything the sandbox remembers, in memory."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox import wamid
from sandbox.options import Options
from sandbox.people import Person, new_person, wa_id_of
from sandbox.rules.template_send import Shape

TEMPLATE_ID = 594_425_479_260_000
NAME_LOCK_SECONDS = 30 * 24 * 3600


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
    updated: float = 0.0
    edits: list[float] = field(default_factory=list)


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
    profile: dict[str, Any] = field(default_factory=dict)
    override_url: str = ""
    override_verify_token: str = ""
    registrations: list[float] = field(default_factory=list)

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

    @property
    def status(self) -> str:
        return self.statuses[-1].status if self.statuses else "accepted"


class Store:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.clear()

    def clear(self) -> None:
        """Back to the state at start: one number, no templates, no messages; ids count on from the seed."""
        options = self.options
        self.started = time.time()
        self.access_token, self.token_expired = options.access_token, False
        self.waba_id, self.subscribed = options.waba_id, True
        number = Number(options.phone_number_id, options.display_phone_number, options.business_name)
        self.numbers = {number.id: number}
        self.templates: dict[tuple[str, str], Template] = {}
        self.templates_by_id: dict[str, Template] = {}
        self.locked_names: dict[str, float] = {}
        self.people: dict[str, Person] = {}
        self.by_user_id: dict[str, Person] = {}
        self.messages: dict[str, Message] = {}
        self.media: dict[str, Media] = {}
        self.by_callback_data: dict[str, list[str]] = {}
        self.version = 0
        self._counter = 0

    def touch(self) -> None:
        """Something that a page may show has changed."""
        self.version += 1

    def now(self) -> float:
        return time.time()

    def mark(self, kind: str, length: int) -> str:
        """Hexadecimal digits, the same for the same seed and the same calls before."""
        self._counter += 1
        text = f"{self.options.seed}:{kind}:{self._counter}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()[:length].upper()

    def find(self, object_id: str) -> tuple[str, Any]:
        """What a Graph id names, and its kind: number, account, template, media; an id that is none of them
        is of the kind of its own name ("debug_token"), with None."""
        if object_id in self.numbers:
            return "number", self.numbers[object_id]
        if object_id == self.waba_id:
            return "account", None
        if object_id in self.templates_by_id:
            return "template", self.templates_by_id[object_id]
        if object_id in self.media:
            return "media", self.media[object_id]
        return object_id, None

    def person(self, digits: str) -> Person:
        wa_id = wa_id_of(digits)
        found = self.people.get(wa_id)
        if found is None:
            found = self.people[wa_id] = new_person(wa_id)
            self.by_user_id[found.user_id] = found
        return found

    def add_template(self, fields: dict[str, Any], shape: Shape) -> Template:
        self._counter += 1
        template = Template(id=str(TEMPLATE_ID + self._counter), shape=shape, **fields)
        self.templates[template.name, template.language] = template
        self.templates_by_id[template.id] = template
        self.touch()
        return template

    def remove_templates(self, found: list[Template]) -> None:
        """Names that were approved stay locked for 30 days (Meta, Message templates, Delete)."""
        for template in found:
            del self.templates[template.name, template.language]
            del self.templates_by_id[template.id]
            if template.status == "APPROVED":
                self.locked_names[template.name] = self.now() + NAME_LOCK_SECONDS
        self.touch()

    def add_outbound(
        self, person: Person, number: Number, kind: str, payload: dict[str, Any], template: Template | None
    ) -> Message:
        wamid_ = wamid.outbound(person.wa_id, self.mark("out", 18))
        callback = payload.get("biz_opaque_callback_data")
        message = Message(wamid_, True, person, number, kind, payload, self.now(), callback, template)
        if callback is not None:
            self.by_callback_data.setdefault(callback, []).append(wamid_)
        self._remember(message)
        return message

    def add_inbound(self, person: Person, number: Number, kind: str, body: dict[str, Any]) -> Message:
        wamid_ = wamid.inbound(person.wa_id, "3A" + self.mark("in", 18))
        message = Message(wamid_, False, person, number, kind, body, self.now())
        person.last_inbound[number.id] = message.at
        self._remember(message)
        return message

    def _remember(self, message: Message) -> None:
        self.messages[message.wamid] = message
        message.person.messages.append(message)
        # A dict keeps insertion order: taking a person out and back in makes it the latest, in O(1).
        self.people[message.person.wa_id] = self.people.pop(message.person.wa_id)
        self.touch()

    def record_status(self, message: Message, status: str, error: dict[str, Any] | None = None) -> StatusEvent:
        event = StatusEvent(status, self.now(), error)
        message.statuses.append(event)
        self.touch()
        return event

    def latest_people(self, limit: int) -> Iterator[Person]:
        for wa_id in reversed(self.people):
            person = self.people[wa_id]
            if person.messages:
                yield person
                limit -= 1
            if limit <= 0:
                return
