"""Money is shown here and never edited: it moves through services alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from wallets.models import Entry, Transaction, Wallet


class _ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class EntryInline(_ReadOnly, admin.TabularInline):
    model = Entry
    fields = ("wallet", "amount", "balance_after")
    ordering = ("id",)


@admin.register(Transaction)
class TransactionAdmin(_ReadOnly, admin.ModelAdmin):
    list_display = (
        "reference",
        "type",
        "status",
        "amount",
        "currency",
        "source",
        "destination",
        "failure_reason",
        "created_at",
    )
    list_filter = ("type", "status", "currency", "tenant")
    list_select_related = ("source__owner", "destination__owner")
    search_fields = ("reference", "source__owner__phone_number", "destination__owner__phone_number")
    date_hierarchy = "created_at"
    inlines = (EntryInline,)


@admin.register(Wallet)
class WalletAdmin(_ReadOnly, admin.ModelAdmin):
    list_display = ("id", "display_name", "kind", "currency", "balance", "is_active", "tenant")
    list_filter = ("kind", "currency", "is_active", "tenant")
    list_select_related = ("owner", "tenant")
    search_fields = ("name", "owner__phone_number", "owner__first_name", "owner__last_name")
    actions = ("activate", "deactivate")

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("wallets.change_wallet")

    # One UPDATE of one column: saving a form would write back a balance that has moved on.
    @admin.action(description="Activate the selected wallets", permissions=["switch"])
    def activate(self, request: HttpRequest, wallets: QuerySet[Wallet]) -> None:
        self.message_user(request, f"{wallets.update(is_active=True)} wallets are active.")

    @admin.action(description="Deactivate the selected wallets", permissions=["switch"])
    def deactivate(self, request: HttpRequest, wallets: QuerySet[Wallet]) -> None:
        self.message_user(request, f"{wallets.update(is_active=False)} wallets are not active any more.")
