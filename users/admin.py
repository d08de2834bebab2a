from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from integrations.phone import InvalidPhoneNumber, to_e164
from tenants.services import default_tenant
from users.models import OTPRequest, ServiceKey, User


class _PhoneForm(forms.ModelForm):
    def clean_phone_number(self) -> str:
        try:
            return to_e164(self.cleaned_data["phone_number"], default_tenant().country)
        except InvalidPhoneNumber as error:
            raise forms.ValidationError(str(error)) from error


class PersonCreationForm(_PhoneForm, AdminUserCreationForm):
    # People write numbers with spaces; the column holds E.164.
    phone_number = forms.CharField(max_length=40, help_text="Such as +263 77 123 4567.")

    class Meta:
        model = User
        fields = ("phone_number",)


class PersonChangeForm(_PhoneForm, UserChangeForm):
    phone_number = forms.CharField(max_length=40, help_text="Such as +263 77 123 4567.")

    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007 (the fieldsets below name them)


@admin.register(User)
class PersonAdmin(UserAdmin):
    form = PersonChangeForm
    add_form = PersonCreationForm
    list_display = ("phone_number", "first_name", "last_name", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    search_fields = ("phone_number", "first_name", "last_name", "email")
    ordering = ("phone_number",)
    readonly_fields = ("phone_verified_at", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("phone_number", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "language")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("phone_verified_at", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("phone_number", "usable_password", "password1", "password2")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Nothing proves yet that a number entered here is theirs."""
        if form.initial.get("phone_number") != obj.phone_number:
            obj.phone_verified_at = None
        super().save_model(request, obj, form, change)


@admin.register(OTPRequest)
class OTPRequestAdmin(admin.ModelAdmin):
    """Who asked for a code and what became of it. There is no code to show."""

    list_display = ("phone_number", "created_at", "expires_at", "tries", "sent_count", "verified_at", "superseded_at")
    list_filter = ("purpose", "tenant")
    search_fields = ("=id", "phone_number")
    exclude = ("device_token_hash",)
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ServiceKey)
class ServiceKeyAdmin(admin.ModelAdmin):
    """Keys are made by `manage.py create_api_key`, which shows them once; here they are renamed or revoked."""

    list_display = ("name", "prefix", "tenant", "scopes", "expires_at", "revoked_at", "last_used_at")
    list_filter = ("tenant",)
    search_fields = ("name", "prefix")
    fields = ("name", "tenant", "prefix", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")
    readonly_fields = ("tenant", "prefix", "scopes", "created_at", "revoked_at", "last_used_at")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ServiceKey]) -> None:
        revoked = keys.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.message_user(request, f"{revoked} keys revoked.")
