"""What is watched of delivery, and told to the operators: failures, silence of the webhooks, work that nobody takes.

Each watcher raises its alert while it sees the cause and resolves it when it sees that the cause is gone.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from notifications.key_ranges import first_key_since
from notifications.models import DeliveryAttempt, DeliveryEvent
from notifications.states import PROOF, Lane, State
from tenants.models import OperatorAlert
from tenants.services import raise_alert, resolve_alert

HOUR = timedelta(hours=1)
BAD = (State.FAILED, State.UNCERTAIN)
FAILURE_RATE = "failure_rate:"
SILENCE = "webhooks.silent"
STALLED = "delivery.stalled"
# Events that are read back for the failure rate: enough for the last sends of several numbers.
EVENTS_READ = 5000


def watch() -> None:
    """Look once at everything that is watched."""
    watch_failure_rate()
    watch_silence()
    watch_oldest_due()


def watch_failure_rate() -> None:
    """Per sending number: the share of failed and uncertain ones among its last sends of the past hour."""
    if settings.ALERT_FAILURE_RATE <= 0:
        return
    recent = _recent_outcomes()
    for sender, bad in recent.items():
        if len(bad) < settings.ALERT_FAILURE_RATE_MINIMUM:
            continue
        if sum(bad) / len(bad) >= settings.ALERT_FAILURE_RATE:
            _raise_failure_rate(sender, sum(bad), len(bad))
        else:
            resolve_alert(FAILURE_RATE + sender)
    for alert in OperatorAlert.objects.filter(cause__startswith=FAILURE_RATE, resolved_at=None):
        # Too few to judge leave it as it is; none that failed is an answer.
        if not any(recent.get(alert.cause.removeprefix(FAILURE_RATE), ())):
            resolve_alert(alert.cause)


def _recent_outcomes() -> dict[str, list[bool]]:
    """By sender, newest first: whether the attempt went wrong."""
    since = first_key_since(DeliveryEvent, "recorded_at", timezone.now() - HOUR)
    events = DeliveryEvent.objects.filter(pk__gte=since).order_by("-pk").values("attempt_id")[:EVENTS_READ]
    ids = {row["attempt_id"] for row in events}
    rows = DeliveryAttempt.objects.filter(pk__in=ids, state__in=(*BAD, *PROOF)).exclude(sender="").order_by("-pk")
    outcomes: dict[str, list[bool]] = defaultdict(list)
    for sender, state in rows.values_list("sender", "state"):
        if len(outcomes[sender]) < settings.ALERT_FAILURE_RATE_LAST:
            outcomes[sender].append(state in BAD)
    return outcomes


def _raise_failure_rate(sender: str, bad: int, finished: int) -> None:
    raise_alert(
        FAILURE_RATE + sender,
        summary=f"{bad} of the last {finished} messages from number {sender} failed or are uncertain.",
        what_to_do="Look at the reasons in the admin: Notifications, by status Failed and Uncertain. The same reason "
        "on all of them lies with the account, the number or a template; different ones lie with the recipients.",
        details={"sender": sender, "failed": bad, "finished": finished},
    )


def watch_silence() -> None:
    """Messages go out and are accepted, and no status of any comes back."""
    patience = timedelta(seconds=settings.ALERT_SILENCE_SECONDS)
    if not patience:
        return
    cutoff = timezone.now() - patience
    since = first_key_since(DeliveryEvent, "recorded_at", cutoff)
    provider = DeliveryEvent.objects.filter(source=DeliveryEvent.Source.PROVIDER)
    accepted, statuses = provider.filter(kind="accepted"), provider.exclude(kind="accepted")
    if statuses.filter(pk__gte=since).exists():
        resolve_alert(SILENCE)
        return
    before = first_key_since(DeliveryEvent, "recorded_at", cutoff - HOUR)
    heard = statuses.filter(attempt_id=OuterRef("attempt_id"))
    unanswered = accepted.filter(~Exists(heard), pk__gte=before, pk__lt=since)
    if accepted.filter(pk__gte=since).exists() and unanswered.exists():
        minutes = max(1, round(patience.total_seconds() / 60))
        raise_alert(
            SILENCE,
            summary=f"Messages go out and for {minutes} min no status has come back from Meta.",
            what_to_do="At Meta, see that the webhook's address answers and that the app is subscribed to the field "
            "“messages”. Here, see that the app secret is the app's: a wrong one refuses every webhook with 401.",
            details={"unanswered": unanswered[:1000].count(), "since": cutoff.isoformat()},
        )


def watch_oldest_due() -> None:
    """Work that is due and that nobody takes. Bulk may wait for its turn as long as anything leaves."""
    patience = timedelta(seconds=settings.ALERT_OLDEST_DUE_SECONDS)
    if not patience:
        return
    now = timezone.now()
    late = {lane: since for lane in Lane if (since := _waiting_since(lane)) and since < now - patience}
    if set(late) == {Lane.BULK} and _anything_left_since(now - patience):
        late = {}
    if not late:
        resolve_alert(STALLED)
        return
    seconds = round((now - min(late.values())).total_seconds())
    raise_alert(
        STALLED,
        summary=f"A message is due for {seconds} s and nobody sends it.",
        what_to_do="See that workers run (`celery -A ovii_backend worker`) and what they log. If they are busy, more "
        "is asked for than the numbers may send: raise their rate or wait.",
        severity="critical",
        details={"oldest_due_seconds": seconds, "lanes": [lane.value for lane in late]},
    )


def _waiting_since(lane: Lane) -> datetime | None:
    return DeliveryAttempt.objects.due(lane).order_by("due_at").values_list("due_at", flat=True).first()


def _anything_left_since(moment: datetime) -> bool:
    since = first_key_since(DeliveryEvent, "recorded_at", moment)
    return DeliveryEvent.objects.filter(pk__gte=since, kind__in=("accepted", "refuse", "lose")).exists()
