"""The states of an attempt and what they amount to for the message. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import TextChoices


class State(TextChoices):
    PENDING = "PENDING", "Pending"
    CLAIMED = "CLAIMED", "Claimed"
    SENDING = "SENDING", "Sending"
    UNCERTAIN = "UNCERTAIN", "Uncertain"
    SENT = "SENT", "Sent"
    FAILED = "FAILED", "Failed"
    DELIVERED = "DELIVERED", "Delivered"
    READ = "READ", "Read"
    SKIPPED = "SKIPPED", "Skipped"
    EXPIRED = "EXPIRED", "Expired"
    CANCELLED = "CANCELLED", "Cancelled"


class Lane(TextChoices):
    """How urgent. Any worker serves them in this order."""

    OTP = "otp", "One-time codes"
    TRANSACTIONAL = "transactional", "Transactional"
    BULK = "bulk", "Bulk"


# What the provider says only raises an attempt along this order; everything else ranks below.
RANK = {
    State.SENDING: 1,
    State.UNCERTAIN: 2,
    State.SENT: 3,
    State.FAILED: 4,
    State.DELIVERED: 5,
    State.READ: 6,
}
PROOF = (State.READ, State.DELIVERED, State.SENT)
NOT_ON_THE_WIRE = frozenset({State.PENDING, State.CLAIMED})
CALLED_OFF = frozenset({State.SKIPPED, State.EXPIRED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class Rule:
    """A local move: the states that it may leave, and where it leads; None: it stays and others follow."""

    leaves: frozenset[State]
    to: State | None


MOVES = {
    "return": Rule(frozenset({State.CLAIMED}), State.PENDING),
    "defer": Rule(frozenset({State.CLAIMED}), State.PENDING),
    "hold": Rule(NOT_ON_THE_WIRE, State.PENDING),
    "release": Rule(frozenset({State.PENDING}), State.PENDING),
    "skip": Rule(NOT_ON_THE_WIRE, State.SKIPPED),
    "expire": Rule(NOT_ON_THE_WIRE, State.EXPIRED),
    "cancel": Rule(NOT_ON_THE_WIRE, State.CANCELLED),
    "depart": Rule(frozenset({State.CLAIMED}), State.SENDING),
    "lose": Rule(frozenset({State.SENDING}), State.UNCERTAIN),
    # Meta's own answer to this very request, late or not, says that it was not taken.
    "refuse": Rule(frozenset({State.SENDING, State.UNCERTAIN}), State.FAILED),
    # An operator's word, no proof: whatever the provider says later wins. What was given up is therefore called off
    # and not failed, which its late "sent" could not raise.
    "vouch": Rule(frozenset({State.UNCERTAIN}), State.SENT),
    "give_up": Rule(frozenset({State.UNCERTAIN}), State.CANCELLED),
    "resend": Rule(frozenset({State.UNCERTAIN}), None),
    "again": Rule(frozenset({State.FAILED, State.UNCERTAIN, *CALLED_OFF}), None),
}
# The provider's words: "accepted" is its answer to the request, the others come by webhook.
PROVIDER = {
    "accepted": State.SENT,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "played": State.READ,
    "failed": State.FAILED,
}


def target(state: State, move: str) -> State | None:
    """Where `move` takes an attempt from `state`; None where it changes nothing.

    Raises KeyError for a move that is neither ours nor the provider's.
    """
    if move in PROVIDER:
        to = PROVIDER[move]
        return to if RANK[to] > RANK.get(state, 0) else None
    rule = MOVES[move]
    return (rule.to or state) if state in rule.leaves else None


def fold(states: Sequence[State]) -> State:
    """What attempts in these states, in their order, amount to for the message.

    The best proof; else the latest attempt that was not called off; else the latest. A lease is the attempt's
    business alone: for the message CLAIMED is still PENDING.
    """
    for proof in PROOF:
        if proof in states:
            return proof
    latest = next((state for state in reversed(states) if state not in CALLED_OFF), states[-1])
    return State.PENDING if latest == State.CLAIMED else latest
