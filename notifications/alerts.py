"""The operator's alerts of delivery: one for each cause, closed when it is mended."""

from __future__ import annotations

from typing import Any

from integrations.exceptions import WhatsAppError
from tenants import services

LONGEST_CAUSE = 200


def cause_of(topic: str, which: str) -> str:
    """The key of an alert: what is wrong, and with which thing."""
    return f"{topic}:{which}"[:LONGEST_CAUSE]


def refused_cause(ref: str) -> str:
    return f"whatsapp.refused:{ref}"[:LONGEST_CAUSE]


def template_cause(name: str, language: str) -> str:
    return f"template.refused:{name}:{language}"[:LONGEST_CAUSE]


def number_cause(phone_number_id: str) -> str:
    return f"number.cannot_send:{phone_number_id}"


TIER_CAUSE = "tier.reached"


def credentials_refused(ref: str, error: WhatsAppError, number: str = "") -> None:
    """Meta refuses everything that is sent with these credentials, or from this number."""
    whose = f"the number {number}" if number else "these credentials"
    tell(
        refused_cause(ref),
        f"Meta refuses whatever is sent with {whose}: {error}",
        f"{error.operator_message} Messages wait meanwhile; one tries now and then, and all go once it is mended.",
        severity="critical",
        details=error.as_dict(),
    )


def template_refused(name: str, language: str, error: WhatsAppError) -> None:
    tell(
        template_cause(name, language),
        f"Meta refuses the template {name} ({language}): {error}",
        f"{error.operator_message} Its messages wait until it is approved again or its text at Meta changes.",
        details=error.as_dict(),
    )


def template_stopped(
    name: str, language: str, status: str, reason: str, what_to_do: str, description: str = ""
) -> None:
    """Meta tells that it takes this template no more, or never did; `description` are its own words."""
    why = f" ({reason})" if reason and reason != status else ""
    tell(
        template_cause(name, language),
        f"The template {name} ({language}) is {status} at Meta{why}: its messages wait.",
        f"{what_to_do[:1].upper()}{what_to_do[1:]}." + (f" Meta says: {description}" if description else ""),
    )


#: Meta, Phone Numbers, "status" -> what to do; for the others what WhatsApp Manager shows.
NUMBER_REMEDIES = {
    "BANNED": "Meta banned it for what people reported: ask for a review in WhatsApp Manager, Phone numbers.",
    "RESTRICTED": "It reached its limit while its quality was low: it goes on by itself when the day is over. Send "
    "bulk messages only to those who expect them.",
    "RATE_LIMITED": "It sent too much in a short time: it goes on by itself.",
    "DELETED": "Enter another number's id in the admin, or add this one again in WhatsApp Manager.",
}
_LOOK = "Open WhatsApp Manager, Phone numbers, and mend what it shows there."


def number_cannot_send(phone_number_id: str, shown: str, status: str) -> None:
    tell(
        number_cause(phone_number_id),
        f"The number {shown} is {status} at Meta: nothing leaves from it.",
        f"{NUMBER_REMEDIES.get(status, _LOOK)} Messages wait and go by themselves then.",
        severity="critical",
    )


def tier_reached(limit: str, people: int) -> None:
    tell(
        TIER_CAUSE,
        f"Bulk messages wait: {people} people were written to in 24 hours, Meta's limit is {limit}.",
        "They go by themselves as the day passes. To raise the limit, verify the business with Meta and keep quality.",
        severity="warning",
        details={"limit": limit, "people": people},
    )


def tell(cause: str, summary: str, what_to_do: str, *, severity: str = "error", details: Any = None) -> None:
    services.raise_alert(cause, summary=summary, what_to_do=what_to_do, severity=severity, details=details)


def mended(cause: str, *, by: str = "") -> None:
    services.resolve_alert(cause, by=by)
