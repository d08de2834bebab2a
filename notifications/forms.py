from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from integrations.phone import InvalidPhoneNumber, to_e164
from notifications.models import Contact


class ContactForm(forms.ModelForm):
    """Takes a number in any spelling that people use; the column holds E.164."""

    phone = forms.CharField(max_length=40, required=False, empty_value=None, help_text="Such as +263 77 123 4567.")

    class Meta:
        model = Contact
        fields = ("tenant", "user", "name", "phone", "bsuid", "email", "language", "marketing_consent")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        tenant = cleaned.get("tenant")
        if cleaned.get("phone"):
            try:
                cleaned["phone"] = to_e164(cleaned["phone"], tenant.country if tenant else None)
            except InvalidPhoneNumber as error:
                self.add_error("phone", ValidationError(str(error)))
        return cleaned
