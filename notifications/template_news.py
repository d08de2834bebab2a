"""What Meta changed about templates, as alerts: their quality, their category and its price, their text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from integrations.models import WhatsAppTemplate
from integrations.prices import cost_of_change
from integrations.signals import template_changed, template_status_changed
from integrations.template_drift import drift
from integrations.template_reviews import rows_of
from integrations.whatsapp.webhooks import TemplateCategory, TemplateComponents, TemplateQuality, TemplateReview
from notifications.alerts import cause_of, mended, tell
from tenants.models import Tenant

MARKETING = WhatsAppTemplate.Category.MARKETING.value

#: Quality -> severity, what it means, what to do. Others are well.
QUALITY: dict[str, tuple[str, str, str]] = {
    "RED": (
        "error",
        "people block or report it, and Meta may pause it",
        "Send it only to those who expect it, or improve its text; the third pause disables it for good.",
    ),
    "YELLOW": (
        "warning",
        "some people block or report it",
        "See to whom it goes and what it says before Meta pauses it.",
    ),
}


@receiver(template_changed)
def tell_of_templates(events: Sequence[Any], **_: Any) -> None:
    for event in events:
        TELLERS[type(event)](event)


def _quality(event: TemplateQuality) -> None:
    cause = _cause("template.quality", event)
    if event.after not in QUALITY:
        mended(cause)
        return
    severity, meaning, what_to_do = QUALITY[event.after]
    before = f" (was {event.before})" if event.before else ""
    tell(
        cause,
        f"The quality of the template {_named(event)} is {event.after}{before}: {meaning}.",
        what_to_do,
        severity=severity,
    )


def _category(event: TemplateCategory) -> None:
    coming = _cause("template.category_coming", event)
    if event.coming:
        _announced(coming, event)
        return
    mended(coming)
    cause = _cause("template.category", event)
    if event.before == MARKETING:
        mended(cause)
    elif event.before and event.current != event.before:
        tell(
            cause,
            f"Meta moved the template {_named(event)} from {event.before} to {event.current}."
            + _cost(event.before, event.current),
            _consequence(event.current, "goes") + _APPEAL,
            severity="error" if event.current == MARKETING else "warning",
            details={"before": event.before, "after": event.current},
        )


def _announced(cause: str, event: TemplateCategory) -> None:
    when = f"on {event.due_at:%d %b %H:%M} UTC" if event.due_at else "within a day"
    tell(
        cause,
        f"Meta will move the template {_named(event)} from {event.current} to {event.coming} {when}."
        + _cost(event.current, event.coming),
        _consequence(event.coming, "will go") + _APPEAL,
        severity="warning",
        details={"before": event.current, "after": event.coming},
    )


_APPEAL = "To keep the category, take out what reads like an offer, or ask Meta for a review in WhatsApp Manager."


def _consequence(category: str, goes: str) -> str:
    return f"It {goes} only to people who agreed to marketing messages. " if category == MARKETING else ""


def _cost(before: str, after: str) -> str:
    countries = Tenant.objects.filter(is_active=True).values_list("country", flat=True).distinct()
    cost = cost_of_change(before, after, countries, timezone.now().date())
    return f" It will cost {cost}." if cost else ""


def _components(event: TemplateComponents) -> None:
    cause = _cause("template.drift", event)
    row = rows_of(event.template_id, event.name, event.language, event.waba_id).first()
    parts = drift(row.name, row.language, row.components or ()) if row else []
    if not parts:
        mended(cause)
        return
    tell(
        cause,
        f"The template {_named(event)} says something else at Meta than here: {', '.join(parts)}.",
        "Compare both in WhatsApp Manager. Messages are checked against the text at Meta; correct one of the two, at "
        "Meta best under a new name.",
        severity="warning",
        details={"parts": parts},
    )


@receiver(template_status_changed)
def tell_of_flags(events: Sequence[TemplateReview], **_: Any) -> None:
    """A flagged template may still be sent: Meta, Message templates, "Template status"."""
    for event in events:
        cause = cause_of("template.flagged", f"{event.name}:{event.language}")
        if event.event in ("APPROVED", "REINSTATED"):
            mended(cause)
        elif event.event == "FLAGGED":
            tell(
                cause,
                f"Meta flagged the template {event.name} ({event.language}) for low quality: it pauses or disables it "
                "if that stays.",
                "Send it only to those who expect it, or improve its text.",
                severity="warning",
            )


TELLERS: dict[type, Callable[[Any], None]] = {
    TemplateQuality: _quality,
    TemplateCategory: _category,
    TemplateComponents: _components,
}


def _cause(topic: str, event: TemplateQuality | TemplateCategory | TemplateComponents) -> str:
    return cause_of(topic, f"{event.name}:{event.language}")


def _named(event: TemplateQuality | TemplateCategory | TemplateComponents) -> str:
    return f"{event.name} ({event.language})"
