"""What becomes of a message to a person: magic numbers, pricing, lifetimes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.rules.media import UNREADABLE, media_in

if TYPE_CHECKING:
    from sandbox.people import Person
    from sandbox.records import Message
    from sandbox.store import Store

#: +1 555 0 and six digits are nobody's numbers (North American Numbering Plan, 555): they decide their own fate.
MAGIC_PREFIX = "15550"
#: Last six digits -> code of the POST's answer (Meta, Cloud API, Error codes: told at once).
REFUSED = {
    f"{code:06}": code
    for code in (
        4, 190, 368, 80007, 130429, 131000, 131005, 131016, 131021, 131030, 131031, 131037, 131045, 131048, 131056,
        131057, 131064, 132007, 133000, 133004, 133010, 133015, 135000,
    )
}  # fmt: skip
#: Last six digits -> code of a `failed` status that follows the acceptance.
FAILED = {
    f"{code:06}": code
    for code in (
        130472, 130497, 131014, 131026, 131042, 131043, 131047, 131049, 131050, 131052, 131053, 132015, 137000,
    )
}  # fmt: skip
#: Last six digits -> how that person's phone is.
STATES = {
    "200001": {"offline": True},
    "200002": {"reads": False},
    "200003": {"hides_number": True},
    "200004": {"blocked": True},
    "200005": {"stopped_marketing": True},
}

WINDOW_CLOSED = 131047
STOPPED_MARKETING = 131050
IDENTITY_CHANGED = 137000
BAD_REACTION = 131009
MEDIA_NOT_FETCHED = 131053
REACTION_LIMIT_SECONDS = 30 * 24 * 3600
#: Category -> seconds that a message waits for a phone (Meta, Cloud API, Time-to-live).
LIFETIMES = {"AUTHENTICATION": 600, "UTILITY": 30 * 24 * 3600, "MARKETING": 30 * 24 * 3600}
LONGEST_LIFETIME = 30 * 24 * 3600
#: From here on replies without a template and utility templates in an open window are billed (Meta, Pricing).
SERVICE_IS_BILLED_FROM = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
FREE_SERVICE_MESSAGES = 1000


def magic(wa_id: str) -> dict[str, Any]:
    """The fields of a new person that this number asks for; empty for every ordinary number."""
    if len(wa_id) != len(MAGIC_PREFIX) + 6 or not wa_id.startswith(MAGIC_PREFIX):
        return {}
    ending = wa_id[-6:]
    if ending in REFUSED:
        return {"refuse": REFUSED[ending]}
    if ending in FAILED:
        return {"fail": FAILED[ending]}
    return dict(STATES.get(ending, {}))


def failure(store: Store, message: Message) -> int:
    """The code with which an accepted message will fail, 0 if it goes its way."""
    person = message.person
    if person.fail:
        return person.fail
    template = message.template
    if template is None and not person.window_open(message.number.id, message.at):
        return WINDOW_CLOSED
    if template is not None and template.category == "MARKETING" and person.stopped_marketing:
        return STOPPED_MARKETING
    if message.payload.get("recipient_identity_key_hash", person.identity_hash) != person.identity_hash:
        return IDENTITY_CHANGED
    if has_unreadable_link(message):
        return MEDIA_NOT_FETCHED
    if message.type == "reaction" and not can_be_reacted_to(store, message):
        return BAD_REACTION
    return 0


def has_unreadable_link(message: Message) -> bool:
    if message.type == "text":
        return False
    found = media_in(message.type, message.payload)
    return any(not media.get("id") and UNREADABLE.match(str(media.get("link", ""))) for _, media in found)


def can_be_reacted_to(store: Store, reaction: Message) -> bool:
    """Not a message that is unknown, deleted, older than 30 days or a reaction itself."""
    target = store.messages.get(reaction.payload["reaction"]["message_id"])
    if target is None or target.type == "reaction" or target.deleted or target.person is not reaction.person:
        return False
    return reaction.at - target.at < REACTION_LIMIT_SECONDS


def lifetime(message: Message) -> float:
    """Seconds for which a message waits for a phone that is off (Meta, Cloud API, Time-to-live)."""
    template = message.template
    if template is None:
        return LONGEST_LIFETIME
    chosen = template.message_send_ttl_seconds
    if chosen == -1:
        return LONGEST_LIFETIME
    return chosen or LIFETIMES[template.category]


def pricing(store: Store, message: Message, now: float) -> dict[str, Any]:
    """The `pricing` object of a message that was sent (Meta, Pricing)."""
    template = message.template
    category = template.category.lower() if template else "service"
    if message.lite:
        category = "marketing_lite"
    free = is_free(store, message, now)
    kind = "free_customer_service" if free else "regular"
    return {"billable": not free, "pricing_model": "PMP", "type": kind, "category": category}


def is_free(store: Store, message: Message, now: float) -> bool:
    template = message.template
    if template is None:
        month = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
        used = store.service_messages.get((message.number.id, month), 0)
        store.service_messages[message.number.id, month] = used + 1
        return now < SERVICE_IS_BILLED_FROM or used < FREE_SERVICE_MESSAGES
    in_window = message.person.window_open(message.number.id, message.at)
    return template.category == "UTILITY" and in_window and now < SERVICE_IS_BILLED_FROM


def is_unreachable(person: Person) -> bool:
    """Whether a message stays `sent`: the phone is off, or its owner blocked the business."""
    return person.offline or person.blocked
