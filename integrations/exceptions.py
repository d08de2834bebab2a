"""The errors of a send. Each answers: again? when? whose fault? what to tell the operator?"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from integrations.redaction import redact
from integrations.whatsapp.lenient import storable


class Action(StrEnum):
    """What the sender does next."""

    RETRY = "retry"
    SLOW = "slow"
    RECIPIENT = "recipient"
    TEMPLATE = "template"
    CONFIGURATION = "configuration"
    WINDOW = "window"
    PAYLOAD = "payload"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What is known of the message."""

    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


class WhatsAppError(Exception):
    """Everything a send may answer with; the subclass tells the kind, the attributes the rest.

    `retry_after` is in seconds and only set where another try makes sense. `max_attempts` bounds the tries of
    codes that stop being worth it early. `bucket` names what is throttled ("number", "campaign", "pair", "waba",
    "app"). `headers` are those of the answer that tell of limits.
    """

    action = Action.UNKNOWN
    outcome = Outcome.REFUSED
    fault = "meta"
    bucket = ""
    retry_after: float | None = None
    max_attempts: int | None = None
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self,
        operator_message: str = "",
        *,
        code: int | None = None,
        subcode: int | None = None,
        http_status: int | None = None,
        title: str = "",
        details: str = "",
        fbtrace_id: str = "",
        **answers: Any,
    ) -> None:
        """`answers` may set action, outcome, fault, bucket, retry_after and max_attempts of this instance."""
        # One positional argument: pickle rebuilds an exception from its args and then its attributes.
        super().__init__(operator_message)
        self.operator_message = operator_message
        self.code, self.subcode, self.http_status = code, subcode, http_status
        # A stranger wrote these: no full number, and nothing that a database cannot keep.
        self.title, self.details = redact(storable(title)), redact(storable(details))
        self.fbtrace_id = storable(fbtrace_id)
        for name, value in answers.items():
            if name not in ("action", "outcome", "fault", "bucket", "retry_after", "max_attempts"):
                raise TypeError(f"{type(self).__name__} has no attribute {name!r}")
            setattr(self, name, value)

    @property
    def retryable(self) -> bool:
        """True where the same message may go again without asking anybody."""
        return self.outcome is not Outcome.UNCERTAIN and self.action in (Action.RETRY, Action.SLOW)

    def as_dict(self) -> dict[str, Any]:
        """The error as it may be stored and shown: no token, no full number."""
        return {
            "type": type(self).__name__,
            "code": self.code,
            "subcode": self.subcode,
            "http_status": self.http_status,
            "title": self.title,
            "message": self.operator_message,
            "details": self.details,
            "fbtrace_id": self.fbtrace_id,
            "action": self.action.value,
            "outcome": self.outcome.value,
            "fault": self.fault,
            "bucket": self.bucket,
            "retryable": self.retryable,
            "retry_after": self.retry_after,
        }

    def __str__(self) -> str:
        code = f"{self.code}/{self.subcode}" if self.subcode else self.code
        facts = (
            f"code {code}" if self.code is not None else "",
            f"HTTP {self.http_status}" if self.http_status else "",
            self.details or self.title,
            f"trace {self.fbtrace_id}" if self.fbtrace_id else "",
        )
        known = "; ".join(fact for fact in facts if fact)
        return f"{self.operator_message} ({known})" if known else self.operator_message


class Throttled(WhatsAppError):
    """Too fast for a number, a pair, a WABA or the app: the bucket named rests for `retry_after` seconds."""

    action = Action.SLOW


class Unreachable(WhatsAppError):
    """No byte left this machine: name, connection or TLS failed. Nothing was sent."""

    action = Action.RETRY
    outcome = Outcome.NOT_SENT


class UncertainOutcome(WhatsAppError):
    """The request left and no usable answer came: sent or not, only a status webhook can tell."""

    outcome = Outcome.UNCERTAIN


class TemporaryFailure(WhatsAppError):
    """Meta failed and says so: the same message may go again later."""

    action = Action.RETRY


class RecipientRefused(WhatsAppError):
    """This message does not reach this person; others are not concerned."""

    action = Action.RECIPIENT
    fault = "recipient"


class TemplateRefused(WhatsAppError):
    """The template cannot be used or created as it is: all its messages are concerned."""

    action = Action.TEMPLATE
    fault = "template"


class CredentialsRejected(WhatsAppError):
    """Token, permission, number, billing or account: nothing goes until somebody acts."""

    action = Action.CONFIGURATION
    fault = "configuration"


class WindowClosed(WhatsAppError):
    """The person last wrote more than 24 hours ago: only an approved template reaches them."""

    action = Action.WINDOW
    fault = "recipient"


class PayloadRefused(WhatsAppError):
    """We built something Meta does not take: this message fails, others are not concerned."""

    action = Action.PAYLOAD
    fault = "ours"


class UnknownRefusal(WhatsAppError):
    """A refusal that Meta does not document. It is kept and final."""


class Misconfigured(Exception):
    """An installation's setting cannot be used. Outside the send tree: no retry loop may eat it."""


class WhatsAppNotConfigured(Misconfigured):
    """Credentials are missing or unusable; the message says which, and where to set them."""

    def __init__(self, message: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.missing = missing
