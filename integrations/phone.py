"""Phone numbers: E.164 (ITU-T) in and out of the database, masked in every log line."""

from __future__ import annotations

import phonenumbers

from tenants.redaction import mask

__all__ = ("InvalidPhoneNumber", "mask", "to_e164")


class InvalidPhoneNumber(ValueError):
    """The text cannot be made an E.164 number; the message says why and what to write instead."""


def to_e164(raw: str, region: str | None = None) -> str:
    """Normalise `+34 612 345 678`, `00263 77-123-4567`, `(0)77 123 4567` to E.164, such as `+263771234567`.

    `region` (ISO 3166) is where a number without a country code is read. Raises InvalidPhoneNumber.
    """
    text = (raw or "").strip().removeprefix("whatsapp:")
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise InvalidPhoneNumber(
            f"{raw!r} is not a phone number: write it with + and country code, such as +263771234567."
        ) from error
    # Not `is_possible_number`: that lets a number without its area code pass.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise InvalidPhoneNumber(
            f"{raw!r} has too few or too many digits for country code +{number.country_code}: check it."
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
