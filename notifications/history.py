"""Statuses that no webhook brought: asked of Meta, message by message, where webhooks may have been lost.

What Meta answers is folded like a status, but kept as an event of its own source: it proves nothing about webhooks,
so it settles nothing that is UNCERTAIN and ends no alert of their silence. An attempt is asked for a few times.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from integrations import buckets
from integrations.account_calls import AccountCalls
from integrations.buckets import Wish
from integrations.credentials import Credentials
from integrations.exceptions import Misconfigured, Outcome, WhatsAppError
from integrations.limits import per_hour
from integrations.models import PhoneNumber, WebhookEvent
from integrations.number_sync import DELETED
from integrations.services import WhatsAppClient
from integrations.whatsapp.errors import error_from_webhook
from integrations.whatsapp.history import PastStatus
from notifications import alerts
from notifications.models import DeliveryAttempt, DeliveryEvent, Notification
from notifications.states import PROVIDER, State
from notifications.transitions import Move, apply
from tenants.models import OperatorAlert

logger = logging.getLogger(__name__)

# How old an attempt is when it is asked for; one that is older than the last is left alone.
AGES = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3), timedelta(days=7))
# It is a second way beside the webhooks, and the account's calls are needed elsewhere.
CALLS = per_hour(500, burst=20)
# The gap is over when nothing had to be asked for so long.
GAP_ENDS = timedelta(hours=1)
GAP_IS_TOLD = timedelta(days=1)
REFUSED, GAP = "history.refused:", "webhooks.missing"
# The event that keeps in mind that an attempt was asked for.
ASKED = "asked"
# Meta, Error codes: the token itself is refused, whatever is asked. Sending tells the operators of that.
TOKEN_CODES = frozenset({102, 190, 463, 467})


def ask() -> int:
    """Ask for the newest that nothing was heard of, as far as the calls of this hour go. Returns how many moved."""
    client = WhatsAppClient()
    if not may_ask(client) or WebhookEvent.objects.awaited().exists():
        return 0
    attempts = list(unheard().order_by("-sent_at")[: int(CALLS.burst)])
    moved = _ask_for(attempts, client) if attempts else 0
    tell_of_gap(brought=moved)
    return moved


def may_ask(client: WhatsAppClient) -> bool:
    """Whether it is switched on, can be asked, and was not refused with these credentials."""
    if not settings.WHATSAPP_MESSAGE_HISTORY or client.client is None:
        return False
    ours = REFUSED + client.credentials.fingerprint
    refused = OperatorAlert.objects.filter(cause__startswith=REFUSED, resolved_at=None).values_list("cause", flat=True)
    for cause in set(refused) - {ours}:
        alerts.mended(cause)
    return ours not in refused


def unheard() -> QuerySet[DeliveryAttempt]:
    """Attempts accepted an hour ago or more and not heard of since, that were not asked for at their present age."""
    now = timezone.now()
    due = Q()
    for age, next_age in itertools.pairwise(AGES):
        asked = DeliveryEvent.objects.filter(attempt=OuterRef("pk"), kind=ASKED, at__gte=OuterRef("sent_at") + age)
        due |= Q(~Exists(asked), sent_at__gt=now - next_age, sent_at__lte=now - age)
    # The two plain conditions are those of the index.
    return DeliveryAttempt.objects.filter(due, ~Q(wamid=""), state=State.SENT).exclude(sender="")


def _ask_for(attempts: Sequence[DeliveryAttempt], client: WhatsAppClient) -> int:
    key = f"history:{client.waba_id or client.phone_number_id}"
    wish = Wish(key, CALLS.rate, CALLS.burst, len(attempts), degraded_ok=False)
    granted = buckets.take([wish])[0].granted
    calls, answers = AccountCalls(client), list[tuple[DeliveryAttempt, list[PastStatus]]]()
    asked = 0
    for attempt in attempts[:granted]:
        asked += 1
        try:
            answers.append((attempt, calls.message_history(attempt.sender, attempt.wamid)))
        except WhatsAppError as error:
            if not _is_final(error):
                logger.warning("What became of messages could not be asked: %s", error)
                break
            if not answers and _is_of_the_account(attempt.sender, client):
                _switch_off(client.credentials, error)
                break
            answers.append((attempt, []))
        except Misconfigured as error:
            logger.warning("What became of messages cannot be asked: %s", error)
            break
    buckets.give_back({key: granted - asked})
    return fold(answers)


def fold(answers: Sequence[tuple[DeliveryAttempt, Sequence[PastStatus]]]) -> int:
    """Fold what Meta answered into the attempts asked for. Returns of how many it told something new."""
    with transaction.atomic():
        ids = _still_there([attempt.pk for attempt, _ in answers])
        answers = [(attempt, statuses) for attempt, statuses in answers if attempt.pk in ids]
        now = timezone.now()
        DeliveryEvent.objects.bulk_create(
            DeliveryEvent(attempt=attempt, source=DeliveryEvent.Source.OURS, kind=ASKED, at=now)
            for attempt, _ in answers
        )
        by_webhook = DeliveryEvent.objects.filter(attempt__in=ids, source=DeliveryEvent.Source.PROVIDER)
        heard = set(by_webhook.values_list("attempt_id", "kind"))
        moves = [
            _move(attempt, status)
            for attempt, statuses in answers
            for status in statuses
            if status.status in PROVIDER and (attempt.pk, status.status) not in heard
        ]
        apply(moves)
    return len({move.attempt_id for move in moves})


def _still_there(ids: Sequence[int]) -> set[int]:
    """Those that are not in the archive; as their messages are locked, none goes there meanwhile."""
    list(Notification.objects.select_for_update().filter(attempts__in=ids).order_by("pk").values_list("pk", flat=True))
    return set(DeliveryAttempt.objects.filter(pk__in=ids).values_list("pk", flat=True))


def _move(attempt: DeliveryAttempt, status: PastStatus) -> Move:
    error = None
    if PROVIDER[status.status] is State.FAILED:
        error = error_from_webhook([{"title": status.problem}])
    details = {"told_by": "message_history", "webhook": status.webhook}
    if status.problem:
        details["reason"] = status.problem
    return Move(
        attempt.pk,
        status.status,
        status.at,
        wamid=status.wamid,
        reason=str(error) if error else "",
        error=error.as_dict() if error else None,
        details={name: value for name, value in details.items() if value},
        asked=True,
    )


def _is_final(error: WhatsAppError) -> bool:
    return error.outcome is Outcome.REFUSED and not error.retryable and error.code not in TOKEN_CODES


def _is_of_the_account(sender: str, client: WhatsAppClient) -> bool:
    """A number that was given up is refused for itself."""
    known = PhoneNumber.objects.filter(phone_number_id=sender, waba_id=client.waba_id).exclude(status=DELETED)
    return sender == client.phone_number_id or known.exists()


def _switch_off(credentials: Credentials, error: WhatsAppError) -> None:
    logger.warning("Meta does not tell what became of messages, so it is asked no more: %s", error)
    alerts.tell(
        REFUSED + credentials.fingerprint,
        f"Meta does not tell what became of a message (message_history): {error}",
        "Nothing is wrong while webhooks arrive; those that are lost cannot be made up for. Ovii asks again when this "
        "alert is resolved or the credentials change; WHATSAPP_MESSAGE_HISTORY=false switches it off for good.",
        severity="warning",
        details=error.as_dict(),
    )


def tell_of_gap(*, brought: int) -> None:
    """Tell the operators that webhooks were missing, and close that when nothing had to be asked for an hour."""
    now = timezone.now()
    by_asking = DeliveryEvent.objects.filter(source=DeliveryEvent.Source.HISTORY)
    if not brought:
        if not by_asking.filter(recorded_at__gt=now - GAP_ENDS).exists():
            alerts.mended(GAP)
        return
    gap = by_asking.filter(recorded_at__gt=now - GAP_IS_TOLD).aggregate(
        first=Min("at"), last=Max("at"), messages=Count("attempt", distinct=True)
    )
    first, last, messages = gap["first"], gap["last"], gap["messages"]
    many = f"{messages} messages were" if messages != 1 else "1 message was"
    alerts.tell(
        GAP,
        f"Webhooks were missing between {first:%d %b %H:%M} and {last:%d %b %H:%M} UTC: {many} brought up to date by "
        "asking Meta.",
        "See why Meta's posts did not arrive: `python manage.py doctor` checks address, subscription and signature. "
        "After a downtime of our own nothing is left to do.",
        severity="warning",
        details={"from": first.isoformat(), "to": last.isoformat(), "messages": messages},
    )
