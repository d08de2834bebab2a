"""What Meta's refusal of one message tells about others: its person, its template, the credentials it left with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from integrations.exceptions import Action, WhatsAppError
from integrations.template_refusals import mark_refused
from notifications import alerts, blockades
from notifications.models import Contact
from tenants.services import default_tenant

MARKETING_PAUSE = timedelta(hours=24)

#: Code -> the contact's column that keeps it, and its value for a refusal of that moment.
LESSONS: dict[int, tuple[str, Callable[[datetime], datetime]]] = {
    131026: ("undeliverable_at", lambda at: at),
    1013: ("undeliverable_at", lambda at: at),
    1026: ("undeliverable_at", lambda at: at),
    131049: ("marketing_capped_until", lambda at: at + MARKETING_PAUSE),
    131050: ("marketing_stopped_at", lambda at: at),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One attempt that Meta refused, in its answer or afterwards by webhook."""

    attempt_id: int
    error: WhatsAppError
    at: datetime
    tenant_id: int
    phone: str
    template: str = ""
    language: str = ""
    fingerprint: str = ""
    waba_id: str = ""
    sender: str = ""
    by_webhook: bool = False


def learn(refusals: Sequence[Refusal]) -> bool:
    """Keep what refusals tell about others. Returns whether others must be kept back that might be on their way.

    May run inside a transaction. Writes nothing for errors that tell of nothing but their own message.
    """
    _about_people(refusals)
    return any([_about_templates(refusals), _about_credentials(refusals)])


def _about_people(refusals: Sequence[Refusal]) -> None:
    found: dict[str, dict[tuple[int, str], datetime]] = {}
    for one in refusals:
        if one.phone and (lesson := LESSONS.get(one.error.code or 0)):
            column, value = lesson
            found.setdefault(column, {})[one.tenant_id, one.phone] = value(one.at)
    for column, values in found.items():
        _keep(column, values)


def _keep(column: str, values: dict[tuple[int, str], datetime]) -> None:
    """One statement for all; in one order, so that two writers do not wait for each other in a circle."""
    now = timezone.now()
    contacts = [
        Contact(tenant_id=tenant_id, phone=phone, updated_at=now, **{column: at})
        for (tenant_id, phone), at in sorted(values.items())
    ]
    Contact.objects.bulk_create(
        contacts, update_conflicts=True, unique_fields=("tenant", "phone"), update_fields=(column, "updated_at")
    )


def _about_templates(refusals: Iterable[Refusal]) -> bool:
    told = {
        (one.template, one.language, one.waba_id): one.error
        for one in refusals
        if one.error.action is Action.TEMPLATE and one.template
    }
    for (name, language, waba_id), error in sorted(told.items(), key=_first):
        if mark_refused(name, language, waba_id, error):
            alerts.template_refused(name, language, error)
    return bool(told)


def _about_credentials(refusals: Iterable[Refusal]) -> bool:
    by_ref: dict[str, list[Refusal]] = {}
    for one in refusals:
        if one.error.action is Action.CONFIGURATION and one.fingerprint and not blockades.is_alone(one.error):
            by_ref.setdefault(blockades.ref_of(one.error, one.fingerprint, one.sender), []).append(one)
    for ref, group in sorted(by_ref.items()):
        last = group[-1]
        number = last.sender if ref != last.fingerprint else ""
        attempt_ids = {one.attempt_id for one in group}
        blockades.block(ref, last.error, attempt_ids, number=number, by_webhook=last.by_webhook)
    return bool(by_ref)


def keep_preference(digits: str, bsuid: str, at: datetime, *, wanted: bool) -> None:
    """A person stopped or resumed marketing at WhatsApp, which knows one business where we know tenants. Older news
    than what is kept change nothing."""
    phone = f"+{digits}" if digits else ""
    known = Contact.objects.filter(Q(phone=phone) if phone else Q(bsuid=bsuid or None))
    if wanted:
        known.filter(marketing_stopped_at__lte=at).update(marketing_stopped_at=None)
        return
    if (phone or bsuid) and not known.exists():
        whose: dict[str, Any] = {"phone": phone} if phone else {"bsuid": bsuid}
        Contact.objects.get_or_create(tenant=default_tenant(), **whose)
    older = Q(marketing_stopped_at=None) | Q(marketing_stopped_at__lt=at)
    known.filter(older).update(marketing_stopped_at=at)


def _first(item: tuple[Any, Any]) -> Any:
    return item[0]
