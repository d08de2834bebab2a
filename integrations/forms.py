"""The form of the credentials: secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, ExpressionWrapper, Q

from integrations import conf
from integrations.models import WhatsAppConfig

SECRETS = ("access_token", "app_secret", "app_secret_previous", "webhook_verify_token")
CLEARABLE = ("app_secret", "app_secret_previous", "webhook_verify_token")


def stored_secrets(pk: int | None) -> set[str]:
    """Which secrets the row has; asked without decrypting, so that a lost key does not close the form."""
    held = {f"has_{name}": ExpressionWrapper(~Q(**{name: ""}), output_field=BooleanField()) for name in SECRETS}
    row = WhatsAppConfig.objects.filter(pk=pk or 0).annotate(**held).values(*held).first() or {}
    return {name for name in SECRETS if row.get(f"has_{name}")}


def other_active(pk: int | None) -> WhatsAppConfig | None:
    """The active row beside this one."""
    return WhatsAppConfig.objects.filter(is_active=True).exclude(pk=pk or 0).defer(*SECRETS).first()


def only_one(other: WhatsAppConfig | None) -> str:
    """What to say when two rows would be active."""
    name = f"“{other}”" if other else "Another configuration"
    return (
        f"{name} is active, and only one configuration can be. Tick “Make this the active one” to switch it off "
        "in the same moment, or leave Active empty."
    )


class _WriteOnly(forms.CharField):
    def __init__(self, label: str) -> None:
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"})
        super().__init__(label=label, required=False, max_length=2000, widget=widget)


class WhatsAppConfigForm(forms.ModelForm):
    """Empty secrets keep what is stored; `switch` lets this row take over from the active one."""

    access_token = _WriteOnly("Access Token")
    app_secret = _WriteOnly("App Secret")
    app_secret_previous = _WriteOnly("Previous App Secret")
    webhook_verify_token = _WriteOnly("Webhook Verify Token")
    clear_app_secret = forms.BooleanField(label="Forget the stored App Secret", required=False)
    clear_app_secret_previous = forms.BooleanField(label="Forget the stored Previous App Secret", required=False)
    clear_webhook_verify_token = forms.BooleanField(label="Forget the stored Webhook Verify Token", required=False)
    switch = forms.BooleanField(label="Make this the active one", required=False)

    class Meta:
        model = WhatsAppConfig
        fields = ("name", "waba_id", "phone_number_id", "api_version", "is_active")
        # Declared above and applied in save(): the model's own fields would bring the values into the page.
        exclude = SECRETS  # noqa: DJ006

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = stored_secrets(self.instance.pk)
        self.other = other_active(self.instance.pk)
        purposes = {
            "access_token": "Of a System User; sends the messages.",
            "app_secret": "Signs the webhooks: without it no status is accepted.",
            "app_secret_previous": "Signs webhooks too: for the hours in which the app secret is changed at Meta.",
            "webhook_verify_token": "The word that Meta repeats when the webhook is set up.",
        }
        for name in SECRETS:
            state = "Stored; leave empty to keep it." if name in self.stored else "Not set."
            self.fields[name].help_text = f"{state} {purposes[name]}"
        for name in CLEARABLE:
            if name not in self.stored:
                self._hide(f"clear_{name}")
        self._offer_switch()

    def _offer_switch(self) -> None:
        field = self.fields["switch"]
        if self.other is None:
            self._hide("switch")
            return
        field.label = f"Make this the active one, switching off “{self.other.name}”"

    def _hide(self, name: str) -> None:
        self.fields[name].widget = forms.HiddenInput()

    def clean_access_token(self) -> str:
        token: str = self.cleaned_data["access_token"]
        if not token and "access_token" not in self.stored:
            raise ValidationError("Enter the access token of a System User: nothing can be sent without it.")
        return token

    def clean_api_version(self) -> str:
        version: str = self.cleaned_data["api_version"].strip()
        if problem := conf.version_problem(version):
            raise ValidationError(problem)
        return version

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in CLEARABLE:
            if cleaned.get(name) and cleaned.get(f"clear_{name}"):
                self.add_error(name, "Either enter a new one or forget the stored one, not both.")
        if cleaned.get("switch"):
            cleaned["is_active"] = True
        elif cleaned.get("is_active") and self.other:
            self.add_error("is_active", only_one(self.other))
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # Two active rows are this form's own matter: it names the other one and offers to switch.
        return super()._get_validation_exclusions() | {"is_active"}  # type: ignore[misc]

    def save(self, commit: bool = True) -> Any:
        """The instance with the secrets that were entered or cleared; the others are not even read."""
        for name in SECRETS:
            if self.cleaned_data.get(f"clear_{name}"):
                setattr(self.instance, name, "")
            elif given := self.cleaned_data.get(name):
                setattr(self.instance, name, given)
        return super().save(commit)
