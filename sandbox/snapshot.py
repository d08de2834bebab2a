"""Everything a sandbox remembers as one document, and back."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from sandbox.people import Person
from sandbox.records import Media, Message, Number, StatusEvent, Template
from sandbox.rules.template_send import read_shape
from sandbox.store import Store

VERSION = 1
META = ("waba_id", "subscribed", "override_url", "override_verify_token", "started", "locked_names")
#: Fields that are other objects, or are found again from the rest.
APART = {"person", "number", "template", "statuses", "shape", "content", "messages"}


class BadSnapshot(ValueError):
    """The document is no snapshot of a sandbox; the text says where it is wrong."""


def plain(thing: Any) -> dict[str, Any]:
    return {field.name: getattr(thing, field.name) for field in fields(thing) if field.name not in APART}


def dump_message(message: Message) -> dict[str, Any]:
    return plain(message) | {
        "person": message.person.wa_id,
        "number": message.number.id,
        "template": message.template.id if message.template else None,
        "template_record": dump_template(message.template) if message.template else None,
        "statuses": [[event.status, event.at, event.error] for event in message.statuses],
    }


def dump_template(template: Template) -> dict[str, Any]:
    return plain(template)


def dump_media(media: Media) -> dict[str, Any]:
    return plain(media) | {"content": base64.b64encode(media.content).decode()}


def dump_meta(store: Store) -> dict[str, Any]:
    service = [[number, month, count] for (number, month), count in store.service_messages.items()]
    return {name: getattr(store, name) for name in META} | {
        "version": VERSION,
        "counter": store.counter,
        "now": store.now(),
        "service_messages": service,
    }


def dump(store: Store) -> dict[str, Any]:
    """A document of plain JSON; faults and webhook deliveries are not part of it."""
    return {
        "meta": dump_meta(store),
        "numbers": [plain(number) for number in store.numbers.values()],
        "templates": [dump_template(template) for template in store.templates.values()],
        "people": [plain(person) for person in store.people.values()],
        "media": [dump_media(media) for media in store.media.values()],
        "messages": [dump_message(message) for message in store.messages.values()],
    }


def load(store: Store, document: Any) -> None:
    """Put the document in the place of what the store holds. Raises `BadSnapshot` and changes nothing."""
    fresh = Store(store.options, store.clock)
    place = "the document"
    try:
        place = "meta"
        load_meta(fresh, document["meta"])
        for kind, loader in LOADERS.items():
            for index, record in enumerate(document[kind]):
                place = f"{kind}[{index}]"
                loader(fresh, record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        detail = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise BadSnapshot(f"{place}: {detail}") from None
    if not fresh.numbers:
        raise BadSnapshot("numbers: at least one is required")
    store.take_over(fresh)


def load_meta(store: Store, record: dict[str, Any]) -> None:
    if record["version"] != VERSION:
        raise ValueError(f"version {record['version']}; this sandbox reads version {VERSION}")
    for name in META:
        setattr(store, name, record[name])
    store.counter = int(record["counter"])
    store.clock.jump_to(float(record["now"]))
    store.service_messages = {(number, month): count for number, month, count in record["service_messages"]}
    store.numbers.clear()


def load_number(store: Store, record: dict[str, Any]) -> None:
    number = Number(**record)
    store.numbers[number.id] = number


def read_template(record: dict[str, Any]) -> Template:
    shape = read_shape(record["category"], record["parameter_format"], record["components"])
    return Template(shape=shape, **record)


def load_template(store: Store, record: dict[str, Any]) -> None:
    template = read_template(record)
    store.templates[template.name, template.language] = template
    store.templates_by_id[template.id] = template


def load_person(store: Store, record: dict[str, Any]) -> None:
    person = Person(**record)
    store.people[person.wa_id] = store.by_user_id[person.user_id] = person


def load_media(store: Store, record: dict[str, Any]) -> None:
    media = Media(**record | {"content": base64.b64decode(record["content"])})
    store.media[media.id] = media


def load_message(store: Store, record: dict[str, Any]) -> None:
    """Its template may have been deleted since: it is kept with the message."""
    record = dict(record)
    kept, template_id = record.pop("template_record"), record.pop("template")
    template = store.templates_by_id.get(template_id) if template_id else None
    message = Message(
        **record
        | {
            "person": store.people[record["person"]],
            "number": store.numbers[record["number"]],
            "template": template or (read_template(kept) if kept else None),
            "statuses": [StatusEvent(*event) for event in record["statuses"]],
        }
    )
    store.messages[message.wamid] = message
    message.person.messages.append(message)
    if message.callback_data is not None:
        store.by_callback_data.setdefault(message.callback_data, []).append(message.wamid)


#: In this order, for each needs those before it.
LOADERS: dict[str, Callable[[Store, dict[str, Any]], None]] = {
    "numbers": load_number,
    "templates": load_template,
    "people": load_person,
    "media": load_media,
    "messages": load_message,
}
