from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from tenants.alerts import AlreadyOpen, reopen_alert, resolve_alert
from tenants.models import OperatorAlert, Tenant
from tenants.pills import pill
from tenants.read_only import ReadOnlyAdmin

TONES = {"warning": "uncertain", "error": "failed", "critical": "failed"}


@admin.register(Tenant)
class TenantAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "is_active", "whatsapp_enabled", "default_language", "country")
    list_filter = ("is_active", "whatsapp_enabled")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("created_at", "updated_at")


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("resolved", "Resolved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OperatorAlert]) -> QuerySet[OperatorAlert]:
        if self.value() is None:
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == "open")


@admin.register(OperatorAlert)
class OperatorAlertAdmin(ReadOnlyAdmin):
    list_display = ("state", "severity_pill", "what", "advice", "since", "latest", "count", "tenant")
    list_display_links = ("state", "what")
    list_filter = (StateFilter, "severity", "tenant", "first_seen")
    list_select_related = ("tenant",)
    search_fields = ("cause", "summary")
    search_help_text = "Words of what happened, or a cause."
    sortable_by = ()
    ordering = (F("resolved_at").desc(nulls_first=True), "-last_seen")
    fields = ("severity_pill", "summary", "what_to_do", "cause", "tenant", "count", "first_seen", "last_seen")
    actions = ("resolve_selected", "reopen_selected")
    change_form_template = "admin/tenants/operatoralert/change_form.html"

    @admin.display(description="State")
    def state(self, row: OperatorAlert) -> SafeString:
        return pill("waiting", "Open") if row.is_open else pill("delivered", "Resolved")

    @admin.display(description="Severity")
    def severity_pill(self, row: OperatorAlert) -> SafeString:
        return pill(TONES[row.severity] if row.is_open else "muted", row.get_severity_display())

    @admin.display(description="What happened")
    def what(self, row: OperatorAlert) -> str:
        return Truncator(row.summary).chars(140)

    @admin.display(description="What to do")
    def advice(self, row: OperatorAlert) -> SafeString | str:
        if not row.what_to_do:
            return ""
        short = Truncator(row.what_to_do).chars(160)
        return format_html('<span class="advice" title="{}">{}</span>', row.what_to_do, short)

    @admin.display(description="Since")
    def since(self, row: OperatorAlert) -> str:
        return _clock(row.first_seen)

    @admin.display(description="Last seen")
    def latest(self, row: OperatorAlert) -> str:
        return _clock(row.last_seen)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.switch_view)
        return [path("<int:pk>/switch/", view, name="tenants_operatoralert_switch"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if alert := kwargs.get("obj"):
            context |= {
                "title": "Alert",
                "subtitle": None,
                "may_switch": self.has_act_permission(request),
                "tone": TONES[alert.severity] if alert.is_open else "delivered",
                "details": json.dumps(alert.details, indent=2, ensure_ascii=False) if alert.details else "",
                "notices": alert.notices.all(),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def switch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button of one alert's page: resolve an open one, reopen a resolved one."""
        if answer := self.refuse_unless_act(request):
            return answer
        for alert in OperatorAlert.objects.filter(pk=pk):
            self._resolve(request, [alert]) if alert.is_open else self._reopen(request, [alert])
        return HttpResponseRedirect(reverse("admin:tenants_operatoralert_change", args=(pk,)))

    @admin.action(description="Resolve", permissions=["act"])
    def resolve_selected(self, request: HttpRequest, rows: QuerySet[OperatorAlert]) -> None:
        self._resolve(request, rows.filter(resolved_at=None))

    @admin.action(description="Reopen", permissions=["act"])
    def reopen_selected(self, request: HttpRequest, rows: QuerySet[OperatorAlert]) -> None:
        self._reopen(request, rows.filter(resolved_at__isnull=False))

    def _resolve(self, request: HttpRequest, alerts: Any) -> None:
        for alert in alerts:
            resolve_alert(alert.cause, by=request.user.get_username())
            self.log_change(request, alert, "Resolved.")
            self.message_user(request, f"Resolved: {Truncator(alert.summary).chars(80)}", messages.SUCCESS)

    def _reopen(self, request: HttpRequest, alerts: Any) -> None:
        for alert in alerts:
            try:
                reopen_alert(alert)
            except AlreadyOpen as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
            else:
                self.log_change(request, alert, "Reopened.")
                self.message_user(request, f"Open again: {Truncator(alert.summary).chars(80)}", messages.SUCCESS)


def _clock(moment: Any) -> str:
    moment = timezone.localtime(moment)
    return f"{moment:%H:%M}" if moment.date() == timezone.localdate() else f"{moment:%d %b %H:%M}"
