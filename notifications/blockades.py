"""What Meta refuses as a whole: after the first refusal nothing leaves but a probe now and then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from django.db.models.functions import Now
from django.utils import timezone

from integrations.exceptions import WhatsAppError
from notifications import alerts
from notifications.models import Blockade, DeliveryAttempt

FIRST_RECHECK_SECONDS = 300
LONGEST_RECHECK_SECONDS = 3600

#: Codes that concern one sending number (Meta, Error Codes).
OF_A_NUMBER = frozenset({33, 131037, 131045, 133005, 133006, 133010})
#: Configuration too, but of some messages alone: others go with the same credentials.
OF_A_MESSAGE = frozenset({131030, 131044, 131063, 131064, 139200})
ALONE = "alone"


def ref_of(error: WhatsAppError, fingerprint: str, sender: str) -> str:
    """What a refusal closes: all that these credentials send, one number of theirs, or its own message alone."""
    if is_alone(error):
        return f"{fingerprint} {ALONE}"
    if error.code in OF_A_NUMBER or (error.code == 100 and error.subcode == 33):
        return f"{fingerprint} {sender}"
    return fingerprint


def is_alone(error: WhatsAppError) -> bool:
    """Whether a refusal of the configuration says nothing about other messages."""
    return error.code in OF_A_MESSAGE


def refs_for(fingerprint: str, sender: str) -> tuple[str, str]:
    """The blockades that a message from this number would meet."""
    return fingerprint, f"{fingerprint} {sender}"


def in_force(refs: Iterable[str]) -> dict[str, Blockade]:
    return {blockade.ref: blockade for blockade in Blockade.objects.filter(ref__in=set(refs))}


def seconds_until_recheck(probes: int) -> float:
    """The pause after so many probes in vain."""
    return min(FIRST_RECHECK_SECONDS * 2.0**probes, LONGEST_RECHECK_SECONDS)


def claim_probe(blockade: Blockade, attempt_id: int) -> bool:
    """Whether this attempt may try in spite of the blockade: of all workers one gets to when its time has come."""
    pause = timedelta(seconds=seconds_until_recheck(blockade.probes))
    due = Blockade.objects.filter(pk=blockade.pk, recheck_at__lte=Now())
    return bool(due.update(recheck_at=timezone.now() + pause, probe_id=attempt_id))


def probe_soon(ref: str) -> None:
    """An operator asks: the next message of this blockade may try."""
    Blockade.objects.filter(ref=ref).update(recheck_at=Now())


def block(ref: str, error: WhatsAppError, attempt_ids: Collection[int], *, number: str, by_webhook: bool) -> None:
    """Close `ref` because these attempts were refused. A probe in vain makes the next one later."""
    pause = timedelta(seconds=seconds_until_recheck(0))
    facts: dict[str, object] = {"code": error.code, "reason": str(error), "by_webhook": by_webhook}
    kept, new = Blockade.objects.get_or_create(
        ref=ref, defaults={**facts, "recheck_at": timezone.now() + pause, "since": timezone.now()}
    )
    if new:
        alerts.credentials_refused(ref, error, number)
    elif kept.probe_id in attempt_ids:
        _put_off(kept, facts)
    elif by_webhook and not kept.by_webhook:
        Blockade.objects.filter(pk=kept.pk).update(by_webhook=True)


def _put_off(kept: Blockade, facts: dict[str, object]) -> None:
    probes = kept.probes + 1
    recheck_at = timezone.now() + timedelta(seconds=seconds_until_recheck(probes))
    facts["by_webhook"] = kept.by_webhook or facts["by_webhook"]
    Blockade.objects.filter(pk=kept.pk).update(probes=probes, recheck_at=recheck_at, probe_id=None, **facts)
    # Those that were refused themselves have a time of their own: without this each would be a probe too.
    waiting = DeliveryAttempt.objects.held().filter(hold="refused", hold_ref=kept.ref, number__gt=1)
    waiting.filter(due_at__lt=recheck_at).update(due_at=recheck_at)


def lift(blockades: Iterable[Blockade], *, by: str = "") -> list[str]:
    """Open again; returns the refs. Their messages are let go by whoever calls, the rest by the next sweep.

    `by` names the operator who says that it is mended."""
    refs = [blockade.ref for blockade in blockades]
    if refs:
        Blockade.objects.filter(ref__in=refs).delete()
        for ref in refs:
            alerts.mended(alerts.refused_cause(ref), by=by)
    return refs


def number_mended(phone_number_id: str) -> list[str]:
    """Meta shows this number as connected again."""
    return lift(Blockade.objects.filter(ref__endswith=f" {phone_number_id}"))


def proved_by_answer(ref: str) -> list[str]:
    """Meta took a probe: that opens what it refuses in its answers."""
    return lift(Blockade.objects.filter(ref=ref, by_webhook=False))


def proved_by_status(attempt_ids: Sequence[int]) -> list[str]:
    """Meta reports these attempts as sent, delivered or read: where one was a probe, that opens everything."""
    return lift(Blockade.objects.filter(probe_id__in=attempt_ids)) if attempt_ids else []
