"""What the page of chats shows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sandbox.people import Person
from sandbox.records import Message, Number
from sandbox.rendering import Digest, digest, quoted, rendered
from sandbox.store import Store
from sandbox.world import World

LATEST_PEOPLE = 200
LATEST_MESSAGES = 200
#: So many people are looked at for the list, and so many messages of each for what is unread.
SEARCHED_PEOPLE = 20_000
UNREAD_MESSAGES = 99


def state(world: World, phone: str, find: str = "") -> dict[str, Any]:
    """The people with their last message, those that `find` names if it is given, and the chat of one of them."""
    store, options = world.store, world.options
    person = store.people.get(phone)
    return {
        "version": store.version,
        "now": store.now(),
        "business": options.business_name,
        "token": store.access_token,
        "numbers": [number_line(number) for number in store.numbers.values()],
        "people": len(store.people),
        "phones": [phone_line(found) for found in listed_people(store, find.casefold().strip())],
        "person": person and profile(store, person),
        "messages": [bubble(store, found) for found in person.messages[-LATEST_MESSAGES:]] if person else [],
        "earlier": max(len(person.messages) - LATEST_MESSAGES, 0) if person else 0,
    }


def listed_people(store: Store, find: str) -> list[Person]:
    """The latest chat first, people without any message at the end."""
    talking: list[Person] = []
    silent: list[Person] = []
    for person in latest_people(store):
        if find and not is_named(person, find):
            continue
        (talking if person.messages else silent).append(person)
        if len(talking) == LATEST_PEOPLE:
            break
    return [*talking, *silent][:LATEST_PEOPLE]


def latest_people(store: Store) -> Iterator[Person]:
    return (store.people[wa_id] for wa_id in islice(reversed(store.people), SEARCHED_PEOPLE))


def is_named(person: Person, find: str) -> bool:
    """Whether name, username or number has `find` in it; a number in any spelling."""
    digits = "".join(sign for sign in find if sign.isdigit())
    spelled = bool(digits) and not set(find) - set("0123456789 +-()") and digits in person.wa_id
    return spelled or find in person.name.casefold() or find in person.username


def number_line(number: Number) -> dict[str, str]:
    return {"id": number.id, "display": number.display, "name": number.verified_name}


def phone_line(person: Person) -> dict[str, Any]:
    last = person.messages[-1] if person.messages else None
    kind, text = digest(last) if last else Digest("", "")
    return {
        "phone": person.wa_id,
        "name": person.name,
        "username": person.username,
        "offline": person.offline,
        "blocked": person.blocked,
        "at": last.at if last else 0,
        "kind": kind,
        "text": text,
        "outbound": bool(last and last.outbound),
        "status": last.status if last else "",
        "count": len(person.messages),
        "unread": unread(person),
    }


def unread(person: Person) -> int:
    """Messages on the phone that its owner has not looked at."""
    latest = islice(reversed(person.messages), UNREAD_MESSAGES)
    return sum(message.outbound and message.status == "delivered" for message in latest)


def profile(store: Store, person: Person) -> dict[str, Any]:
    """The person of the open chat; `windows` holds, by number, when the 24 hours end."""
    return {
        "phone": person.wa_id,
        "name": person.name,
        "user_id": person.user_id,
        "identity_hash": person.identity_hash,
        "username": person.username,
        "offline": person.offline,
        "reads": person.reads,
        "blocked": person.blocked,
        "stopped_marketing": person.stopped_marketing,
        "hides_number": person.hides_number,
        "refuse": person.refuse,
        "fail": person.fail,
        "typing_until": person.typing_until if person.typing_until > store.now() else 0,
        "windows": {number_id: person.window_ends(number_id) for number_id in store.numbers},
    }


def bubble(store: Store, message: Message) -> dict[str, Any]:
    """`rendered` with its history; a business message that was never delivered is not on the phone yet."""
    template = message.template
    look = rendered(message)
    return {
        "wamid": message.wamid,
        "outbound": message.outbound,
        "type": message.type,
        "at": message.at,
        "status": message.status,
        "statuses": [{"status": event.status, "at": event.at} for event in message.statuses],
        "error": next((event.error for event in reversed(message.statuses) if event.error), None),
        "template": template.name if template else "",
        "category": template.category if template else "",
        "language": template.language if template else "",
        "pricing": message.pricing,
        "callback_data": message.callback_data,
        "number": {"id": message.number.id, "display": message.number.display},
        "quoted": quoted(store, message),
        "reactions": message.reactions,
        "edited": message.edited,
        "deleted": message.deleted,
        "expired": message.expired,
        "into_a_block": message.into_a_block,
        **look,
        "media": look["media"] and with_file(store, look["media"]),
    }


def with_file(store: Store, media: dict[str, Any]) -> dict[str, Any]:
    """What is known of the uploaded file beside what the message says of it."""
    file = store.media.get(str(media.get("id", "")))
    if file is None:
        return media
    return {"mime_type": file.mime_type, "filename": file.filename, **media, "size": len(file.content)}
