"""Everything the sandbox remembers, in memory."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from sandbox import wamid
from sandbox.clock import Clock
from sandbox.options import Options
from sandbox.people import Person, new_person, wa_id_of
from sandbox.records import UPLOAD_LIVES_SECONDS, Media, Message, Number, StatusEvent, Template, Upload, identity
from sandbox.rules.template_send import Shape

TEMPLATE_ID = 594_425_479_260_000
NUMBER_ID = 106_540_352_240_000
MEDIA_ID = 1_037_543_291_000_000
NAME_LOCK_SECONDS = 30 * 24 * 3600


class Store:
    def __init__(self, options: Options, clock: Clock) -> None:
        self.options, self.clock = options, clock
        #: Kinds and keys of what changed since they were last kept in a file; None where nothing is kept.
        self.changed: dict[tuple[str, str], None] | None = None
        self.clear()

    def clear(self) -> None:
        """Back to the state at start: one number, no templates, no messages; ids count on from the seed."""
        options, old = self.options, self.kept() if self.changed else []
        self.started = self.now()
        self.access_token, self.token_expired = options.access_token, False
        self.waba_id, self.subscribed = options.waba_id, True
        self.override_url = self.override_verify_token = ""
        number = Number(options.phone_number_id, options.display_phone_number, options.business_name)
        self.numbers = {number.id: number}
        self.templates: dict[tuple[str, str], Template] = {}
        self.templates_by_id: dict[str, Template] = {}
        self.locked_names: dict[str, float] = {}
        self.people: dict[str, Person] = {}
        self.by_user_id: dict[str, Person] = {}
        self.messages: dict[str, Message] = {}
        self.media: dict[str, Media] = {}
        self.uploads: dict[str, Upload] = {}
        self.by_callback_data: dict[str, list[str]] = {}
        #: Replies without a template by number and month: the first thousand are free.
        self.service_messages: dict[tuple[str, str], int] = {}
        self.version = getattr(self, "version", 0) + 1
        self.counter = 0
        self.touch(*old)

    def take_over(self, other: Store) -> None:
        """Hold what the other holds; whoever keeps a file is told that everything changed."""
        names = set(vars(self)) - {"options", "clock", "changed", "version"}
        old = self.kept()
        for name in names:
            setattr(self, name, getattr(other, name))
        self.touch(*old, *self.kept())

    def kept(self) -> list[Template | Number | Message | Media | Person]:
        """All that a data file has a record of."""
        kept: list[Template | Number | Message | Media | Person] = [*self.numbers.values(), *self.templates.values()]
        return [*kept, *self.people.values(), *self.media.values(), *self.messages.values()]

    def touch(self, *things: Template | Number | Message | Media | Person) -> None:
        """Something that a page may show has changed; `things` are what a data file keeps."""
        self.version += 1
        if self.changed is not None:
            for thing in things:
                self.changed[identity(thing)] = None

    def now(self) -> float:
        return self.clock.now()

    def mark(self, kind: str, length: int) -> str:
        """Hexadecimal digits, the same for the same seed and the same calls before."""
        self.counter += 1
        text = f"{self.options.seed}:{kind}:{self.counter}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()[:length].upper()

    def find(self, object_id: str) -> tuple[str, Any]:
        """What a Graph id names, and its kind: number, account, template, media, upload; an id that is none of them
        is of the kind of its own name ("debug_token"), with None."""
        if object_id in self.numbers:
            return "number", self.numbers[object_id]
        if object_id == self.waba_id:
            return "account", None
        if object_id in self.templates_by_id:
            return "template", self.templates_by_id[object_id]
        if object_id in self.media:
            return "media", self.media[object_id]
        if object_id in self.uploads:
            return "upload", self.uploads[object_id]
        return object_id, None

    def person(self, digits: str) -> Person:
        wa_id = wa_id_of(digits)
        found = self.people.get(wa_id)
        if found is None:
            found = self.people[wa_id] = new_person(wa_id)
            self.by_user_id[found.user_id] = found
        return found

    def add_template(self, fields: dict[str, Any], shape: Shape) -> Template:
        self.counter += 1
        template = Template(id=str(TEMPLATE_ID + self.counter), shape=shape, **fields)
        self.templates[template.name, template.language] = template
        self.templates_by_id[template.id] = template
        self.touch(template)
        return template

    def remove_templates(self, found: list[Template]) -> None:
        """Names that were approved stay locked in their language for 30 days (Meta, Message templates, Delete)."""
        for template in found:
            del self.templates[template.name, template.language]
            del self.templates_by_id[template.id]
            if template.status == "APPROVED":
                self.locked_names[f"{template.name} {template.language}"] = self.now() + NAME_LOCK_SECONDS
        self.touch(*found)

    def add_number(self, display: str, verified_name: str) -> Number:
        self.counter += 1
        number = Number(str(NUMBER_ID + self.counter), display, verified_name)
        self.numbers[number.id] = number
        self.touch(number)
        return number

    def add_media(
        self,
        number_id: str,
        mime_type: str,
        content: bytes,
        filename: str,
        lives: float = UPLOAD_LIVES_SECONDS,
    ) -> Media:
        self.counter += 1
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        media = Media(str(MEDIA_ID + self.counter), number_id, mime_type, content, digest, filename, self.now(), lives)
        self.media[media.id] = media
        self.touch(media)
        return media

    def remove_media(self, media: Media) -> None:
        del self.media[media.id]
        self.touch(media)

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

    def add_inbound(
        self, person: Person, number: Number, kind: str, body: dict[str, Any], *, by_person: bool = True
    ) -> Message:
        """What WhatsApp says in the person's place opens no window."""
        wamid_ = wamid.inbound(person.wa_id, "3A" + self.mark("in", 18))
        message = Message(wamid_, False, person, number, kind, body, self.now())
        if by_person:
            person.last_inbound[number.id] = message.at
        self._remember(message)
        return message

    def _remember(self, message: Message) -> None:
        self.messages[message.wamid] = message
        message.person.messages.append(message)
        # A dict keeps insertion order: taking a person out and back in makes it the latest, in O(1).
        self.people[message.person.wa_id] = self.people.pop(message.person.wa_id)
        if len(self.messages) > self.options.keep_messages:
            self._forget(next(iter(self.messages.values())))
        self.touch(message, message.person)

    def _forget(self, oldest: Message) -> None:
        del self.messages[oldest.wamid]
        oldest.person.messages.pop(0)
        if oldest.callback_data is not None:
            wamids = self.by_callback_data[oldest.callback_data]
            wamids.remove(oldest.wamid)
            if not wamids:
                del self.by_callback_data[oldest.callback_data]
        self.touch(oldest)

    def record_status(self, message: Message, status: str, error: dict[str, Any] | None = None) -> StatusEvent:
        event = StatusEvent(status, self.now(), error)
        message.statuses.append(event)
        self.touch(message)
        return event
