"""What WhatsApp can and cannot do for this installation right now, in words an operator acts on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, Min
from django.utils import timezone

from integrations.conf import META_GRAPH_URL
from integrations.credentials import Credentials
from integrations.models import WebhookEvent, WhatsAppConfig, WhatsAppTemplate
from integrations.whatsapp_templates import get_all_templates
from notifications.models import Blockade, DeliveryAttempt
from notifications.states import State
from ovii_backend.health import Finding
from tenants.models import OperatorAlert

# A due message is taken within seconds; one that waits longer has nobody to take it.
PATIENCE = timedelta(minutes=1)
SHOWN_ALERTS = 20


def report() -> dict[str, Any]:
    """`{"status": "ok"|"attention", "works", "does_not_work", …}` and what is known of each part."""
    try:
        credentials = WhatsAppConfig.objects.current_credentials()
    except ImproperlyConfigured as error:
        return {"status": "attention", "works": [], "does_not_work": [_shown(Finding("credentials", str(error)))]}
    templates, queue, alerts = _templates(credentials), _queue(), _alerts()
    findings = [
        Finding("sending", _sending_problem(credentials)),
        Finding("webhooks", _webhook_problem(credentials)),
        Finding("templates", _template_problem(credentials, templates)),
        Finding("delivery", _delivery_problem(queue)),
        Finding("alerts", _alerts_problem(alerts)),
    ]
    broken = [finding for finding in findings if not finding.works]
    return {
        "status": "attention" if broken else "ok",
        "enabled": settings.ENABLE_WHATSAPP_NOTIFICATIONS,
        "graph_url": settings.WHATSAPP_GRAPH_URL,
        "sandbox": settings.WHATSAPP_GRAPH_URL.rstrip("/") != META_GRAPH_URL,
        "credentials": _credentials(credentials),
        "templates": templates,
        "queue": queue,
        "webhooks": {"parked": WebhookEvent.objects.filter(status=WebhookEvent.Status.PARKED).count()},
        "alerts": alerts,
        "works": [finding.part for finding in findings if finding.works],
        "does_not_work": [_shown(finding) for finding in broken],
    }


def _shown(finding: Finding) -> dict[str, str]:
    return {"what": finding.part, "why": finding.problem}


def _credentials(credentials: Credentials) -> dict[str, Any]:
    return {
        "source": credentials.source,
        "complete": credentials.complete,
        "missing": list(credentials.missing),
        "waba_id": credentials.waba_id,
        "phone_number_id": credentials.phone_number_id,
        "api_version": credentials.api_version,
        "app_secret": bool(credentials.app_secret),
        "webhook_verify_token": bool(credentials.webhook_verify_token),
    }


def _templates(credentials: Credentials) -> dict[str, int]:
    rows = WhatsAppTemplate.objects.filter(waba_id=credentials.waba_id).order_by()
    return dict(rows.values_list("status").annotate(Count("pk")).order_by("status"))


def _queue() -> dict[str, Any]:
    pending = DeliveryAttempt.objects.filter(state=State.PENDING).order_by()
    free = pending.filter(hold="", due_at__lte=timezone.now()).aggregate(count=Count("pk"), oldest=Min("due_at"))
    held = dict(pending.exclude(hold="").values_list("hold").annotate(Count("pk")))
    age = (timezone.now() - free["oldest"]).total_seconds() if free["oldest"] else 0.0
    uncertain = DeliveryAttempt.objects.filter(state=State.UNCERTAIN).count()
    return {"due": free["count"], "oldest_due_seconds": round(age, 1), "held": held, "uncertain": uncertain}


def _sending_problem(credentials: Credentials) -> str:
    if not settings.ENABLE_WHATSAPP_NOTIFICATIONS:
        return "ENABLE_WHATSAPP_NOTIFICATIONS is false: WhatsApp messages are skipped."
    if not credentials.complete:
        missing = ", ".join(credentials.missing)
        return f"Missing: {missing}. Enter the credentials in the admin under WhatsApp Configurations."
    blockade = Blockade.objects.filter(ref__startswith=credentials.fingerprint).first()
    return f"Meta has refused everything since {blockade.since:%d %b %H:%M} UTC: {blockade.reason}" if blockade else ""


def _webhook_problem(credentials: Credentials) -> str:
    absent = [
        word
        for word, value in (
            ("the app secret (WHATSAPP_APP_SECRET)", credentials.app_secret),
            ("the verify token (WHATSAPP_WEBHOOK_VERIFY_TOKEN)", credentials.webhook_verify_token),
        )
        if not value
    ]
    if not absent:
        return ""
    return f"Set {' and '.join(absent)}: without it no status is accepted and no message is seen as delivered."


def _template_problem(credentials: Credentials, counts: dict[str, int]) -> str:
    if not credentials.waba_id:
        return "No WABA ID: templates can neither be created nor looked up."
    return " ".join(_template_sentences(credentials, counts))


def _template_sentences(credentials: Credentials, counts: dict[str, int]) -> Iterator[str]:
    rows = WhatsAppTemplate.objects.filter(waba_id=credentials.waba_id)
    unusable = sorted(set(get_all_templates()) - set(rows.usable().values_list("name", flat=True)))
    if not unusable:
        return
    yield f"Not approved, so their messages wait: {', '.join(unusable)}."
    if not counts:
        yield "Run `python manage.py sync_whatsapp_templates`."


def _delivery_problem(queue: dict[str, Any]) -> str:
    if queue["oldest_due_seconds"] <= PATIENCE.total_seconds():
        return ""
    return (
        f"{queue['due']} messages are due and nobody takes them, the oldest for {queue['oldest_due_seconds']:.0f} s: "
        "is a worker running? `celery -A ovii_backend worker -B`"
    )


def _alerts() -> dict[str, Any]:
    """How many are open, and the latest of them."""
    rows = OperatorAlert.objects.filter(resolved_at=None).order_by("-last_seen")
    latest = [
        {
            "cause": one.cause,
            "severity": one.severity,
            "since": one.first_seen.isoformat(),
            "count": one.count,
            "what_happened": one.summary,
            "what_to_do": one.what_to_do,
        }
        for one in rows[:SHOWN_ALERTS]
    ]
    return {"open": rows.count(), "latest": latest}


def _alerts_problem(alerts: dict[str, Any]) -> str:
    if not alerts["open"]:
        return ""
    one = alerts["latest"][0]
    more = f" And {alerts['open'] - 1} more: see Operator alerts in the admin." if alerts["open"] > 1 else ""
    return f"{one['what_happened']} {one['what_to_do']}{more}"
