from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters

from integrations import conf, number_admin, previews, template_refusals, template_sync  # noqa: F401 (importing registers its page)
from integrations.exceptions import Misconfigured, WhatsAppError
from integrations.forms import SECRETS, WhatsAppConfigForm, only_one, other_active
from integrations.models import WebhookEvent, WhatsAppConfig, WhatsAppTemplate
from integrations.pills import TEMPLATE_TONES, WEBHOOK_TONES, pill
from integrations.read_only import ReadOnlyAdmin
from integrations.services import WhatsAppClient
from integrations.tasks import ring_drain
from integrations.webhook_inbox import replay
from integrations.webhook_kinds import all_kinds
from integrations.whatsapp.webhooks import IncomingMessage, MalformedBody, MessageStatus, UnknownChange, parse

SHOWN_BODY = 100_000
MANY = 4


class AnotherIsActive(Exception):
    """Somebody activated another row between the form's look and the save."""


@admin.register(WhatsAppConfig)
class WhatsAppConfigAdmin(admin.ModelAdmin):
    form = WhatsAppConfigForm
    list_display = ("name", "active", "phone_number_id", "waba_id", "api_version", "missing", "updated_at")
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "is_active", "switch")}),
        ("Account at Meta", {"fields": ("waba_id", "phone_number_id", "api_version")}),
        (
            "Secrets",
            {
                "description": "Encrypted when stored, and never shown again.",
                "fields": (
                    "access_token",
                    "app_secret",
                    "clear_app_secret",
                    "app_secret_previous",
                    "clear_app_secret_previous",
                    "webhook_verify_token",
                    "clear_webhook_verify_token",
                ),
            },
        ),
        ("Dates", {"fields": ("created_at", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WhatsAppConfig]:
        empty = {f"no_{name}": ExpressionWrapper(Q(**{name: ""}), output_field=BooleanField()) for name in SECRETS}
        return super().get_queryset(request).defer(*SECRETS).annotate(**empty)

    @admin.display(description="Active", ordering="is_active")
    def active(self, row: WhatsAppConfig) -> SafeString:
        return pill("delivered", "Active") if row.is_active else pill("muted", "Off")

    @admin.display(description="Missing")
    def missing(self, row: Any) -> str:
        # App secret and verify token fall back to the environment singly, the others do not.
        absent = {
            "WABA ID": not row.waba_id,
            "Access Token": row.no_access_token,
            "App Secret": row.no_app_secret and not settings.WHATSAPP_APP_SECRET,
            "Webhook Verify Token": row.no_webhook_verify_token and not settings.WHATSAPP_WEBHOOK_VERIFY_TOKEN,
        }
        return ", ".join(label for label, gone in absent.items() if gone) or "nothing"

    @method_decorator(sensitive_post_parameters(*SECRETS))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except AnotherIsActive:
            return self._again(request, *args, **kwargs)

    def _again(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """By now the form can see the row that was quicker, and says so itself."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except AnotherIsActive as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: WhatsAppConfig, form: Any, change: bool) -> None:
        """Save; with `switch` the active row goes off in the same transaction. Raises AnotherIsActive."""
        try:
            with transaction.atomic():
                if form.cleaned_data.get("switch"):
                    self._switch_off(request, obj)
                super().save_model(request, obj, form, change)
        except IntegrityError as error:
            raise AnotherIsActive(only_one(other_active(obj.pk))) from error
        if retired := conf.retired_version(obj.api_version):
            self.message_user(request, retired, messages.WARNING)

    def _switch_off(self, request: HttpRequest, successor: WhatsAppConfig) -> None:
        if other := other_active(successor.pk):
            other.is_active = False
            other.save(update_fields=["is_active", "updated_at"])
            self.log_change(request, other, f"Switched off: “{successor}” took over.")


@admin.register(WhatsAppTemplate)
class WhatsAppTemplateAdmin(ReadOnlyAdmin):
    list_display = ("name", "language", "category", "status_pill", "quality", "last_synced_at", "why")
    list_filter = ("status", ("refused_at", admin.EmptyFieldListFilter), "category", "quality", "language")
    search_fields = ("name",)
    fields = (
        "status_pill", "why", "preview", "name", "language", "category", "quality", "waba_id", "template_id",
        "last_synced_at", "created_at", "updated_at",
    )  # fmt: skip
    readonly_fields = ("status_pill", "why", "preview")
    actions = ("refresh_selected", "send_again")

    @admin.display(description="Status", ordering="status")
    def status_pill(self, row: WhatsAppTemplate) -> SafeString:
        if row.refused_at:
            return pill("failed", "Refused")
        return pill(TEMPLATE_TONES.get(row.status, "muted"), row.get_status_display())

    @admin.display(description="Reason")
    def why(self, row: WhatsAppTemplate) -> str:
        if row.refused_at:
            return f"Approved, but Meta refused it on {row.refused_at:%d %b %H:%M} UTC: {row.refused_reason}"
        return row.rejection_reason

    @admin.action(description="Send again what Meta refused", permissions=["act"])
    def send_again(self, request: HttpRequest, rows: QuerySet[WhatsAppTemplate]) -> None:
        count = template_refusals.lift(rows)
        self.message_user(request, f"{count} template{'' if count == 1 else 's'} will be tried again.")

    @admin.display(description="Message")
    def preview(self, row: WhatsAppTemplate) -> SafeString:
        parts = previews.texts(row.components or [])
        if not parts:
            return format_html('<span class="quiet">{}</span>', "Meta has not told its text yet: sync to read it.")
        return format_html('<div class="bubble">{}</div>', format_html_join("", '<p class="bubble-{}">{}</p>', parts))

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("sync/", self.admin_site.admin_view(self.sync_view), name="integrations_whatsapptemplate_sync"),
            path(
                "refresh/", self.admin_site.admin_view(self.refresh_view), name="integrations_whatsapptemplate_refresh"
            ),
        ]
        return own + super().get_urls()

    def sync_view(self, request: HttpRequest) -> HttpResponse:
        return self._ask_meta(request, self._sync)

    def refresh_view(self, request: HttpRequest) -> HttpResponse:
        return self._ask_meta(request, self._refresh)

    @admin.action(description="Refresh status from Meta", permissions=["act"])
    def refresh_selected(self, request: HttpRequest, rows: QuerySet[WhatsAppTemplate]) -> None:
        # One listing answers for all of them.
        self._in_words(request, self._refresh)

    def _ask_meta(self, request: HttpRequest, ask: Callable[[HttpRequest], None]) -> HttpResponse:
        if answer := self.refuse_unless_act(request):
            return answer
        self._in_words(request, ask)
        return HttpResponseRedirect(reverse("admin:integrations_whatsapptemplate_changelist"))

    def _in_words(self, request: HttpRequest, ask: Callable[[HttpRequest], None]) -> None:
        try:
            ask(request)
        except (Misconfigured, WhatsAppError, ValueError) as error:
            self.message_user(request, str(error), messages.ERROR)

    def _sync(self, request: HttpRequest) -> None:
        report = template_sync.sync(WhatsAppClient())
        for error, names in _by_error(report).items():
            concerned = ", ".join(names) if len(names) < MANY else f"{len(names)} templates"
            self.message_user(request, f"{concerned}: {error}", messages.ERROR)
        if not report.failed:
            created, there = report.count("created"), report.count("exists")
            text = f"In step with Meta: {created} created and waiting for review, {there} were there already."
            self.message_user(request, text, messages.SUCCESS)

    def _refresh(self, request: HttpRequest) -> None:
        changes = template_sync.refresh_statuses(WhatsAppClient())
        told = ", ".join(f"{one.name} is {one.event}" for one in changes)
        self.message_user(request, f"Read from Meta. {told or 'Nothing has changed'}.", messages.SUCCESS)


def _by_error(report: template_sync.SyncReport) -> dict[str, list[str]]:
    """One line per cause: an account that cannot be reached fails for all templates alike."""
    causes: dict[str, list[str]] = {}
    for result in report.failed:
        causes.setdefault(result.error, []).append(result.name)
    return causes


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, kind.capitalize()) for kind in all_kinds()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.of_kind(self.value()) if self.value() else queryset


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "status_pill", "kinds", "received_at", "processed_at", "attempts", "next_attempt_at", "last_error",
    )  # fmt: skip
    list_filter = ("status", KindFilter, "received_at")
    search_fields = ("=id",)
    readonly_fields = ("status_pill", "traceback", "contents", "pretty_body")
    actions = ("process_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        return super().get_queryset(request).defer("body", "digest")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        times = ("received_at", "processed_at", "attempts", "next_attempt_at")
        fields = ("status_pill", *times, "contents", "traceback")
        # Bodies hold what people wrote and their numbers in full.
        return (*fields, "pretty_body") if request.user.is_superuser else fields

    @admin.display(description="Status", ordering="status")
    def status_pill(self, row: WebhookEvent) -> SafeString:
        return pill(WEBHOOK_TONES[row.status], row.get_status_display())

    @admin.display(description="Error")
    def last_error(self, row: WebhookEvent) -> str:
        return row.error.strip().rpartition("\n")[2][:120]

    @admin.display(description="Error")
    def traceback(self, row: WebhookEvent) -> SafeString | str:
        return format_html('<pre class="code">{}</pre>', row.error) if row.error else "none"

    @admin.display(description="Holds")
    def contents(self, row: WebhookEvent) -> str:
        if not row.body:
            return "Nothing any more: its body was removed after the time that bodies are kept."
        try:
            kinds = Counter(_kind(event) for event in parse(bytes(row.body)))
        except MalformedBody as error:
            return str(error)
        return ", ".join(f"{count} × {kind}" for kind, count in kinds.items()) or "no events"

    @admin.display(description="Body")
    def pretty_body(self, row: WebhookEvent) -> SafeString:
        text = bytes(row.body).decode(errors="replace")
        with suppress(ValueError):
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        cut = f"\n… {len(text) - SHOWN_BODY} more characters" if len(text) > SHOWN_BODY else ""
        return format_html('<pre class="code">{}{}</pre>', text[:SHOWN_BODY], cut)

    @admin.action(description="Process again", permissions=["act"])
    def process_again(self, request: HttpRequest, rows: Any) -> None:
        count = replay(WebhookEvent.objects.filter(pk__in=rows.values("pk")))
        ring_drain()
        self.message_user(request, f"{count} webhook event{'' if count == 1 else 's'} will be processed again.")


def _kind(event: object) -> str:
    if isinstance(event, MessageStatus):
        return f"status {event.status}"
    if isinstance(event, UnknownChange):
        return f"unknown change {event.field}".strip()
    if isinstance(event, IncomingMessage):
        return "incoming message"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(event).__name__).lower()
