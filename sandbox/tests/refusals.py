"""What a refusal has to look like, word for word."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from sandbox.tests.desk import Answer, Desk
from sandbox.tests.schema_files import validator

Provoke = Callable[[Desk], Answer]
#: Code -> HTTP status and title (Meta, Cloud API, Error codes).
MEANT: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "Service temporarily unavailable"),
    3: (500, "API Method"),
    4: (400, "Application request limit reached"),
    10: (403, "Permission Denied"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired"),
    200: (403, "API Permission"),
    368: (403, "Temporarily blocked for policies violations"),
    613: (400, "Calls to this api have exceeded the rate limit."),
    2635: (400, "You are calling a deprecated version of the API"),
    80007: (400, "Rate limit issues"),
    80008: (400, "There have been too many calls to this WhatsApp Business account"),
    130429: (429, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131014: (400, "Request for url failed"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Account has been locked"),
    131037: (400, "WhatsApp provided number needs display name approval before message can be sent."),
    131042: (400, "Business eligibility payment issue"),
    131043: (400, "Message expired"),
    131044: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement."),
    131050: (400, "User has stopped marketing messages from this business"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131058: (400, "hello_world can only be sent from the public test numbers"),
    131059: (400, "Invalid paging cursor"),
    131062: (400, "Authentication templates cannot be sent to a business-scoped user id"),
    131063: (400, "Marketing templates are disabled on this endpoint"),
    131064: (400, "Limited for repeated template classification violations"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132005: (400, "Template hydrated text too long"),
    132007: (400, "Template format character policy violated"),
    132012: (400, "Template parameter format mismatch"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    132018: (400, "There's an issue with the parameters in your template"),
    132068: (400, "Flow is blocked"),
    132069: (400, "Flow is throttled"),
    133000: (500, "Deregistration incomplete"),
    133004: (503, "Server temporarily unavailable"),
    133005: (400, "Two step verification PIN mismatch"),
    133006: (400, "Phone number re-verification needed"),
    133008: (400, "Too many two step verification PIN guesses"),
    133009: (400, "Two step verification PIN guessed too fast"),
    133010: (400, "Account not registered"),
    133015: (400, "Phone number was recently deregistered"),
    133016: (400, "Account register deregister rate limit exceeded"),
    134011: (404, "WhatsApp payments terms of service have not been accepted"),
    135000: (400, "Generic user error"),
    136024: (400, "Cannot request a code now"),
    137000: (400, "Identity key hash mismatch"),
    139200: (400, "Direct Send is not available"),
}
HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


class Row(NamedTuple):
    """One refusal. `message` is given where it is not `(#code) title`; `title` stands above a `user_msg`."""

    name: str
    provoke: Provoke
    code: int
    details: str = ""
    message: str = ""
    subcode: int | None = None
    title: str = ""
    user_msg: str = ""
    http_status: int = 0
    type: str = "OAuthException"

    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = {
            "message": self.message or f"(#{self.code}) {MEANT[self.code][1]}",
            "type": self.type,
            "code": self.code,
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.title:
            error |= {"is_transient": False, "error_user_title": self.title, "error_user_msg": self.user_msg}
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        return error


def check(row: Row, answer: Answer) -> None:
    """HTTP status and every key of the error, its trace id aside, which only has to be there."""
    body = answer.json
    validator("error").validate(body)
    trace_id = body["error"].pop("fbtrace_id")
    assert re.fullmatch(r"A[0-9A-F]{22}", trace_id)
    assert body == {"error": row.error()}
    assert answer.status == (row.http_status or MEANT[row.code][0])
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert re.fullmatch(r"v\d+\.\d", answer.headers["facebook-api-version"])


def failed_with(code: int, details: str) -> dict[str, Any]:
    """The error of a `failed` status."""
    title = MEANT[code][1]
    return {"code": code, "title": title, "message": title, "error_data": {"details": details}, "href": HREF}
