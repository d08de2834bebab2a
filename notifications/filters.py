"""How an operator narrows the list of messages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from integrations.models import WhatsAppTemplate
from integrations.whatsapp_templates import get_all_templates
from notifications.holds import HOLDS
from notifications.models import DeliveryAttempt, Notification


class TemplateFilter(admin.SimpleListFilter):
    """Names that are known: asking the outbox itself for its distinct ones would read all of it."""

    title = "template"
    parameter_name = "template_name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = set(get_all_templates()) | set(WhatsAppTemplate.objects.values_list("name", flat=True))
        return [(name, name) for name in sorted(known)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        return queryset.filter(template_name=self.value()) if self.value() else queryset


class HoldFilter(admin.SimpleListFilter):
    """What messages wait for, with how many do. The index of held attempts alone is read."""

    title = "waits for"
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        counts = DeliveryAttempt.objects.held().order_by("hold").values_list("hold").annotate(Count("pk"))
        return [(hold, f"{_words(hold)} ({count})") for hold, count in counts]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        if not self.value():
            return queryset
        held = DeliveryAttempt.objects.held().filter(hold=self.value())
        return queryset.filter(pk__in=held.values("notification_id"))


class ProofFilter(admin.SimpleListFilter):
    """Messages of which nobody knows whether they arrived, or arrived once."""

    title = "proof"
    parameter_name = "proof"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        uncertain = Notification.objects.uncertain().count()
        unproven = Notification.objects.resent_unproven().count()
        return [
            ("uncertain", f"Uncertain: decide ({uncertain})"),
            ("unproven", f"Sent again without proof ({unproven})"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        if self.value() == "uncertain":
            return queryset & Notification.objects.uncertain()
        return queryset & Notification.objects.resent_unproven() if self.value() == "unproven" else queryset


def _words(hold: str) -> str:
    what = HOLDS[hold][0] if hold in HOLDS else hold
    return what[:1].upper() + what[1:]
