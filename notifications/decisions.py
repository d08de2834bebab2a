"""What an operator decides about a message whose outcome nobody knows."""

from __future__ import annotations

from notifications.exceptions import NotUncertain
from notifications.models import Notification
from notifications.states import State
from notifications.transitions import Move, apply

VOUCHED = "An operator treats it as sent. Nothing proves it; what the provider reports later counts."
GIVEN_UP = "An operator gave it up. Nobody knows whether it arrived; what the provider reports later counts."


def treat_as_sent(message: Notification) -> None:
    """Close an uncertain message as sent: it does not go again. Raises NotUncertain."""
    _decide(message, "vouch", VOUCHED)


def give_up(message: Notification) -> None:
    """Close an uncertain message as called off: it does not go again. Raises NotUncertain."""
    _decide(message, "give_up", GIVEN_UP)


def _decide(message: Notification, kind: str, reason: str) -> None:
    uncertain = message.attempts.filter(state=State.UNCERTAIN).order_by("number").values_list("pk", flat=True)
    moves = [Move(pk, kind, reason=reason) for pk in uncertain] if message.status == State.UNCERTAIN else []
    # One word of an operator is about the message; its latest attempt stands for it.
    moved = apply(moves if kind == "give_up" else moves[-1:])
    if not moved:
        message.refresh_from_db(fields=["status"])
        label = State(message.status).label.lower()
        raise NotUncertain(f"Notification {message.pk} is {label}: its outcome is no longer open.")
