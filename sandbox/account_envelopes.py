"""Webhooks about numbers and the account (Meta, Webhooks)."""

from __future__ import annotations

from typing import Any

from sandbox.envelopes import Update
from sandbox.records import Number


def quality_update(number: Number, event: str, tier: str) -> Update:
    body = {"display_phone_number": number.digits, "event": event, "max_daily_conversations_per_business": tier}
    return Update("phone_number_quality_update", "account", event, number.id, body)


def name_update(number: Number, decision: str, name: str, reason: str | None) -> Update:
    body = {
        "display_phone_number": number.digits,
        "decision": decision,
        "requested_verified_name": name,
        "rejection_reason": reason,
    }
    return Update("phone_number_name_update", "account", decision, number.id, body)


def security_update(number: Number, event: str, requester: str) -> Update:
    body = {"display_phone_number": number.digits, "event": event, "requester": requester}
    return Update("security", "account", event, number.id, body)


def account_event(field: str, event: str, body: dict[str, Any], waba_id: str) -> Update:
    """`account_update`, `account_alerts`, `account_review_update`, `business_capability_update`."""
    return Update(field, "account", event, waba_id, body)
