"""What messages wait for, and when it is mended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models.functions import Now

from integrations.credentials import Credentials
from integrations.models import WhatsAppTemplate
from integrations.services import WhatsAppClient
from notifications.models import DeliveryAttempt
from notifications.transitions import Move, apply

RELEASED_AT_ONCE = 1000


def template_ref(name: str, waba_id: str, approved: Iterable[str]) -> str:
    """What was approved when a message was held for its template: another answer may let it go."""
    return f"{name} {waba_id or '-'} {','.join(sorted(approved))}"[:512]


def approved_languages(names: Iterable[str], credentials: Credentials) -> dict[str, set[str]]:
    """The languages in which these templates may be sent with these credentials, by name."""
    rows = WhatsAppTemplate.objects.usable().filter(name__in=set(names))
    if credentials.waba_id:
        rows = rows.filter(waba_id=credentials.waba_id)
    found: dict[str, set[str]] = defaultdict(set)
    for name, language in rows.values_list("name", "language"):
        found[name].add(language)
    return found


def release(ids: Iterable[int]) -> None:
    apply([Move(pk, "release") for pk in list(ids)[:RELEASED_AT_ONCE]])


def release_mended() -> None:
    """Let go what waits for credentials that are others now, or for a template that is approved otherwise now."""
    held = DeliveryAttempt.objects.held()
    if not held.exists():
        return
    credentials = WhatsAppClient().credentials
    if credentials.complete:
        others = held.filter(hold__in=("credentials", "refused")).exclude(hold_ref=credentials.fingerprint)
        release(others.values_list("pk", flat=True))
        # What somebody mended at Meta shows nowhere here: one message tries.
        release(held.filter(hold="refused", due_at__lte=Now()).order_by("due_at").values_list("pk", flat=True)[:1])
    refs = set(held.filter(hold="template").values_list("hold_ref", flat=True))
    approved = approved_languages((ref.partition(" ")[0] for ref in refs), credentials)
    mended = {ref for ref in refs if _is_mended(ref, approved, credentials.waba_id)}
    if mended:
        release(held.filter(hold="template", hold_ref__in=mended).values_list("pk", flat=True))


def _is_mended(ref: str, approved: dict[str, set[str]], waba_id: str) -> bool:
    name = ref.partition(" ")[0]
    return bool(approved.get(name)) and template_ref(name, waba_id, approved[name]) != ref
