"""What Meta changed about a template besides its status, written to the rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.latest_word import in_order, take_note
from integrations.models import WhatsAppTemplate
from integrations.signals import template_status_changed
from integrations.template_refusals import clear
from integrations.template_reviews import rows_of
from integrations.whatsapp.webhooks import TemplateCategory, TemplateComponents, TemplateQuality, TemplateReview

logger = logging.getLogger(__name__)

Fact = TemplateQuality | TemplateCategory | TemplateComponents


def apply_template_facts(facts: Sequence[Fact]) -> Sequence[Fact]:
    """Bring the rows of these templates up to date. Returns what is news: older facts than the rows know are not.

    A refused template whose text changed is worth another try, which is told like an approval.
    """
    news, mended = [], []
    for fact in in_order(facts):
        rows = list(
            rows_of(fact.template_id, fact.name, fact.language, fact.waba_id).select_for_update().order_by("pk")
        )
        taken = [row for row in rows if WRITERS[type(fact)](row, fact)]
        for row in taken:
            if isinstance(fact, TemplateComponents) and row.refused_at:
                clear(row)
                mended.append(TemplateReview(row.status, row.template_id, row.name, row.language, waba_id=row.waba_id))
            row.save()
        if taken or not rows:
            news.append(fact)
            logger.info("WhatsApp template %s (%s): %s at Meta", fact.name, fact.language, type(fact).__name__)
    if mended:
        template_status_changed.send(sender=WhatsAppTemplate, events=mended)
    return news


def _quality(row: WhatsAppTemplate, fact: TemplateQuality) -> bool:
    if not take_note(row, "quality", fact.at):
        return False
    row.quality = fact.after[:20]
    return True


def _category(row: WhatsAppTemplate, fact: TemplateCategory) -> bool:
    if not take_note(row, "category", fact.at, read_at=row.last_synced_at):
        return False
    if fact.current in WhatsAppTemplate.Category.values:
        row.category = fact.current
    return True


def _components(row: WhatsAppTemplate, fact: TemplateComponents) -> bool:
    if not take_note(row, "components", fact.at, read_at=row.last_synced_at):
        return False
    row.components = merged(row.components or [], fact)
    return True


#: Type -> what it writes; false where the row knows better.
WRITERS: dict[type, Callable[[WhatsAppTemplate, Any], bool]] = {
    TemplateQuality: _quality,
    TemplateCategory: _category,
    TemplateComponents: _components,
}


def merged(components: Sequence[Mapping[str, Any]], fact: TemplateComponents) -> list[dict[str, Any]]:
    """The components with the texts that Meta summarises. Pure.

    The summary has no media headers and nothing of what an authentication template sets in place of text: those stay.
    """
    old = {str(one.get("type", "")).upper(): dict(one) for one in components if isinstance(one, Mapping)}
    new = {
        "HEADER": _header(old.get("HEADER"), fact.header),
        "BODY": _text("BODY", old.get("BODY"), fact.text),
        "FOOTER": _footer(old.get("FOOTER"), fact.footer),
        "BUTTONS": _buttons(old.get("BUTTONS"), fact.buttons),
    }
    others = [one for kind, one in old.items() if kind not in new]
    return [*(one for one in new.values() if one), *others]


def _header(old: dict[str, Any] | None, text: str) -> dict[str, Any] | None:
    if text:
        return _text("HEADER", old, text) | {"format": "TEXT"}
    return old if old and str(old.get("format") or "TEXT").upper() != "TEXT" else None


def _footer(old: dict[str, Any] | None, text: str) -> dict[str, Any] | None:
    if text:
        return _text("FOOTER", old, text)
    return old if old and "code_expiration_minutes" in old else None


def _text(kind: str, old: dict[str, Any] | None, text: str) -> dict[str, Any]:
    if old and old.get("text") == text:
        return old
    # Examples belong to the text that they were given for.
    kept = {name: value for name, value in (old or {}).items() if name != "example"}
    return kept | {"type": kind, "text": text}


def _buttons(old: dict[str, Any] | None, told: Sequence[Mapping[str, str]]) -> dict[str, Any] | None:
    known = (old or {}).get("buttons") or []
    if not told:
        return old if any(isinstance(one, Mapping) and one.get("type") == "OTP" for one in known) else None
    buttons = []
    for index, button in enumerate(told):
        new = dict(button) | {"type": button.get("type", "").upper()}
        before = known[index] if index < len(known) and isinstance(known[index], Mapping) else {}
        same = str(before.get("type", "")).upper() == new["type"]
        buttons.append({**before, **new} if same else new)
    return {"type": "BUTTONS", "buttons": buttons}
