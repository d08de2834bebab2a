"""What Meta tells of a sending number by webhook, written to its row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from integrations.latest_word import in_order, take_note
from integrations.models import PhoneNumber
from integrations.number_sync import NumberChange, change_of
from integrations.signals import phone_number_changed
from integrations.whatsapp.webhooks import NumberName, NumberQuality, NumberSecurity

Fact = NumberQuality | NumberName | NumberSecurity

#: Meta, Webhooks, "phone_number_quality_update": event -> the columns that it decides.
DECIDED: dict[str, dict[str, str]] = {
    "THROUGHPUT_UPGRADE": {"throughput_level": "HIGH"},
    "FLAGGED": {"quality_rating": "RED", "status": "FLAGGED"},
    # Which of the better ratings it has now, the next look at the numbers tells.
    "UNFLAGGED": {"quality_rating": "UNKNOWN", "status": "CONNECTED"},
}
_NAME_GIVEN = frozenset({"APPROVED", "AVAILABLE_WITHOUT_REVIEW"})


def apply_number_facts(facts: Sequence[Fact]) -> Sequence[Fact]:
    """Bring the rows of these numbers up to date, and announce each change of status or quality as
    `phone_number_changed`. Returns what is news: older facts than the rows know are not."""
    rows = list(PhoneNumber.objects.select_for_update().order_by("pk"))
    news: list[Fact] = []
    changes: list[NumberChange] = []
    for fact in in_order(facts):
        row = _row_of(fact, rows)
        if row is None:
            news.append(fact)
            continue
        status, quality = row.status, row.quality_rating
        if WRITERS[type(fact)](row, fact):
            row.save()
            news.append(replace(fact, phone_number_id=row.phone_number_id))
            if change := change_of(row, status, quality):
                changes.append(change)
    if changes:
        phone_number_changed.send(sender=PhoneNumber, events=changes)
    return news


def _row_of(fact: Fact, rows: Sequence[PhoneNumber]) -> PhoneNumber | None:
    """Lists of numbers have them with plus and spaces, webhooks in digits."""
    same = [row for row in rows if "".join(filter(str.isdecimal, row.display_phone_number)) == fact.number]
    return next((row for row in same if row.waba_id == fact.waba_id), same[0] if same else None)


def _quality(row: PhoneNumber, fact: NumberQuality) -> bool:
    """A flagged number that was stopped for another reason stays stopped."""
    if not take_note(row, "quality", fact.at, read_at=row.last_synced_at):
        return False
    decided = dict(DECIDED.get(fact.event, {}))
    if "status" in decided and not row.can_send:
        del decided["status"]
    if fact.limit:
        decided["messaging_limit"] = fact.limit[:20]
    for column, value in decided.items():
        setattr(row, column, value)
    return True


def _name(row: PhoneNumber, fact: NumberName) -> bool:
    if not take_note(row, "name", fact.at, read_at=row.last_synced_at):
        return False
    row.name_status = fact.decision[:40]
    if fact.decision in _NAME_GIVEN and fact.name:
        row.verified_name = fact.name[:255]
    return True


def _security(row: PhoneNumber, fact: NumberSecurity) -> bool:
    return take_note(row, f"security {fact.event}"[:60], fact.at)


#: Type -> what it writes; false where the row knows better.
WRITERS: dict[type, Callable[[PhoneNumber, Any], bool]] = {
    NumberQuality: _quality,
    NumberName: _name,
    NumberSecurity: _security,
}
