from __future__ import annotations

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from integrations.exceptions import Misconfigured, WhatsAppError
from integrations.models import PhoneNumber, UnhandledKind
from integrations.number_sync import refresh_numbers
from integrations.pills import QUALITY_TONES, pill
from integrations.read_only import ReadOnlyAdmin
from integrations.services import WhatsAppClient


@admin.register(PhoneNumber)
class PhoneNumberAdmin(ReadOnlyAdmin):
    list_display = (
        "display_phone_number", "verified_name", "status_pill", "quality", "throughput_level", "messaging_limit",
        "phone_number_id", "last_synced_at",
    )  # fmt: skip
    list_filter = ("status", "quality_rating", "waba_id")
    search_fields = ("verified_name", "display_phone_number", "=phone_number_id")
    fields = (
        "status_pill", "quality", "display_phone_number", "verified_name", "name_status", "throughput_level",
        "messaging_limit", "phone_number_id", "waba_id", "last_synced_at", "created_at", "updated_at",
    )  # fmt: skip
    readonly_fields = ("status_pill", "quality")

    @admin.display(description="Status", ordering="status")
    def status_pill(self, row: PhoneNumber) -> SafeString:
        return pill("delivered" if row.can_send else "failed", row.status.capitalize() or "Not told")

    @admin.display(description="Quality", ordering="quality_rating")
    def quality(self, row: PhoneNumber) -> SafeString:
        return pill(QUALITY_TONES.get(row.quality_rating, "muted"), row.quality_rating.capitalize() or "Not told")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.refresh_view)
        return [path("refresh/", view, name="integrations_phonenumber_refresh"), *super().get_urls()]

    def refresh_view(self, request: HttpRequest) -> HttpResponse:
        if answer := self.refuse_unless_act(request):
            return answer
        try:
            count = len(refresh_numbers(WhatsAppClient()))
        except (Misconfigured, WhatsAppError) as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, f"Read from Meta: {count} number{'' if count == 1 else 's'}.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:integrations_phonenumber_changelist"))


@admin.register(UnhandledKind)
class UnhandledKindAdmin(ReadOnlyAdmin):
    list_display = ("kind", "count", "first_seen", "last_seen")
    search_fields = ("kind",)
    fields = ("kind", "count", "first_seen", "last_seen")
