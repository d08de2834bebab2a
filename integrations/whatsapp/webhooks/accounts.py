"""Fields about numbers and accounts (Meta, Webhooks, "phone_number_*_update", "account_*", "security"). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.whatsapp.lenient import items, mapping, moment, text
from integrations.whatsapp.webhooks.facts import (
    AccountAlert,
    AccountReview,
    AccountUpdate,
    BusinessCapability,
    NumberName,
    NumberQuality,
    NumberSecurity,
    Restriction,
)
from integrations.whatsapp.webhooks.reading import Scope, digits, kept, word

Value = Mapping[str, Any]


def number_quality(value: Value, scope: Scope) -> Iterator[NumberQuality]:
    number, event = digits(value.get("display_phone_number")), word(value.get("event"))
    if number and event:
        # `current_limit` is what Meta called it before February 2026.
        limit = word(value.get("max_daily_conversations_per_business")) or word(value.get("current_limit"))
        yield NumberQuality(number, scope.waba_id, scope.at, event=event, limit=_tier(limit))


def number_name(value: Value, scope: Scope) -> Iterator[NumberName]:
    number, decision = digits(value.get("display_phone_number")), word(value.get("decision"))
    if number and decision:
        name, reason = text(value.get("requested_verified_name")), word(value.get("rejection_reason"))
        yield NumberName(number, scope.waba_id, scope.at, decision=decision, name=name, reason=reason)


def security(value: Value, scope: Scope) -> Iterator[NumberSecurity]:
    number, event = digits(value.get("display_phone_number")), word(value.get("event"))
    if number and event:
        yield NumberSecurity(number, scope.waba_id, scope.at, event=event, requester=text(value.get("requester")))


def account(value: Value, scope: Scope) -> Iterator[AccountUpdate]:
    if event := word(value.get("event")):
        ban, waba = mapping(value.get("ban_info")), mapping(value.get("waba_info"))
        # Where a partner is told, the account that it is about stands inside.
        waba_id = text(waba.get("waba_id")) or scope.waba_id
        restrictions = [mapping(one) for one in items(value.get("restriction_info"))]
        yield AccountUpdate(
            waba_id,
            scope.at,
            event=event,
            ban_state="".join(word(state) for state in items(ban.get("waba_ban_state"))[:1]),
            ban_date=text(ban.get("waba_ban_date")),
            violation=word(mapping(value.get("violation_info")).get("violation_type")),
            restrictions=tuple(
                Restriction(word(one.get("restriction_type")), moment(one.get("expiration")))
                for one in restrictions
                if word(one.get("restriction_type"))
            ),
            country=word(value.get("country")),
            details=kept(value),
        )


def alert(value: Value, scope: Scope) -> Iterator[AccountAlert]:
    # Older bodies have the four beside `entity_type`, newer ones inside `alert_info`.
    info = mapping(value.get("alert_info")) or value
    if kind := word(info.get("alert_type")):
        yield AccountAlert(
            scope.waba_id,
            scope.at,
            entity_type=word(value.get("entity_type")),
            entity_id=text(value.get("entity_id")),
            severity=word(info.get("alert_severity")),
            status=word(info.get("alert_status")),
            kind=kind,
            description=text(info.get("alert_description")),
        )


def account_review(value: Value, scope: Scope) -> Iterator[AccountReview]:
    if decision := word(value.get("decision")):
        yield AccountReview(scope.waba_id, scope.at, decision=decision)


def capability(value: Value, scope: Scope) -> Iterator[BusinessCapability]:
    said = [value.get(f"max_daily_conversation{end}") for end in ("s_per_business", "_per_phone")]
    limit = next((word(one) for one in said if word(one)), "")
    counts = [value.get(f"max_phone_numbers_per_{whose}") for whose in ("business", "waba")]
    numbers = next((one for one in counts if isinstance(one, int) and not isinstance(one, bool)), None)
    if limit or numbers is not None:
        yield BusinessCapability(scope.waba_id, scope.at, limit=_tier(limit), max_numbers=numbers)


def _tier(limit: str) -> str:
    """The number of people, which older bodies give, in the words of the newer ones."""
    if limit == "-1":
        return "TIER_UNLIMITED"
    if not limit.isdecimal():
        return limit
    people = int(limit[:12])
    return f"TIER_{people // 1000}K" if people >= 1000 and people % 1000 == 0 else f"TIER_{people}"
