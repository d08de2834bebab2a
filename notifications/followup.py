"""The attempt after one that did not succeed."""

from __future__ import annotations

from integrations.exceptions import WhatsAppError
from notifications import blockades, retry
from notifications.states import Lane
from notifications.transitions import Next

# A code may go this often into the unknown: each repeat may reach the person too.
MAX_LOST_CODES = 3


def after_loss(lane: str, number: int) -> Next | None:
    """When an outcome is lost: a code goes again, at first at once, for the repeat carries the same code."""
    if lane != Lane.OTP or number >= MAX_LOST_CODES:
        return None
    return Next(delay=0 if number == 1 else 2.0**number, unproven=True, reason="Nobody knows whether it arrived.")


def after_refusal(
    error: WhatsAppError, number: int, *, fingerprint: str = "", sender: str = "", template: str = ""
) -> Next | None:
    """When Meta said no: later, or once somebody has mended what Meta names, or never.

    `fingerprint` and `sender` tell the credentials and the number it left with, `template` its name. What is
    mended at Meta itself (a payment, a permission) shows nowhere here: such messages try again from time to time.
    """
    match retry.decide(error, number):
        case retry.RetryAt(seconds):
            return Next(delay=seconds, reason=f"Again after: {error}")
        case retry.HoldFor("template"):
            return Next(hold="template", hold_ref=f"{template} refused"[:512], reason=str(error))
        case retry.HoldFor(what):
            recheck = blockades.seconds_until_recheck(number - 1)
            ref = blockades.ref_of(error, fingerprint, sender)
            return Next(delay=recheck, hold=what, hold_ref=ref, reason=str(error))
    return None
