"""Which signal each kind of event goes up by, and what it changes here before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.dispatch import Signal

from integrations import signals
from integrations.account_facts import apply_account_facts
from integrations.models import WebhookEvent
from integrations.number_facts import apply_number_facts
from integrations.template_facts import apply_template_facts
from integrations.template_reviews import apply_reviews
from integrations.whatsapp import webhooks

Apply = Callable[[Sequence[Any]], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """`apply` brings our rows up to date and returns the events that are news."""

    signal: Signal
    kinds: tuple[type, ...]
    apply: Apply = list


#: In this order: a person's move comes after what was written before it.
ROUTES = (
    Route(signals.message_status_changed, (webhooks.MessageStatus,)),
    Route(signals.message_received, (webhooks.IncomingMessage,)),
    Route(signals.message_edited, (webhooks.MessageEdited,)),
    Route(signals.message_revoked, (webhooks.MessageRevoked,)),
    Route(signals.message_reacted, (webhooks.MessageReacted,)),
    Route(signals.chat_opened, (webhooks.ChatOpened,)),
    Route(signals.message_echoed, (webhooks.MessageEchoed,)),
    Route(signals.marketing_preference_changed, (webhooks.MarketingPreference,)),
    Route(signals.identity_changed, (webhooks.IdentityChanged,)),
    Route(signals.contact_moved, (webhooks.ContactMoved,)),
    Route(signals.error_reported, (webhooks.ErrorReported,)),
    Route(signals.template_status_changed, (webhooks.TemplateReview,), apply_reviews),
    Route(
        signals.template_changed,
        (webhooks.TemplateQuality, webhooks.TemplateCategory, webhooks.TemplateComponents),
        apply_template_facts,
    ),
    Route(
        signals.number_reported,
        (webhooks.NumberQuality, webhooks.NumberName, webhooks.NumberSecurity),
        apply_number_facts,
    ),
    Route(
        signals.account_reported,
        (webhooks.AccountUpdate, webhooks.AccountAlert, webhooks.AccountReview, webhooks.BusinessCapability),
        apply_account_facts,
    ),
)
_ROUTE_OF = {kind: position for position, route in enumerate(ROUTES) for kind in route.kinds}


def announce(events: Iterable[Any]) -> None:
    """Send each kind up as one sequence. Raises what rows and receivers raise."""
    found: dict[int, list[Any]] = {}
    for event in events:
        if (position := _ROUTE_OF.get(type(event))) is not None:
            found.setdefault(position, []).append(event)
    for position in sorted(found):
        route = ROUTES[position]
        if news := route.apply(found[position]):
            route.signal.send(sender=WebhookEvent, events=news)
