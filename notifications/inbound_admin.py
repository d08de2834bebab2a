"""The list of what people wrote."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from integrations.phone import mask
from integrations.read_only import ReadOnlyAdmin
from notifications.conversation_admin import ANSWER, READ
from notifications.media import try_again
from notifications.models import InboundMessage


@admin.register(InboundMessage)
class InboundMessageAdmin(ReadOnlyAdmin):
    list_display = ("received", "who", "type", "said", "handled_by", "file", "conversation")
    list_display_links = ("received", "said")
    list_filter = ("type", "handled_by", "media_state", "tenant", "received_at")
    list_select_related = ("contact", "tenant")
    search_fields = ("=wamid", "=contact__phone", "contact__name")
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        "conversation", "type", "text", "choice", "at", "received_at", "handled_by", "handled_at", "answered_at",
        "tries", "error", "media_state", "media_name", "media_mime", "media_size", "media_tries", "media_error",
        "number", "wamid", "context_wamid", "tenant",
    )  # fmt: skip
    readonly_fields = ("conversation",)
    actions = ("answer_again", "fetch_again")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.media_view)
        return [path("<int:pk>/media/", view, name="notifications_inboundmessage_media"), *super().get_urls()]

    def media_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The file, to be saved; pictures to be shown. A browser makes nothing else of either."""
        if not request.user.has_perm(READ):
            raise PermissionDenied
        row = get_object_or_404(InboundMessage, pk=pk, media_state=InboundMessage.Media.FETCHED)
        answer = FileResponse(
            row.media_file.open("rb"),
            as_attachment=not row.shows_inline,
            filename=str(row.media_file).rpartition("/")[2],
            content_type=row.media_mime if row.shows_inline else "application/octet-stream",
        )
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
        answer["Cache-Control"] = "private, max-age=3600"
        return answer

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(READ)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(READ)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ANSWER)

    @admin.display(description="Received")
    def received(self, row: InboundMessage) -> str:
        moment = timezone.localtime(row.received_at)
        return f"{moment:%H:%M}" if moment.date() == timezone.localdate() else f"{moment:%d %b %H:%M}"

    @admin.display(description="From")
    def who(self, row: InboundMessage) -> str:
        contact = row.contact
        return (contact.name or mask(contact.phone or "") or "no number") if contact else "forgotten"

    @admin.display(description="Message")
    def said(self, row: InboundMessage) -> str:
        return Truncator(row.text).chars(60) or row.media_name

    @admin.display(description="File")
    def file(self, row: InboundMessage) -> str:
        return row.get_media_state_display() if row.media_state else ""

    @admin.display(description="Conversation")
    def conversation(self, row: InboundMessage) -> SafeString | str:
        if not row.contact_id:
            return ""
        return format_html(
            '<a href="{}">Open</a>', reverse("admin:notifications_contact_conversation", args=(row.contact_id,))
        )

    @admin.action(description="Let commands try again", permissions=["act"])
    def answer_again(self, request: HttpRequest, rows: QuerySet[InboundMessage]) -> None:
        count = rows.filter(handled_by="parked").update(
            handled_at=None, handled_by="", tries=0, due_at=timezone.now(), error=""
        )
        self.message_user(request, f"Messages taken up again: {count}.", messages.SUCCESS)

    @admin.action(description="Fetch the files again", permissions=["act"])
    def fetch_again(self, request: HttpRequest, rows: QuerySet[InboundMessage]) -> None:
        self.message_user(request, f"Files fetched again: {try_again(list(rows))}.", messages.SUCCESS)
