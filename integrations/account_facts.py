"""What Meta tells of a whole account by webhook, written to the rows of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.latest_word import in_order, take_note
from integrations.models import PhoneNumber
from integrations.whatsapp.webhooks import AccountAlert, AccountReview, AccountUpdate, BusinessCapability

Fact = AccountUpdate | AccountAlert | AccountReview | BusinessCapability


def apply_account_facts(facts: Sequence[Fact]) -> Sequence[Any]:
    """Give the numbers of an account the limit that it has now. Returns the facts, oldest first."""
    ordered = in_order(facts)
    for fact in ordered:
        if isinstance(fact, BusinessCapability) and fact.limit:
            _limit(fact)
    return ordered


def _limit(fact: BusinessCapability) -> None:
    for row in PhoneNumber.objects.select_for_update().filter(waba_id=fact.waba_id).order_by("pk"):
        if take_note(row, "limit", fact.at, read_at=row.last_synced_at):
            row.messaging_limit = fact.limit[:20]
            row.save()
