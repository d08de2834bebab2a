"""Definitions <-> Meta <-> rows: creates at Meta what is missing there, and mirrors what is there."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations.exceptions import TemplateRefused, WhatsAppError
from integrations.models import WhatsAppTemplate
from integrations.services import WhatsAppClient
from integrations.signals import template_status_changed
from integrations.template_refusals import clear, is_mended
from integrations.whatsapp.lint import lint
from integrations.whatsapp.webhooks import TemplateReview
from integrations.whatsapp_templates import convert_template_to_meta_format, get_all_templates

logger = logging.getLogger(__name__)

_EXISTS_ALREADY = 2388024
_FOUND = dict[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TemplateResult:
    """`outcome`: created, exists, failed, or missing (it is not at Meta and was not to be created)."""

    name: str
    language: str
    outcome: str
    status: str = ""
    category: str = ""
    template_id: str = ""
    reason: str = ""
    error: str = ""
    error_details: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SyncReport:
    results: tuple[TemplateResult, ...]
    events: tuple[TemplateReview, ...] = field(default=(), repr=False)

    @property
    def failed(self) -> tuple[TemplateResult, ...]:
        return tuple(result for result in self.results if result.outcome == "failed")

    def count(self, outcome: str) -> int:
        return sum(result.outcome == outcome for result in self.results)

    def as_dict(self) -> dict[str, Any]:
        """JSON: `{"templates": [...], "created": n, "exists": n, "missing": n, "failed": n}`."""
        outcomes = ("created", "exists", "missing", "failed")
        counts = {outcome: self.count(outcome) for outcome in outcomes}
        return {"templates": [asdict(result) for result in self.results], **counts}


def sync(client: WhatsAppClient, names: Sequence[str] | None = None, *, plan_only: bool = False) -> SyncReport:
    """Create at Meta the definitions that are missing, leave what is there, bring the rows up to date.

    A failure is reported with its template and the next one is tried. With `plan_only` nothing is created.
    Raises ValueError for a name without definition, WhatsAppNotConfigured without credentials.
    """
    wanted = [convert_template_to_meta_format(name) for name in names or get_all_templates()]
    asked_at = timezone.now()
    try:
        found = _at_meta(client, names)
    except WhatsAppError as error:
        return SyncReport(tuple(_failed(one, str(error), error.as_dict()) for one in wanted))
    results, events = [], []
    for one in wanted:
        started = timezone.now()
        results.append(_settle(client, one, found, plan_only))
        if results[-1].outcome == "created":
            # At once: Meta's verdict may come before the next one is submitted, and needs the row.
            events += record(client.waba_id, [found[_key(one)]], started, complete=False)
    events += record(client.waba_id, found.values(), asked_at, complete=not names)
    return SyncReport(tuple(results), tuple(events))


def refresh_statuses(client: WhatsAppClient) -> list[TemplateReview]:
    """Read every template of the account and update the rows. Returns what changed; raises as the client."""
    asked_at = timezone.now()
    return record(client.waba_id, _at_meta(client).values(), asked_at, complete=True)


def _at_meta(client: WhatsAppClient, names: Sequence[str] | None = None) -> _FOUND:
    only = names[0] if names and len(names) == 1 else None
    return {_key(one): one for one in client.list_templates(only) if not names or one.get("name") in names}


def _key(template: Mapping[str, Any]) -> tuple[str, str]:
    """Meta spells `en-US` in some places and `en_US` in others."""
    return str(template.get("name", "")), str(template.get("language", "")).replace("-", "_")


def _settle(client: WhatsAppClient, wanted: dict[str, Any], found: _FOUND, plan_only: bool) -> TemplateResult:
    key = _key(wanted)
    if key in found and _status(found[key]) != WhatsAppTemplate.Status.DELETED:
        return _result("exists", wanted, found[key])
    if findings := lint(wanted):
        return _failed(wanted, "; ".join(f"{one.where}: {one.message}" for one in findings))
    if plan_only:
        return TemplateResult(*key, "missing", category=wanted["category"])
    return _create(client, wanted, found)


def _create(client: WhatsAppClient, wanted: dict[str, Any], found: _FOUND) -> TemplateResult:
    key = _key(wanted)
    try:
        answer = client.create_template(wanted)
    except TemplateRefused as error:
        other = _created_meanwhile(client, key) if error.subcode == _EXISTS_ALREADY else None
        if other is None:
            return _failed(wanted, str(error), error.as_dict())
        found[key] = other
        return _result("exists", wanted, other)
    except WhatsAppError as error:
        return _failed(wanted, str(error), error.as_dict())
    found[key] = wanted | answer
    logger.info("WhatsApp template %s (%s) submitted to Meta", *key)
    return _result("created", wanted, found[key])


def _created_meanwhile(client: WhatsAppClient, key: tuple[str, str]) -> dict[str, Any] | None:
    try:
        return next((one for one in client.list_templates(key[0]) if _key(one) == key), None)
    except WhatsAppError:
        return None


def _result(outcome: str, wanted: dict[str, Any], template: Mapping[str, Any]) -> TemplateResult:
    return TemplateResult(
        *_key(wanted),
        outcome,
        status=_status(template),
        category=str(template.get("category") or ""),
        template_id=str(template.get("id") or ""),
        reason=_reason(template),
    )


def _failed(wanted: dict[str, Any], error: str, details: dict[str, Any] | None = None) -> TemplateResult:
    logger.error("WhatsApp template %s (%s) is not at Meta: %s", *_key(wanted), error)
    return TemplateResult(*_key(wanted), "failed", category=wanted["category"], error=error, error_details=details)


def _status(template: Mapping[str, Any]) -> str:
    return str(template.get("status") or WhatsAppTemplate.Status.PENDING).upper()


def _reason(template: Mapping[str, Any]) -> str:
    reason = str(template.get("rejected_reason") or "")
    return "" if reason.upper() == "NONE" else reason


def record(
    waba_id: str, templates: Iterable[Mapping[str, Any]], asked_at: datetime, *, complete: bool
) -> list[TemplateReview]:
    """Write what Meta listed into the rows and announce each change of status in the same transaction.

    A row that somebody else, such as a webhook, changed after `asked_at` knows better than the list. With
    `complete` the list holds all templates of the account: rows that it lacks become DELETED.
    """
    with transaction.atomic():
        # Rows made by hand may lack the account; where both exist, the account's own comes last and counts.
        mine = WhatsAppTemplate.objects.select_for_update().filter(waba_id__in=(waba_id, "")).order_by("waba_id")
        rows = {(row.name, row.language): row for row in mine}
        events: list[TemplateReview] = []
        for template in templates:
            row = rows.pop(_key(template), None)
            if row is None or row.updated_at <= asked_at:
                events += _save(row, waba_id, template, asked_at)
        gone = [row for row in rows.values() if complete and row.waba_id and row.updated_at <= asked_at]
        for row in gone:
            if row.status != WhatsAppTemplate.Status.DELETED:
                events += _save(row, waba_id, {"status": WhatsAppTemplate.Status.DELETED}, asked_at)
        if events:
            template_status_changed.send(sender=WhatsAppTemplate, events=events)
    return events


def _save(
    row: WhatsAppTemplate | None, waba_id: str, template: Mapping[str, Any], asked_at: datetime
) -> list[TemplateReview]:
    before = row.status if row else None
    if row is None:
        name, language = _key(template)
        row = WhatsAppTemplate(waba_id=waba_id, name=name, language=language)
    row.waba_id = waba_id
    if mended := is_mended(row, template, asked_at):
        clear(row)
    status = _status(template)
    if status in WhatsAppTemplate.Status.values:
        row.status = status
    else:
        logger.warning("Meta gives template %s the unknown status %s: kept as %s", row, status, row.status)
    row.category = str(template.get("category") or row.category)[:20]
    row.template_id = str(template.get("id") or row.template_id)
    row.components = template.get("components") or row.components
    row.rejection_reason = _reason(template)[:255]
    row.last_synced_at = timezone.now()
    row.save()
    return [_review(row)] if mended or row.status != before else []


def _review(row: WhatsAppTemplate) -> TemplateReview:
    return TemplateReview(
        event=row.status,
        template_id=row.template_id,
        name=row.name,
        language=row.language,
        reason=row.rejection_reason,
        category=row.category,
        waba_id=row.waba_id,
    )
