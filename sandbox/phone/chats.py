"""What the page of chats shows."""

from __future__ import annotations

from typing import Any

from sandbox.people import Person
from sandbox.rendering import quoted, rendered, summary
from sandbox.store import Message, Store
from sandbox.world import World

LATEST_PEOPLE = 200
LATEST_MESSAGES = 200


def state(world: World, phone: str) -> dict[str, Any]:
    """The phones with their last message, and the chat of one of them."""
    store = world.store
    person = store.people.get(phone)
    return {
        "version": store.version,
        "now": store.now(),
        "phones": [phone_line(found) for found in store.latest_people(LATEST_PEOPLE)],
        "person": person and profile(store, person),
        "messages": [bubble(store, found) for found in person.messages[-LATEST_MESSAGES:]] if person else [],
        "earlier": max(len(person.messages) - LATEST_MESSAGES, 0) if person else 0,
    }


def phone_line(person: Person) -> dict[str, Any]:
    last = person.messages[-1]
    return {
        "phone": person.wa_id,
        "name": person.name,
        "offline": person.offline,
        "at": last.at,
        "text": summary(last),
        "outbound": last.outbound,
        "status": last.status,
        "count": len(person.messages),
    }


def profile(store: Store, person: Person) -> dict[str, Any]:
    """The person of the open chat; `windows` holds, by number, when the 24 hours end."""
    return {
        "phone": person.wa_id,
        "name": person.name,
        "user_id": person.user_id,
        "username": person.username,
        "offline": person.offline,
        "reads": person.reads,
        "blocked": person.blocked,
        "stopped_marketing": person.stopped_marketing,
        "hides_number": person.hides_number,
        "refuse": person.refuse,
        "fail": person.fail,
        "typing": person.typing_until > store.now(),
        "windows": {number_id: person.window_ends(number_id) for number_id in store.numbers},
    }


def bubble(store: Store, message: Message) -> dict[str, Any]:
    """`rendered` with its history; a business message that was never delivered is not on the phone yet."""
    return {
        "wamid": message.wamid,
        "outbound": message.outbound,
        "type": message.type,
        "at": message.at,
        "status": message.status,
        "statuses": [{"status": event.status, "at": event.at} for event in message.statuses],
        "error": next((event.error for event in reversed(message.statuses) if event.error), None),
        "template": message.template.name if message.template else "",
        "category": message.template.category if message.template else "",
        "number": {"id": message.number.id, "display": message.number.display},
        "quoted": quoted(store, message),
        "reactions": message.reactions,
        "edited": message.edited,
        "deleted": message.deleted,
        "expired": message.expired,
        **rendered(message),
    }
