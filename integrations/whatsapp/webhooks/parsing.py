"""Webhook bodies: what they say. Pure.

Everything that is JSON is understood or handed on as UnknownChange; nothing in it raises.
Source: Meta, WhatsApp Business Platform, Webhooks: "Components" and the page of each field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from integrations.whatsapp.lenient import items, load, moment, storable, text
from integrations.whatsapp.webhooks import accounts, messages, statuses, templates
from integrations.whatsapp.webhooks.events import UnknownChange
from integrations.whatsapp.webhooks.reading import Scope

Parser = Callable[[Mapping[str, Any], Scope], Iterator[Any]]

MESSAGES = "messages"
REVIEWS = "message_template_status_update"


def _of_messages(value: Mapping[str, Any], scope: Scope) -> Iterator[Any]:
    yield from messages.messages(value, scope)
    yield from statuses.statuses(value, scope)
    yield from messages.errors(value, scope)


#: A field's parser yields nothing for what it does not understand.
PARSERS: dict[str, Parser] = {
    MESSAGES: _of_messages,
    "smb_message_echoes": messages.echoes,
    "message_echoes": messages.echoes,
    statuses.PREFERENCES: statuses.preferences,
    REVIEWS: templates.review,
    "message_template_quality_update": templates.quality,
    "message_template_components_update": templates.components,
    "template_category_update": templates.category,
    "phone_number_quality_update": accounts.number_quality,
    "phone_number_name_update": accounts.number_name,
    "security": accounts.security,
    "account_update": accounts.account,
    "account_alerts": accounts.alert,
    "account_review_update": accounts.account_review,
    "business_capability_update": accounts.capability,
}
#: What the app should be subscribed to.
FIELDS = tuple(PARSERS)


def parse(body: bytes) -> list[Any]:
    """The events of a request body, in its order. Raises MalformedBody when it is no JSON."""
    return list(_events(load(body)))


def _events(document: Any) -> Iterator[Any]:
    if not isinstance(document, Mapping):
        yield UnknownChange("", storable(document))
    elif "entry" in document:
        for entry in items(document["entry"]):
            yield from _of_entry(entry)
    elif "changes" in document:
        yield from _of_entry(document)
    else:
        # The inner value alone, as older documents print it.
        yield from _of_change(document, Scope(text(document.get("field"))))


def _of_entry(entry: Any) -> Iterator[Any]:
    if not isinstance(entry, Mapping):
        yield UnknownChange("", storable(entry))
        return
    for change in items(entry.get("changes")):
        if isinstance(change, Mapping) and "value" in change:
            scope = Scope(text(change.get("field")), text(entry.get("id")), moment(entry.get("time")))
            yield from _of_change(change["value"], scope)
        else:
            yield UnknownChange("", storable(change))


def _of_change(value: Any, scope: Scope) -> Iterator[Any]:
    if not isinstance(value, Mapping):
        yield UnknownChange(scope.field, storable(value))
        return
    name = scope.field or _guess(value)
    parser = PARSERS.get(name)
    events = list(parser(value, scope)) if parser else []
    yield from events
    # Empty lists of messages and statuses say nothing, which is no mystery.
    if not events and not (name == MESSAGES and ("messages" in value or "statuses" in value)):
        yield UnknownChange(scope.field, storable(value))


def _guess(value: Mapping[str, Any]) -> str:
    """The field of a value that older documents print without one."""
    if "messages" in value or "statuses" in value:
        return MESSAGES
    return REVIEWS if "message_template_name" in value and text(value.get("event")) else ""
