"""The face of a channel: prepare many with the database, send one without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from notifications.models import DeliveryAttempt


@dataclass(frozen=True, slots=True)
class Ready:
    """May leave now. `payload` is complete, secrets included: it is never stored or logged.

    With `probe` it leaves in spite of the blockade of this ref, to find out whether that is over.
    """

    payload: dict[str, Any]
    sender: str
    language: str = ""
    probe: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Waits for `what` (`ref` says which one)."""

    what: str
    ref: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Will not go, for this reason."""

    reason: str


Verdict = Ready | Held | Skipped


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took it."""

    wamid: str
    response: dict[str, Any]


class Run(Protocol):
    """One batch's conversation with a provider."""

    @property
    def fingerprint(self) -> str:
        """Which credentials it speaks with."""

    @property
    def account(self) -> str:
        """The provider's account that they belong to."""

    def send(self, ready: Ready) -> Receipt:
        """Send one, without the database; it may block only in the transport, which gives way to other sends.

        Raises WhatsAppError.
        """


class Channel(Protocol):
    def prepare(
        self, attempts: Sequence[DeliveryAttempt], overrides: Mapping[int, Mapping[str, Any]] | None = None
    ) -> tuple[dict[int, Verdict], Run | None]:
        """The gates: what may become of each attempt, by its id. `overrides` are variables for this one try."""
