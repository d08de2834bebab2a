from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from integrations.models import WhatsAppConfig
from notifications.models import Notification
from notifications.states import State

register = template.Library()

# Label, tone, states, in the order of the panel.
TILES = (
    ("Read", "read", (State.READ,)),
    ("Delivered", "delivered", (State.DELIVERED,)),
    ("Sent", "sent", (State.SENT,)),
    ("Waiting", "waiting", (State.PENDING, State.CLAIMED, State.SENDING)),
    ("Uncertain", "uncertain", (State.UNCERTAIN,)),
    ("Failed", "failed", (State.FAILED,)),
)
LABELS = {"phone_number_id": "Phone Number ID", "access_token": "Access Token"}


@register.inclusion_tag("admin/notifications/today.html", takes_context=True)
def messages_today(context: dict[str, Any]) -> dict[str, Any]:
    """The panel of the front page, for whoever may see messages; empty for the others."""
    request: HttpRequest = context["request"]
    may = request.user.has_perm
    if not may("notifications.view_notification"):
        return {}
    counts = _today()
    tiles = [
        {"label": label, "tone": tone, "count": sum(counts.get(state, 0) for state in states), "url": _url(states)}
        for label, tone, states in TILES
    ]
    add = reverse("admin:integrations_whatsappconfig_add") if may("integrations.add_whatsappconfig") else ""
    return {"tiles": tiles, "obstacle": obstacle(), "add_url": add}


def obstacle() -> str:
    """A sentence on why nothing leaves; empty when messages can go."""
    if not settings.ENABLE_WHATSAPP_NOTIFICATIONS:
        return "Messages are skipped: ENABLE_WHATSAPP_NOTIFICATIONS is false."
    try:
        missing = WhatsAppConfig.objects.current_credentials().missing
    except ImproperlyConfigured as error:
        return f"Messages wait: {error}"
    labels = " and ".join(LABELS[name] for name in missing)
    return f"Messages wait: {labels} missing." if missing else ""


def _today() -> dict[str, int]:
    """Counts by status since midnight.

    Ids grow with time: walking back from the newest to the first of yesterday reads today's rows alone.
    """
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    before = Notification.objects.filter(created_at__lt=midnight).order_by("-id").values("id")[:1]
    rows = Notification.objects.filter(id__gt=Coalesce(before, 0)).order_by()
    return {row["status"]: row["count"] for row in rows.values("status").annotate(count=Count("id"))}


def _url(states: tuple[State, ...]) -> str:
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    query = {"status__exact": states[0].value, "created_at__gte": today, "created_at__lt": today + timedelta(days=1)}
    return reverse("admin:notifications_notification_changelist", query=query)
