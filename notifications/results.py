"""What a request brought back, as a move of its attempt."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import DataError
from django.utils import timezone

from integrations.exceptions import Outcome, WhatsAppError
from notifications import transitions
from notifications.channels.base import Receipt
from notifications.followup import after_loss, after_refusal
from notifications.models import DeliveryAttempt
from notifications.receipts import take_from_shelf
from notifications.transitions import Move

logger = logging.getLogger(__name__)


def record(moves: Iterable[Move]) -> None:
    """Write results; one that the database cannot keep is written without its words, the others whole."""
    moves = list(moves)
    try:
        transitions.apply(moves)
    except DataError:
        logger.exception("A result cannot be stored: each is tried alone")
        for move in moves:
            _record_alone(move)
    take_from_shelf(move.wamid for move in moves if move.wamid)


def _record_alone(move: Move) -> None:
    try:
        transitions.apply([move])
    except DataError:
        transitions.apply([Move(move.attempt_id, move.kind, move.at, lease=move.lease, wamid=move.wamid)])


def accepted(attempt: DeliveryAttempt, receipt: Receipt) -> Move:
    logger.info("WhatsApp notification %s sent: %s", attempt.notification_id, receipt.wamid)
    return Move(attempt.pk, "accepted", timezone.now(), wamid=receipt.wamid, response=receipt.response)


def refused(attempt: DeliveryAttempt, error: WhatsAppError, fingerprint: str, sender: str, *, once: bool) -> Move:
    """Refused, or nobody knows. With `once` there is no second attempt: the content is not kept."""
    lost = error.outcome is Outcome.UNCERTAIN
    if once:
        then = None
    elif lost:
        then = after_loss(attempt.lane, attempt.number)
    else:
        name = attempt.notification.template_name
        then = after_refusal(error, attempt.number, fingerprint=fingerprint, sender=sender, template=name)
    if then:
        logger.warning("WhatsApp notification %s will go again: %s", attempt.notification_id, error)
    else:
        logger.error("Failed to send WhatsApp notification %s: %s", attempt.notification_id, error)
    told = error.as_dict()
    kind = "lose" if lost else "refuse"
    return Move(attempt.pk, kind, lease=attempt.lease_token, reason=str(error), error=told, details=told, then=then)
