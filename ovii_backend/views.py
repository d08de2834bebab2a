from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ovii_backend import health, whatsapp_health
from ovii_backend.permissions import may_see_details

LOOPBACK_HOSTS = {"127.0.0.1", "localhost", "::1"}


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """200 while the process answers. It asks nobody else."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when database and migrations are there, else 503. Details for those who may see them.

    Without the broker it is 200 and "degraded": requests are served and messages leave by the sweep, so a
    balancer must not take the site down.
    """
    findings = health.readiness()
    absent = {finding.part for finding in findings if not finding.works}
    works = not absent - {"broker"}
    status = ("degraded" if absent else "ok") if works else "unavailable"
    body: dict[str, object] = {"status": status}
    # A session lives in the database: while that is away nobody can be recognised.
    if findings[0].works and may_see_details(request):
        body["parts"] = {finding.part: finding.problem or "ok" for finding in findings}
    return JsonResponse(body, status=200 if works else 503)


@require_safe
@never_cache
def whatsapp(request: HttpRequest) -> JsonResponse:
    """`{"status": "ok"|"attention"}`; what works, what does not and why for those who may see details."""
    report = whatsapp_health.report()
    return JsonResponse(report if may_see_details(request) else {"status": report["status"]})


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where things are, on a development machine; the admin elsewhere."""
    if not settings.DEBUG:
        return HttpResponseRedirect(reverse("admin:index"))
    on_this_machine = urlsplit(settings.WHATSAPP_GRAPH_URL).hostname in LOOPBACK_HOSTS
    phone_page = settings.WHATSAPP_GRAPH_URL.rstrip("/") + "/" if on_this_machine else ""
    return render(request, "ovii_backend/home.html", {"phone_page": phone_page})
