"""What webhooks say of templates, numbers and accounts, as typed events.

Absent texts are empty; `at` is when Meta says it happened, UTC, None where it does not tell. Words of Meta's lists
are in capitals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class TemplateReview:
    """Meta changed a template's status to `event`; `reason` is empty where Meta says null or NONE.

    `description` is Meta's longer word on a rejection or a pause.
    """

    event: str
    template_id: str = ""
    name: str = ""
    language: str = ""
    reason: str = ""
    category: str = ""
    waba_id: str = ""
    description: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TemplateFact:
    """Which template is meant."""

    template_id: str = ""
    name: str = ""
    language: str = ""
    waba_id: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TemplateQuality(TemplateFact):
    """GREEN, YELLOW, RED or UNKNOWN."""

    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class TemplateCategory(TemplateFact):
    """The category is `current`. With `coming` Meta will change it to that at `due_at`, else it was `before`."""

    current: str = ""
    before: str = ""
    coming: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TemplateComponents(TemplateFact):
    """The texts that the template has at Meta now; `buttons` as Meta summarises them: type, text, url,
    phone_number."""

    header: str = ""
    text: str = ""
    footer: str = ""
    buttons: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NumberFact:
    """Which number of ours is meant, in digits; `phone_number_id` is filled in where its row is known."""

    number: str
    waba_id: str = ""
    at: datetime | None = None
    phone_number_id: str = ""


@dataclass(frozen=True, slots=True)
class NumberQuality(NumberFact):
    """`event` is ONBOARDING, THROUGHPUT_UPGRADE, UPGRADE, DOWNGRADE, FLAGGED or UNFLAGGED; `limit` such as TIER_2K."""

    event: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class NumberName(NumberFact):
    """Meta's `decision` on a name that was asked for: APPROVED, REJECTED, DEFERRED, …"""

    decision: str = ""
    name: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NumberSecurity(NumberFact):
    """`event` is PIN_CHANGED, PIN_RESET_REQUEST or PIN_RESET_SUCCESS; `requester` is an id at Meta."""

    event: str = ""
    requester: str = ""


@dataclass(frozen=True, slots=True)
class AccountFact:
    """Which account is meant."""

    waba_id: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Restriction:
    """What an account may not do, such as RESTRICTED_BIZ_INITIATED_MESSAGING, until when."""

    kind: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountUpdate(AccountFact):
    """`event` as in Meta's list; only what belongs to it is filled in. `details` are Meta's own, whole."""

    event: str = ""
    ban_state: str = ""
    ban_date: str = ""
    violation: str = ""
    restrictions: tuple[Restriction, ...] = ()
    country: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountAlert(AccountFact):
    """Meta's own alert: `kind` such as OBA_APPROVED, `severity` INFORMATIONAL, WARNING or CRITICAL."""

    entity_type: str = ""
    entity_id: str = ""
    severity: str = ""
    status: str = ""
    kind: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class AccountReview(AccountFact):
    """`decision` is APPROVED, REJECTED, PENDING or DEFERRED."""

    decision: str = ""


@dataclass(frozen=True, slots=True)
class BusinessCapability(AccountFact):
    """What the business may do now: people a day to whom it may write first (TIER_2K, …), numbers it may have."""

    limit: str = ""
    max_numbers: int | None = None
