"""What Meta tells of sending numbers and of errors at them, as alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.dispatch import receiver

from integrations.number_sync import NumberChange
from integrations.phone import mask
from integrations.signals import error_reported, number_reported, phone_number_changed
from integrations.whatsapp.errors import error_from_webhook
from integrations.whatsapp.webhooks import ErrorReported, NumberName, NumberQuality, NumberSecurity
from notifications.alerts import cause_of, mended, tell

#: Quality -> severity and what it means. Others are well.
QUALITY: dict[str, tuple[str, str]] = {
    "RED": ("error", "many people block or report it, and Meta lowers its limit if that stays"),
    "YELLOW": ("warning", "some people block or report it"),
}
#: Meta, Webhooks, "security": event -> severity, what happened, what to do.
SECURITY: dict[str, tuple[str, str, str]] = {
    "PIN_CHANGED": (
        "error",
        "The two-step PIN of the number {number} was changed or set.",
        "If that was none of you, set another PIN in WhatsApp Manager at once and see who has access to the business.",
    ),
    "PIN_RESET_REQUEST": (
        "critical",
        "Somebody asked Meta to switch off the two-step PIN of the number {number}.",
        "If that was none of you, decline it in the e-mail that Meta sent, and see who has access to the business.",
    ),
    "PIN_RESET_SUCCESS": (
        "critical",
        "The two-step PIN of the number {number} was switched off.",
        "Set a new PIN in WhatsApp Manager: without one the number can be registered elsewhere.",
    ),
}
#: As some pages of Meta's spell it.
SECURITY["PIN_REQUEST_SUCCESS"] = SECURITY["PIN_RESET_SUCCESS"]
_NAME_GIVEN = frozenset({"APPROVED", "AVAILABLE_WITHOUT_REVIEW"})
_NAME_REFUSED = frozenset({"REJECTED", "DECLINED"})


@receiver(phone_number_changed)
def tell_of_quality(events: Sequence[NumberChange], **_: Any) -> None:
    for event in events:
        cause = cause_of("number.quality", event.phone_number_id)
        if event.quality not in QUALITY and event.after != "FLAGGED":
            mended(cause)
            continue
        severity, meaning = QUALITY.get(event.quality, QUALITY["RED"])
        flagged = " and Meta flagged it" if event.after == "FLAGGED" else ""
        tell(
            cause,
            f"The quality of the number {event.shown} is {event.quality or 'low'}{flagged}: {meaning}.",
            "Send less in bulk and only to those who expect it; see in WhatsApp Manager which templates people block.",
            severity=severity,
        )


@receiver(number_reported)
def tell_of_numbers(events: Sequence[Any], **_: Any) -> None:
    for event in events:
        TELLERS[type(event)](event)


def _quality(event: NumberQuality) -> None:
    """Its flags are told as `phone_number_changed`, whoever saw them first."""
    cause = _cause("number.limit", event)
    if event.event == "DOWNGRADE":
        tell(
            cause,
            f"Meta lowered the limit of the number {mask(event.number)}"
            + (f" to {event.limit}." if event.limit else "."),
            "Bulk messages wait where the limit is reached. It rises again while people answer and do not block.",
            severity="warning",
        )
    elif event.event in ("UPGRADE", "THROUGHPUT_UPGRADE"):
        mended(cause)


def _name(event: NumberName) -> None:
    cause = _cause("number.name", event)
    if event.decision in _NAME_GIVEN:
        mended(cause)
    elif event.decision in _NAME_REFUSED:
        why = f" ({event.reason})" if event.reason else ""
        tell(
            cause,
            f"Meta refused the name “{event.name}” of the number {mask(event.number)}{why}.",
            "Choose one that Meta's display name rules allow and ask again in WhatsApp Manager, Phone numbers.",
            severity="warning",
        )


def _security(event: NumberSecurity) -> None:
    if event.event in SECURITY:
        severity, summary, what_to_do = SECURITY[event.event]
        cause = _cause(f"number.{event.event.lower()}", event)
        tell(cause, summary.format(number=mask(event.number)), what_to_do, severity=severity)


def _cause(topic: str, event: NumberQuality | NumberName | NumberSecurity) -> str:
    """A number that no row knows goes by its last digits: causes are not masked."""
    return cause_of(topic, event.phone_number_id or event.number[-4:])


TELLERS: dict[type, Callable[[Any], None]] = {NumberQuality: _quality, NumberName: _name, NumberSecurity: _security}


@receiver(error_reported)
def tell_of_errors(events: Sequence[ErrorReported], **_: Any) -> None:
    for event in events:
        error = error_from_webhook([event.error])
        where = event.phone_number_id or "the default number"
        tell(
            cause_of("number.error", f"{event.phone_number_id}:{error.code}"),
            f"Meta reports an error at {where} that belongs to no message: {error}",
            error.operator_message,
            severity="warning",
            details=error.as_dict(),
        )
