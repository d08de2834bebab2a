"""Authentication templates: their text is Meta's (Meta, Authentication templates)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from sandbox.rules.refusal import template_refusal
from sandbox.rules.template_texts import check_keys

OTP_KEYS = {"type", "otp_type", "text", "autofill_text", "supported_apps", "zero_tap_terms_accepted"}


class Wording(NamedTuple):
    body: str
    recommendation: str
    footer: str
    button: str


ENGLISH = Wording(
    "*{{1}}* is your verification code.",
    " For your security, do not share this code.",
    "This code expires in {minutes} minutes.",
    "Copy code",
)
SPANISH = Wording(
    "Tu código de verificación es *{{1}}*.",
    " Por tu seguridad, no lo compartas.",
    "Este código caduca en {minutes} minutos.",
    "Copiar código",
)


def check_authentication(components: list[dict[str, Any]]) -> None:
    by_type = {component["type"]: component for component in components}
    wrong = sorted(set(by_type) - {"BODY", "FOOTER", "BUTTONS"})
    if wrong:
        raise template_refusal(2388042, f"component of type {wrong[0]} is not allowed in this category")
    if "BODY" not in by_type:
        raise template_refusal(2388072, "An authentication template needs a BODY component.")
    check_keys(by_type["BODY"], {"type", "add_security_recommendation"})
    if not isinstance(by_type["BODY"].get("add_security_recommendation", False), bool):
        raise template_refusal(2388042, "add_security_recommendation is true or false.")
    if "FOOTER" in by_type:
        check_keys(by_type["FOOTER"], {"type", "code_expiration_minutes"})
        minutes = by_type["FOOTER"].get("code_expiration_minutes")
        if type(minutes) is not int or not 1 <= minutes <= 90:
            raise template_refusal(2388073, "code_expiration_minutes is a whole number from 1 to 90.")
    check_otp_button(by_type.get("BUTTONS", {}).get("buttons"))


def check_otp_button(buttons: Any) -> None:
    if not isinstance(buttons, list) or len(buttons) != 1 or not isinstance(buttons[0], dict):
        raise template_refusal(2388042, "An authentication template needs exactly one OTP button.")
    button = buttons[0]
    if str(button.get("type", "")).upper() != "OTP":
        raise template_refusal(2388042, "An authentication template needs exactly one OTP button.")
    unexpected = sorted(set(button) - OTP_KEYS)
    if unexpected:
        raise template_refusal(2388042, f"OTP button has unexpected field(s) ({', '.join(unexpected)})")
    for field in ("text", "autofill_text"):
        if len(str(button.get(field, ""))) > 25:
            raise template_refusal(2388040, f"Button {field} has more than 25 characters.")
    otp_type = str(button.get("otp_type", "")).upper()
    if otp_type not in {"COPY_CODE", "ONE_TAP", "ZERO_TAP"}:
        raise template_refusal(2388042, "otp_type is COPY_CODE, ONE_TAP or ZERO_TAP.")
    if otp_type != "COPY_CODE":
        check_apps(button.get("supported_apps"))
    if otp_type == "ZERO_TAP" and button.get("zero_tap_terms_accepted") is not True:
        raise template_refusal(2388042, "ZERO_TAP needs zero_tap_terms_accepted: true.")


def check_apps(apps: Any) -> None:
    if not isinstance(apps, list) or not 1 <= len(apps) <= 5:
        raise template_refusal(2388042, "supported_apps names one to five apps.")
    for app in apps:
        package, mark = str(app.get("package_name", "")), str(app.get("signature_hash", ""))
        if not re.fullmatch(r"[\w.]{1,224}", package) or "." not in package or len(mark) != 11:
            raise template_refusal(2388042, "supported_apps needs package_name and an 11-character hash.")


def read_back(components: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """The components as Meta returns them: fixed text, and the OTP button become a URL button."""
    wording = SPANISH if language.split("_")[0] == "es" else ENGLISH
    seen: list[dict[str, Any]] = []
    for component in components:
        if component["type"] == "BODY":
            recommend = bool(component.get("add_security_recommendation"))
            text = wording.body + (wording.recommendation if recommend else "")
            example = {"body_text": [["123456"]]}
            seen.append({"type": "BODY", "text": text, "add_security_recommendation": recommend, "example": example})
        elif component["type"] == "FOOTER":
            minutes = component["code_expiration_minutes"]
            text = wording.footer.format(minutes=minutes)
            seen.append({"type": "FOOTER", "text": text, "code_expiration_minutes": minutes})
        else:
            seen.append({"type": "BUTTONS", "buttons": [url_button(component["buttons"][0], wording)]})
    return seen


def url_button(button: dict[str, Any], wording: Wording) -> dict[str, Any]:
    address = f"https://www.whatsapp.com/otp/code/?otp_type={button['otp_type'].upper()}&code=otp"
    return {
        "type": "URL",
        "text": button.get("text") or wording.button,
        "url": address + "{{1}}",
        "example": [address + "123456"],
    }
