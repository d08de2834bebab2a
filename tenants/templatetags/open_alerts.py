from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse

from tenants.models import OperatorAlert

register = template.Library()


@register.inclusion_tag("admin/tenants/open_alerts.html", takes_context=True)
def open_alerts(context: dict[str, Any]) -> dict[str, Any]:
    """The line on the front page: how many alerts are open and the latest one; nothing when there is none."""
    request: HttpRequest = context["request"]
    if not request.user.has_perm("tenants.view_operatoralert"):
        return {}
    rows = OperatorAlert.objects.filter(resolved_at=None).order_by("-last_seen")
    latest, count = rows.first(), rows.count()
    if latest is None:
        return {}
    if count == 1:
        return {"count": 1, "latest": latest, "url": reverse("admin:tenants_operatoralert_change", args=(latest.pk,))}
    url = reverse("admin:tenants_operatoralert_changelist", query={"state": "open"})
    return {"count": count, "latest": latest, "url": url}
