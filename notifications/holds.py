"""What messages wait for, and when it is mended."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models.functions import Now

from integrations.credentials import Credentials
from integrations.models import PhoneNumber, WhatsAppTemplate
from integrations.services import WhatsAppClient
from notifications import alerts, blockades, doorbell, tier
from notifications.models import Blockade, DeliveryAttempt
from notifications.querysets import DeliveryAttemptQuerySet
from notifications.states import Lane
from notifications.transitions import Move, apply

RELEASED_AT_ONCE = 1000

#: What may stand in `DeliveryAttempt.hold`: its name in a list, and what lets the message go.
HOLDS: dict[str, tuple[str, str]] = {
    "credentials": ("usable credentials", "It goes as soon as credentials are entered that can be used."),
    "refused": ("Meta to accept the credentials", "One message tries now and then; all go once Meta takes it."),
    "template": ("the template", "It goes as soon as Meta approves the template, or its text there changes."),
    "number": ("the sending number", "It goes as soon as Meta shows the number as connected."),
    "tier": ("room in Meta's daily limit", "It goes as the day passes, or when Meta raises the limit."),
    "budget": ("budget", "It goes when the tenant has budget again."),
    "paused": ("an operator", "It goes when the operator lets it."),
}


def template_ref(name: str, waba_id: str, rows: Iterable[WhatsAppTemplate]) -> str:
    """What could be sent when a message was held for its template: another answer may let it go."""
    usable = sorted(f"{row.language}:{row.shape.digest}".rstrip(":") for row in rows if row.is_usable)
    return f"{name} {waba_id or '-'} {','.join(usable)}"[:512]


def release(ids: Iterable[int]) -> None:
    apply([Move(pk, "release") for pk in list(ids)[:RELEASED_AT_ONCE]])


def release_ref(hold: str, ref: str) -> None:
    """Let go what waits for just this, and tell the workers."""
    if ids := _ids(DeliveryAttempt.objects.held().filter(hold=hold, hold_ref=ref)):
        release(ids)
        for lane in Lane.values:
            doorbell.ring(lane)


def release_mended() -> None:
    """Let go what waits for something that is mended, and one message where Meta may have mended it in silence."""
    held = DeliveryAttempt.objects.held()
    waits_for = set(held.order_by().values_list("hold", flat=True).distinct())
    if "tier" not in waits_for:
        alerts.mended(alerts.TIER_CAUSE)
    if not waits_for and not Blockade.objects.exists():
        return
    credentials = WhatsAppClient().credentials
    if credentials.complete:
        release(_ids(held.filter(hold="credentials").exclude(hold_ref=credentials.fingerprint)))
        _release_refused(held.filter(hold="refused"), credentials.fingerprint)
    if "template" in waits_for:
        _release_templates(held.filter(hold="template"), credentials)
    if "number" in waits_for:
        _release_numbers(held.filter(hold="number"))
    if "tier" in waits_for:
        _release_tier(held.filter(hold="tier"))


def _release_refused(held: DeliveryAttemptQuerySet, fingerprint: str) -> None:
    blockades.lift(Blockade.objects.exclude(ref__startswith=fingerprint))
    closed = {blockade.ref: blockade for blockade in Blockade.objects.all()}
    alone = f"{fingerprint} {blockades.ALONE}"
    release(_ids(held.exclude(hold_ref__in=[*closed, alone])))
    for ref in Blockade.objects.filter(recheck_at__lte=Now()).values_list("ref", flat=True):
        release(_ids(held.filter(hold_ref=ref).order_by("due_at"))[:1])
    # One that was refused itself has a time of its own.
    due = held.filter(number__gt=1, due_at__lte=Now()).order_by("due_at").values_list("pk", "hold_ref").first()
    if due:
        blockades.probe_soon(due[1])
        release(due[:1])


def _release_templates(held: DeliveryAttemptQuerySet, credentials: Credentials) -> None:
    refs = set(held.values_list("hold_ref", flat=True))
    rows = WhatsAppTemplate.objects.filter(name__in={ref.partition(" ")[0] for ref in refs})
    usable: dict[str, list[WhatsAppTemplate]] = {}
    for row in rows.filter(waba_id=credentials.waba_id) if credentials.waba_id else rows:
        if row.is_usable:
            usable.setdefault(row.name, []).append(row)
    mended = {ref for ref in refs if _is_mended(ref, usable, credentials.waba_id)}
    if mended:
        release(_ids(held.filter(hold_ref__in=mended)))


def _is_mended(ref: str, usable: dict[str, list[WhatsAppTemplate]], waba_id: str) -> bool:
    name = ref.partition(" ")[0]
    return name in usable and template_ref(name, waba_id, usable[name]) != ref


def _release_numbers(held: DeliveryAttemptQuerySet) -> None:
    refs = set(held.values_list("hold_ref", flat=True))
    closed = {row.phone_number_id for row in PhoneNumber.objects.filter(phone_number_id__in=refs) if not row.can_send}
    if refs - closed:
        release(_ids(held.filter(hold_ref__in=refs - closed)))


def _release_tier(held: DeliveryAttemptQuerySet) -> None:
    """As many as there is room for; while bulk is still being sent the room is not known."""
    if not DeliveryAttempt.objects.due(Lane.BULK).exists():
        release(_ids(held.order_by("due_at", "pk"))[: tier.room()])


def _ids(rows: DeliveryAttemptQuerySet) -> list[int]:
    return list(rows.values_list("pk", flat=True)[:RELEASED_AT_ONCE])
