from __future__ import annotations

from typing import Any, NamedTuple


class Kind(NamedTuple):
    http_status: int
    title: str


#: Code -> HTTP status and title, as in Meta, Cloud API, Error codes.
KINDS: dict[int, Kind] = {
    0: Kind(401, "AuthException"),
    1: Kind(400, "API Unknown"),
    2: Kind(503, "Service temporarily unavailable"),
    3: Kind(500, "API Method"),
    4: Kind(400, "Application request limit reached"),
    10: Kind(403, "Permission Denied"),
    33: Kind(400, "Parameter value is not valid"),
    100: Kind(400, "Invalid parameter"),
    190: Kind(401, "Access token has expired"),
    200: Kind(403, "API Permission"),
    368: Kind(403, "Temporarily blocked for policies violations"),
    613: Kind(400, "Calls to this api have exceeded the rate limit."),
    2635: Kind(400, "You are calling a deprecated version of the API"),
    80007: Kind(400, "Rate limit issues"),
    80008: Kind(400, "There have been too many calls to this WhatsApp Business account"),
    130429: Kind(429, "Rate limit hit"),
    130472: Kind(400, "User's number is part of an experiment"),
    130497: Kind(403, "Business account is restricted from messaging users in this country"),
    131000: Kind(500, "Something went wrong"),
    131005: Kind(403, "Access denied"),
    131008: Kind(400, "Required parameter is missing"),
    131009: Kind(400, "Parameter value is not valid"),
    131014: Kind(400, "Request for url failed"),
    131016: Kind(500, "Service unavailable"),
    131021: Kind(400, "Recipient cannot be sender"),
    131026: Kind(400, "Message undeliverable"),
    131030: Kind(400, "Recipient phone number not in allowed list"),
    131031: Kind(403, "Account has been locked"),
    131037: Kind(400, "WhatsApp provided number needs display name approval before message can be sent."),
    131042: Kind(400, "Business eligibility payment issue"),
    131043: Kind(400, "Message expired"),
    131044: Kind(400, "Business eligibility payment issue"),
    131045: Kind(500, "Incorrect certificate"),
    131047: Kind(400, "Re-engagement message"),
    131048: Kind(400, "Spam rate limit hit"),
    131049: Kind(400, "This message was not delivered to maintain healthy ecosystem engagement."),
    131050: Kind(400, "User has stopped marketing messages from this business"),
    131051: Kind(400, "Unsupported message type"),
    131052: Kind(400, "Media download error"),
    131053: Kind(400, "Media upload error"),
    131056: Kind(400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: Kind(500, "Account in maintenance mode"),
    131058: Kind(400, "hello_world can only be sent from the public test numbers"),
    131059: Kind(400, "Invalid paging cursor"),
    131062: Kind(400, "Authentication templates cannot be sent to a business-scoped user id"),
    131063: Kind(400, "Marketing templates are disabled on this endpoint"),
    131064: Kind(400, "Limited for repeated template classification violations"),
    132000: Kind(400, "Number of parameters does not match the expected number of params"),
    132001: Kind(404, "Template name does not exist in the translation"),
    132005: Kind(400, "Template hydrated text too long"),
    132007: Kind(400, "Template format character policy violated"),
    132012: Kind(400, "Template parameter format mismatch"),
    132015: Kind(400, "Template is paused"),
    132016: Kind(400, "Template is disabled"),
    132018: Kind(400, "There's an issue with the parameters in your template"),
    132068: Kind(400, "Flow is blocked"),
    132069: Kind(400, "Flow is throttled"),
    133000: Kind(500, "Deregistration incomplete"),
    133004: Kind(503, "Server temporarily unavailable"),
    133005: Kind(400, "Two step verification PIN mismatch"),
    133006: Kind(400, "Phone number re-verification needed"),
    133008: Kind(400, "Too many two step verification PIN guesses"),
    133009: Kind(400, "Two step verification PIN guessed too fast"),
    133010: Kind(400, "Account not registered"),
    133015: Kind(400, "Phone number was recently deregistered"),
    133016: Kind(400, "Account register deregister rate limit exceeded"),
    134011: Kind(404, "WhatsApp payments terms of service have not been accepted"),
    135000: Kind(400, "Generic user error"),
    136024: Kind(400, "Cannot request a code now"),
    137000: Kind(400, "Identity key hash mismatch"),
    139200: Kind(400, "Direct Send is not available"),
}
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
        self.code, self.details, self.subcode = code, details, subcode
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
        "error_data": {"details": details or FAILURE_DETAILS.get(code, title)},
        "href": HREF,
    }


FAILURE_DETAILS = {
    131026: "Message Undeliverable.",
    131047: "Message failed to send because more than 24 hours have passed since the customer last replied "
    "to this number.",
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
