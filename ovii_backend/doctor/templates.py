"""Our definitions against what Meta has approved, and against what our rows believe of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from integrations.models import WhatsAppTemplate
from integrations.services import WhatsAppClient
from integrations.whatsapp_templates import get_all_templates
from ovii_backend.doctor.finding import Finding, fine, problem

WAIT = "Their messages wait."


def examine(client: WhatsAppClient) -> Iterator[Finding]:
    wanted = set(get_all_templates())
    at_meta: dict[str, set[str]] = defaultdict(set)
    for one in client.list_templates():
        at_meta[str(one.get("name"))].add(str(one.get("status")))
    if absent := sorted(wanted - set(at_meta)):
        do = "python manage.py sync_whatsapp_templates"
        yield problem("templates", f"Meta does not have {', '.join(absent)}.", WAIT, do)
    approved = {name for name in wanted if "APPROVED" in at_meta[name]}
    if waiting := sorted(f"{name} ({'/'.join(sorted(at_meta[name]))})" for name in wanted - approved - set(absent)):
        do = "Reasons stand in the admin, WhatsApp Templates; pending ones take Meta minutes to a day."
        yield problem("templates", f"Not approved at Meta: {', '.join(waiting)}.", WAIT, do)
    rows = WhatsAppTemplate.objects.filter(waba_id=client.waba_id).usable()
    unseen = sorted(approved - set(rows.values_list("name", flat=True)))
    if unseen:
        do = "python manage.py sync_whatsapp_templates --check-status"
        what = f"Approved at Meta, but not known as that here: {', '.join(unseen)}."
        yield problem("templates", what, WAIT, do, repair="templates")
    if wanted == approved and not unseen:
        yield fine("templates", f"{len(wanted)} approved")
