"""The attempt after one that did not succeed."""

from __future__ import annotations

from integrations.exceptions import WhatsAppError
from notifications import retry
from notifications.states import Lane
from notifications.transitions import Next

# A code may go this often into the unknown: each repeat may reach the person too.
MAX_LOST_CODES = 3
FIRST_RECHECK_SECONDS = 300
LONGEST_RECHECK_SECONDS = 3600


def after_loss(lane: str, number: int) -> Next | None:
    """When an outcome is lost: a code goes again, at first at once, for the repeat carries the same code."""
    if lane != Lane.OTP or number >= MAX_LOST_CODES:
        return None
    return Next(delay=0 if number == 1 else 2.0**number, unproven=True, reason="Nobody knows whether it arrived.")


def after_refusal(error: WhatsAppError, number: int, fingerprint: str) -> Next | None:
    """When Meta said no: later, or once somebody has mended what Meta names, or never.

    What is mended at Meta itself (a payment, a permission) shows nowhere here: such a message is tried again
    from time to time.
    """
    match retry.decide(error, number):
        case retry.RetryAt(seconds):
            return Next(delay=seconds, reason=f"Again after: {error}")
        case retry.HoldFor(what):
            recheck = min(FIRST_RECHECK_SECONDS * 2 ** (number - 1), LONGEST_RECHECK_SECONDS)
            return Next(delay=recheck, hold=what, hold_ref=fingerprint, reason=str(error))
    return None
