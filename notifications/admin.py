from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from integrations.models import WhatsAppTemplate
from integrations.phone import InvalidPhoneNumber, mask, to_e164
from integrations.pills import pill
from integrations.read_only import ReadOnlyAdmin
from integrations.whatsapp_templates import get_all_templates
from notifications import archive_admin, story  # noqa: F401 (registers the archive's pages)
from notifications.exceptions import NotRetryable
from notifications.forms import ContactForm
from notifications.models import Contact, DeliveryAttempt, Notification, ShelvedStatus
from notifications.pseudonyms import is_pseudonym
from notifications.services import retry
from notifications.states import CALLED_OFF, Lane, State
from tenants.services import default_tenant

LARGEST_ID = 2**63 - 1


class TemplateFilter(admin.SimpleListFilter):
    """Names that are known: asking the outbox itself for its distinct ones would read all of it."""

    title = "template"
    parameter_name = "template_name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = set(get_all_templates()) | set(WhatsAppTemplate.objects.values_list("name", flat=True))
        return [(name, name) for name in sorted(known)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        return queryset.filter(template_name=self.value()) if self.value() else queryset


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "status_pill", "created", "to", "content", "reason", "sent", "delivered", "read", "lane",
    )  # fmt: skip
    list_display_links = ("id", "content")
    list_filter = ("status", "lane", TemplateFilter, "tenant", "created_at")
    list_select_related = ("tenant",)
    search_fields = ("id",)
    search_help_text = "A whole number in any spelling, a wamid, or an id."
    ordering = ("-id",)
    sortable_by = ("id",)
    fields = ("event",)
    actions = ("try_again",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Notification], search_term: str
    ) -> tuple[QuerySet[Notification], bool]:
        """Exact matches alone: each of them has an index."""
        return (queryset.filter(_sought(term)) if (term := search_term.strip()) else queryset), False

    @admin.display(description="Created")
    def created(self, row: Notification) -> str:
        moment = timezone.localtime(row.created_at)
        return f"{moment:%H:%M}" if moment.date() == timezone.localdate() else f"{moment:%d %b %H:%M}"

    @admin.display(description="To")
    def to(self, row: Notification) -> str:
        return mask(row.recipient_phone) if row.recipient_phone else _hidden(row.recipient_email or row.recipient_bsuid)

    @admin.display(description="Message")
    def content(self, row: Notification) -> str:
        return row.template_name or Truncator(row.body).chars(40)

    @admin.display(description="Status")
    def status_pill(self, row: Notification) -> SafeString:
        return pill(story.TONES[State(row.status)], row.get_status_display())

    @admin.display(description="Reason")
    def reason(self, row: Notification) -> SafeString | str:
        if not row.error_message:
            return ""
        short = Truncator(row.error_message).chars(90)
        return format_html('<span class="reason" title="{}">{}</span>', row.error_message, short)

    @admin.display(description="Sent")
    def sent(self, row: Notification) -> str:
        return _clock(row.sent_at)

    @admin.display(description="Delivered")
    def delivered(self, row: Notification) -> str:
        return _clock(row.delivered_at)

    @admin.display(description="Read")
    def read(self, row: Notification) -> str:
        return _clock(row.read_at)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.retry_view)
        return [path("<int:pk>/retry/", view, name="notifications_notification_retry"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return super().get_queryset(request).select_related("tenant", "recipient")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        message = kwargs.get("obj")
        if message:
            context |= _page(message) | {"may_retry": _retryable(message) and self.has_act_permission(request)}
        return super().render_change_form(request, context, *args, **kwargs)

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if answer := self.refuse_unless_act(request):
            return answer
        self._retry(request, Notification.objects.filter(pk=pk))
        return HttpResponseRedirect(reverse("admin:notifications_notification_change", args=(pk,)))

    @admin.action(description="Try again", permissions=["act"])
    def try_again(self, request: HttpRequest, rows: QuerySet[Notification]) -> None:
        self._retry(request, rows)

    def _retry(self, request: HttpRequest, rows: Iterable[Notification]) -> None:
        again = 0
        for message in rows:
            try:
                retry(message)
            except NotRetryable as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
            else:
                again += 1
                self.log_change(request, message, "Tried again.")
        if again:
            text = "The message goes again." if again == 1 else f"{again} messages go again."
            self.message_user(request, text, messages.SUCCESS)


@admin.register(Contact)
class ContactAdmin(admin.ModelAdmin):
    form = ContactForm
    list_display = ("name", "number", "language", "marketing_consent", "last_inbound_at", "tenant")
    list_display_links = ("name", "number")
    list_filter = ("marketing_consent", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("name", "=phone", "email")
    raw_id_fields = ("user",)
    fields = (
        "tenant", "name", "phone", "bsuid", "email", "language", "marketing_consent", "marketing_consent_at",
        "last_inbound_at", "user",
    )  # fmt: skip
    readonly_fields = ("marketing_consent_at", "last_inbound_at")

    @admin.display(description="Number", ordering="phone")
    def number(self, row: Contact) -> str:
        return mask(row.phone) if row.phone else "none"

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        if "marketing_consent" in form.changed_data:
            obj.marketing_consent_at = timezone.now() if obj.marketing_consent else None
        super().save_model(request, obj, form, change)


@admin.register(ShelvedStatus)
class ShelvedStatusAdmin(ReadOnlyAdmin):
    list_display = ("kind", "wamid", "phone_number_id", "at", "received_at")
    list_filter = ("kind",)
    search_fields = ("=wamid",)
    fields = ("kind", "at", "received_at", "wamid", "callback_data", "phone_number_id")


def _page(message: Notification) -> dict[str, Any]:
    return {
        "title": f"Message {message.pk}",
        "subtitle": None,
        "banner": story.banner(message),
        "chapters": story.chapters(message),
        "variables": story.variables(message),
        "wording": [] if is_pseudonym(message.recipient_phone) else story.wording(message),
        "number": mask(message.recipient_phone) if message.recipient_phone else "",
        "tone": story.TONES[State(message.status)],
    }


def _retryable(message: Notification) -> bool:
    again = message.status in {State.FAILED, State.UNCERTAIN, *CALLED_OFF}
    return again and message.lane != Lane.OTP


def _sought(term: str) -> Q:
    if term.startswith("wamid."):
        return Q(pk__in=DeliveryAttempt.objects.filter(wamid=term).values("notification_id"))
    digits = term.removeprefix("#")
    found = Q(pk=int(digits)) if digits.isdecimal() and int(digits) <= LARGEST_ID else Q(pk=None)
    for spelling in (term, f"+{term}"):
        try:
            found |= Q(recipient_phone=to_e164(spelling, default_tenant().country))
        except InvalidPhoneNumber:
            continue
    return found


def _hidden(address: str) -> str:
    """An e-mail address or id that the list need not show whole."""
    return f"{address[:2]}…{address[-4:]}" if len(address) > 8 else address


def _clock(moment: Any) -> str:
    return f"{timezone.localtime(moment):%H:%M:%S}" if moment else ""
