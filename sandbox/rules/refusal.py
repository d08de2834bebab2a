from __future__ import annotations

from typing import Any

from sandbox.rules.error_codes import DETAILS, KINDS, Kind

HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


class Refusal(Exception):
    """Meta says no: carries everything its answer needs.

    `details` is `error_data.details` of the message codes and `error_user_msg` of the template subcodes.
    """

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        message: str = "",
        subcode: int | None = None,
        user_title: str = "",
        error_type: str = "OAuthException",
        http_status: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        kind = KINDS.get(code, Kind(400, "Unknown error"))
        super().__init__(code, details or message)
        self.code, self.details, self.subcode = code, details or DETAILS.get(code, ""), subcode
        self.http_status = kind.http_status if http_status is None else http_status
        self.title = kind.title
        self.message = message or f"(#{code}) {kind.title}"
        self.user_title, self.error_type, self.headers = user_title, error_type, headers or {}

    def envelope(self, trace_id: str) -> dict[str, Any]:
        """The answer's body (Meta, Cloud API, Error codes, "Error response")."""
        error: dict[str, Any] = {"message": self.message, "type": self.error_type, "code": self.code}
        if self.user_title:
            error |= {
                "error_subcode": self.subcode,
                "is_transient": False,
                "error_user_title": self.user_title,
                "error_user_msg": self.details,
            }
        else:
            if self.details:
                error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
            if self.subcode is not None:
                error["error_subcode"] = self.subcode
        error["fbtrace_id"] = trace_id
        return {"error": error}


def webhook_error(code: int, details: str = "") -> dict[str, Any]:
    """The same error as a `failed` status carries it."""
    title = KINDS.get(code, Kind(400, "Unknown error")).title
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details or DETAILS.get(code, title)},
        "href": HREF,
    }


def required(name: str) -> Refusal:
    return Refusal(100, message=f"(#100) The parameter {name} is required.")


def invalid(details: str) -> Refusal:
    """A parameter that has the wrong shape."""
    return Refusal(100, details, message="(#100) Invalid parameter")


def unknown_object(object_id: str, verb: str = "post") -> Refusal:
    """An id that does not exist and one without permission look the same, and neither is a 404."""
    return Refusal(
        100,
        message=f"Unsupported {verb} request. Object with ID '{object_id}' does not exist, cannot be loaded "
        "due to missing permissions, or does not support this operation. Please read the Graph API "
        "documentation at https://developers.facebook.com/docs/graph-api",
        subcode=33,
        error_type="GraphMethodException",
    )


def invalid_token() -> Refusal:
    return Refusal(190, message="Invalid OAuth access token - Cannot parse access token")


def expired_token() -> Refusal:
    return Refusal(
        190,
        message="Error validating access token: Session has expired. The current time is after the expiry.",
        subcode=463,
    )


#: Subcodes of template creation and the title that stands above `error_user_msg`.
TEMPLATE_TITLES = {
    2388006: "This template can't be edited",
    2388007: "Edit limit reached",
    2388008: "This template can't be deleted",
    2388019: "Template limit reached",
    2388023: "Message template language is being deleted",
    2388024: "Content in this language already exists",
    2388040: "Character limit exceeded",
    2388042: "Template component is not valid",
    2388043: "Message template is missing example values",
    2388047: "Message header format is incorrect",
    2388072: "Message body format is incorrect",
    2388073: "Message footer format is incorrect",
    2388293: "Parameter to words ratio exceeds limit",
    2388299: "Leading or trailing parameters are not allowed",
}


def template_refusal(subcode: int, details: str) -> Refusal:
    return Refusal(100, details, message="Invalid parameter", subcode=subcode, user_title=TEMPLATE_TITLES[subcode])


#: Subcodes of adding and verifying numbers.
PHONE_TITLES = {
    2388012: "This phone number can't be added",
    2388093: "The verification code is wrong",
}


def phone_refusal(subcode: int, details: str) -> Refusal:
    return Refusal(100, details, message="Invalid parameter", subcode=subcode, user_title=PHONE_TITLES[subcode])
