"""Again? A pure decision from the error and the attempt's number."""

from __future__ import annotations

import random
from dataclasses import dataclass

from integrations.exceptions import Action, WhatsAppError

MAX_ATTEMPTS = 8
FIRST_DELAY_SECONDS = 5
LONGEST_DELAY_SECONDS = 600


HOLDS = {Action.CONFIGURATION: "refused", Action.TEMPLATE: "template"}


@dataclass(frozen=True, slots=True)
class RetryAt:
    """The same message goes again in so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HoldFor:
    """It waits until somebody mends `what`."""

    what: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No repeat would help."""


Decision = RetryAt | HoldFor | GiveUp


def decide(error: WhatsAppError, number: int, *, chance: float | None = None) -> Decision:
    """What follows attempt `number` (from 1) that failed with `error`.

    `chance` in [0, 1) is the jitter, random unless given. A pause that Meta asks for is a minimum.
    """
    if hold := HOLDS.get(error.action):
        return HoldFor(hold)
    limit = min(error.max_attempts or MAX_ATTEMPTS, MAX_ATTEMPTS)
    if not error.retryable or number >= limit:
        return GiveUp()
    # Meta, Cloud API, pair rate limits: wait 4^n seconds.
    factor = 4 if error.bucket == "pair" else 2
    longest = min(FIRST_DELAY_SECONDS * factor ** (number - 1), LONGEST_DELAY_SECONDS)
    jitter = random.random() if chance is None else chance  # noqa: S311 (spreads load, guards nothing)
    return RetryAt((error.retry_after or 0) + longest * (0.5 + jitter / 2))
