"""Pages of what is over: archived messages with their whole story, and the audit lines of erasures."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from integrations.phone import InvalidPhoneNumber, mask, to_e164
from integrations.pills import pill
from integrations.read_only import ReadOnlyAdmin
from notifications import story
from notifications.archive import restored
from notifications.models import ArchivedAttempt, ArchivedNotification, Erasure
from notifications.pseudonyms import pseudonym
from notifications.states import State
from tenants.services import default_tenant


@admin.register(ArchivedNotification)
class ArchivedNotificationAdmin(ReadOnlyAdmin):
    list_display = ("id", "status_pill", "created", "to", "content", "lane", "archived", "late", "blanked")
    list_display_links = ("id", "content")
    list_filter = ("status", "lane", "tenant", "created_at")
    list_select_related = ("tenant",)
    search_fields = ("id",)
    search_help_text = "A whole number in any spelling (blanked ones too), a wamid, or an id."
    sortable_by = ("id",)
    fields = ("event",)
    change_form_template = "admin/notifications/archivednotification/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArchivedNotification]:
        rows = super().get_queryset(request)
        one = request.resolver_match is not None and request.resolver_match.kwargs
        return rows if one else rows.defer("record", "attempts")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ArchivedNotification], search_term: str
    ) -> tuple[QuerySet[ArchivedNotification], bool]:
        """Exact matches alone: each of them has an index."""
        return (queryset.filter(_sought(term)) if (term := search_term.strip()) else queryset), False

    @admin.display(description="Status")
    def status_pill(self, row: ArchivedNotification) -> SafeString:
        return pill(story.TONES[State(row.status)], row.get_status_display())

    @admin.display(description="Created")
    def created(self, row: ArchivedNotification) -> str:
        return f"{timezone.localtime(row.created_at):%d %b %Y %H:%M}"

    @admin.display(description="To")
    def to(self, row: ArchivedNotification) -> str:
        return mask(row.recipient_phone) if row.recipient_phone else ""

    @admin.display(description="Message")
    def content(self, row: ArchivedNotification) -> str:
        return row.template_name or "Text"

    @admin.display(description="Archived")
    def archived(self, row: ArchivedNotification) -> str:
        return f"{timezone.localtime(row.archived_at):%d %b %Y}"

    @admin.display(description="Late statuses")
    def late(self, row: ArchivedNotification) -> str:
        return str(row.late_statuses or "")

    @admin.display(description="Blanked")
    def blanked(self, row: ArchivedNotification) -> str:
        return f"{timezone.localtime(row.blanked_at):%d %b %Y}" if row.blanked_at else ""

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if archived := kwargs.get("obj"):
            context |= _page(archived)
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ("pseudonym", "at", "by", "what")
    search_fields = ("=pseudonym",)
    search_help_text = "A number in any spelling, or a pseudonym."
    fields = ("pseudonym", "at", "by", "what")
    readonly_fields = ("what",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Erasure], search_term: str
    ) -> tuple[QuerySet[Erasure], bool]:
        term = search_term.strip()
        return (queryset.filter(pseudonym__in=[term, *_pseudonyms(term)]) if term else queryset), False

    @admin.display(description="What was changed")
    def what(self, row: Erasure) -> str:
        return (
            ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in row.counts.items()) or "nothing was held"
        )


def _page(archived: ArchivedNotification) -> dict[str, Any]:
    message, attempts = restored(archived)
    message.tenant = archived.tenant
    return {
        "title": f"Archived message {archived.pk}",
        "subtitle": None,
        "archived": archived,
        "original": message,
        "banner": story.banner(message),
        "chapters": story.chapters_of(reversed(attempts)),
        "variables": story.variables(message),
        "wording": [] if archived.blanked_at else story.wording(message),
        "number": mask(message.recipient_phone) if message.recipient_phone else "",
        "tone": story.TONES[State(message.status)],
    }


def _sought(term: str) -> Q:
    if term.startswith("wamid."):
        return Q(pk__in=ArchivedAttempt.objects.filter(wamid=term).values("message_id"))
    digits = term.removeprefix("#")
    found = Q(recipient_phone__in=[term, *_numbers(term), *_pseudonyms(term)])
    return found | Q(pk=int(digits)) if digits.isdecimal() and len(digits) < 19 else found


def _numbers(term: str) -> list[str]:
    numbers = []
    for spelling in (term, f"+{term}"):
        try:
            numbers.append(to_e164(spelling, default_tenant().country))
        except InvalidPhoneNumber:
            continue
    return numbers


def _pseudonyms(term: str) -> list[str]:
    return [pseudonym("phone", number) for number in _numbers(term)]
