"""What Meta tells of the whole account, as alerts with what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.dispatch import receiver

from integrations.signals import account_reported
from integrations.whatsapp.webhooks import AccountAlert, AccountReview, AccountUpdate, BusinessCapability
from notifications.alerts import cause_of, mended, tell

_SUPPORT = "Open Business Support Home at Meta and see what it says of the account"


@dataclass(frozen=True, slots=True)
class Telling:
    """`summary` may name {account}; what belongs to the event is added to it. With `mends` it closes that alert."""

    severity: str = ""
    summary: str = ""
    what_to_do: str = ""
    mends: str = ""


#: Meta, Webhooks, "account_update": event -> what to tell. Others change nothing that an operator should mend.
EVENTS: Mapping[str, Telling] = {
    "ACCOUNT_DELETED": Telling(
        "critical",
        "The WhatsApp Business Account {account} was deleted: nothing leaves from it.",
        "Enter credentials of another account in the admin; messages wait meanwhile.",
    ),
    "ACCOUNT_RESTRICTION": Telling(
        "critical",
        "Meta restricted the account {account}.",
        f"{_SUPPORT}; a review can be asked for there. What is restricted is refused until then.",
    ),
    "ACCOUNT_VIOLATION": Telling(
        "error",
        "Meta says that the account {account} violates its policy.",
        f"{_SUPPORT}, mend it or appeal: the next step is a restriction.",
    ),
    "ACCOUNT_OFFBOARDED": Telling(
        "critical",
        "The account {account} was taken off the Cloud API.",
        "Connect it again in the WhatsApp Business app or in WhatsApp Manager.",
    ),
    "ACCOUNT_RECONNECTED": Telling(mends="account_offboarded"),
    "PARTNER_REMOVED": Telling(
        "warning",
        "A partner was removed from the account {account}.",
        "If it was the one whose app sends for you, connect another and enter its token in the admin.",
    ),
    "PARTNER_ADDED": Telling(mends="partner_removed"),
    "PARTNER_APP_UNINSTALLED": Telling(
        "critical",
        "An app was taken off the account {account}: it neither sends nor hears of it any more.",
        "If it is the app of this installation, connect it again: POST to the account's subscribed_apps.",
    ),
    "PARTNER_APP_INSTALLED": Telling(mends="partner_app_uninstalled"),
    "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE": Telling(
        "warning",
        "Meta will charge the account {account} its international price for login codes to some countries.",
        "See the countries and the day in WhatsApp Manager, Insights; codes by SMS may be cheaper there.",
    ),
    "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE": Telling(
        "warning",
        "Meta took note of another home country of the business of {account}.",
        "See that it is right in Business Settings: prices of login codes hang on it.",
    ),
}
#: Ban state -> what to tell of it.
BANS: Mapping[str, Telling] = {
    "DISABLE": Telling(
        "critical",
        "Meta disabled the account {account}: nothing leaves from it.",
        f"{_SUPPORT} and ask for a review.",
    ),
    "SCHEDULE_FOR_DISABLE": Telling(
        "critical",
        "Meta will disable the account {account}.",
        f"{_SUPPORT} and ask for a review before that day.",
    ),
    "REINSTATE": Telling(mends="disabled_update"),
}
#: Meta, Webhooks, "account_review_update".
REVIEWS: Mapping[str, Telling] = {
    "APPROVED": Telling(mends="review"),
    "REJECTED": Telling(
        "critical",
        "Meta's review of the account {account} ended with a refusal.",
        f"{_SUPPORT}, correct what it names and ask for another review.",
    ),
    "DEFERRED": Telling(
        "warning", "Meta put off its review of the account {account}.", f"{_SUPPORT}; it may ask for documents."
    ),
}
#: Meta, Webhooks, "account_alerts": its severity -> ours.
SEVERITIES = {"CRITICAL": "critical", "WARNING": "warning", "INFORMATIONAL": ""}
#: Limits of a business that Meta has not verified.
LOWEST = frozenset({"TIER_50", "TIER_250"})
_OVER = frozenset({"RESOLVED", "INACTIVE", "NONE"})


@receiver(account_reported)
def tell_of_accounts(events: Sequence[Any], **_: Any) -> None:
    for event in events:
        TELLERS[type(event)](event)


def _update(event: AccountUpdate) -> None:
    ban = BANS.get(event.ban_state) if event.event == "DISABLED_UPDATE" else None
    _say(ban or EVENTS.get(event.event), event.event.lower(), event.waba_id, _particulars(event))


def _particulars(event: AccountUpdate) -> str:
    told = [
        f"{_words(one.kind)}" + (f" until {one.until:%d %b %Y %H:%M} UTC" if one.until else "")
        for one in event.restrictions
    ]
    told += [_words(event.violation)] if event.violation else []
    told += [f"on {event.ban_date}"] if event.ban_date else []
    told += [event.country] if event.country else []
    return f" ({'; '.join(told)})" if told else ""


def _words(constant: str) -> str:
    return constant.replace("_", " ").lower()


def _alert(event: AccountAlert) -> None:
    cause = cause_of(f"account.alert.{event.kind.lower()}"[:100], event.entity_id or event.waba_id)
    severity = SEVERITIES.get(event.severity, "warning")
    if event.status in _OVER or not severity:
        mended(cause)
        return
    of = f"{_words(event.entity_type)} {event.entity_id}".strip() or event.waba_id
    tell(
        cause,
        f"Meta warns of {of}: {event.description or _words(event.kind)}",
        f"{_SUPPORT}: {_words(event.kind)}.",
        severity=severity,
    )


def _review(event: AccountReview) -> None:
    _say(REVIEWS.get(event.decision), "review", event.waba_id, "")


def _capability(event: BusinessCapability) -> None:
    """The limit itself is in the numbers' rows, where bulk messages look; only a low one is worth a word."""
    cause = cause_of("account.limit", event.waba_id)
    if event.limit not in LOWEST:
        mended(cause)
        return
    tell(
        cause,
        f"Meta lets the business write first to so many people a day only: {event.limit}.",
        "Verify the business with Meta to raise it. Bulk messages wait where it is reached, others are not counted.",
        severity="warning",
    )


TELLERS: dict[type, Callable[[Any], None]] = {
    AccountUpdate: _update,
    AccountAlert: _alert,
    AccountReview: _review,
    BusinessCapability: _capability,
}


def _say(telling: Telling | None, topic: str, waba_id: str, particulars: str) -> None:
    if telling is None:
        return
    if telling.mends:
        mended(cause_of(f"account.{telling.mends}", waba_id))
        return
    summary = telling.summary.format(account=waba_id or "(not named)")
    head, colon, rest = summary.partition(":")
    summary = f"{head}{particulars}:{rest}" if colon else f"{summary.rstrip('.')}{particulars}."
    tell(cause_of(f"account.{topic}"[:100], waba_id), summary, telling.what_to_do, severity=telling.severity)
