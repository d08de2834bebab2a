"""What a send is refused for at once."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.tests.desk import LOGIN, ORDER, PHONE, Answer, Desk, login, order, template_send, text_send, texts
from sandbox.tests.refusals import Provoke, Row, check

MESSAGES = "/v25.0/106540352242922/messages"
UNKNOWN = (
    "Unsupported {} request. Object with ID '{}' does not exist, cannot be loaded due to missing permissions, or does "
    "not support this operation. Please read the Graph API documentation at "
    "https://developers.facebook.com/docs/graph-api"
)
INVALID = "(#100) Invalid parameter"
CANNOT_PARSE = "Invalid OAuth access token - Cannot parse access token"
EXPIRED = "Error validating access token: Session has expired. The current time is after the expiry."
USER_ID = "ZW.1349120865530274"
TYPE_MISSING = "template.components: type missing is not header, body or button."


def without(payload: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != key}


def sending(payload: Any) -> Provoke:
    def provoke(desk: Desk) -> Answer:
        desk.approved(ORDER, LOGIN)
        return desk.send(payload)

    return provoke


def calling(method: str, path: str, **more: Any) -> Provoke:
    return lambda desk: desk.call(method, path, **more)


def required(name: str, payload: Any) -> Row:
    return Row(f"without {name}", sending(payload), 100, message=f"(#100) The parameter {name} is required.")


def missing(method: str, path: str, object_id: str, **more: Any) -> Row:
    message = UNKNOWN.format(method.lower(), object_id)
    provoke = calling(method, path, **more)
    return Row(f"{method} {path}", provoke, 100, message=message, subcode=33, type="GraphMethodException")


def expired(desk: Desk) -> Answer:
    desk.control("token", {"expired": True})
    return desk.send(text_send())


def code_to_user_id(desk: Desk) -> Answer:
    desk.approved(LOGIN)
    return desk.send(without(login(recipient=USER_ID), "to"))


def template_after(action: str) -> Provoke:
    def provoke(desk: Desk) -> Answer:
        desk.approved(ORDER)
        desk.control(f"templates/order_update/{action}")
        return desk.send(order("Tariro", "A-19"))

    return provoke


def not_yet_reviewed(desk: Desk) -> Answer:
    desk.approved(ORDER)
    desk.control("templates/order_update/appeal")
    return desk.send(order("Tariro", "A-19"))


def unregistered(desk: Desk) -> Answer:
    desk.control("numbers/106540352242922", {"status": "DISCONNECTED"})
    return desk.send(text_send())


def body(*parameters: Any) -> dict[str, Any]:
    return template_send("order_update", [{"type": "body", "parameters": list(parameters)}])


def counted(place: str, given: int, expected: int) -> str:
    return f"{place}: number of localizable_params ({given}) does not match the expected number of params ({expected})"


CODE = [{"type": "body", "parameters": texts("482913")}]
BUTTON = {"type": "button", "sub_type": "url", "index": "0", "parameters": texts("482913")}
SPACES = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
TABLE = [
    Row("no token", lambda desk: desk.send(text_send(), token=None), 190, message=CANNOT_PARSE),
    Row("wrong token", lambda desk: desk.send(text_send(), token="other"), 190, message=CANNOT_PARSE),
    Row("expired token", expired, 190, message=EXPIRED, subcode=463),
    missing("POST", "/v25.0/999/messages", "999", body=text_send()),
    missing("GET", "/v25.0/999", "999"),
    missing("GET", MESSAGES, "106540352242922"),
    missing("GET", "/v25.0/a/b/c/d", "a"),
    Row(
        "unknown user id",
        sending(without(text_send(recipient=USER_ID), "to")),
        100,
        message=UNKNOWN.format("post", USER_ID),
        subcode=33,
        type="GraphMethodException",
    ),
    Row("no JSON", sending(b"{"), 100, "The body is not valid JSON.", INVALID),
    Row("a list", sending([]), 100, "The body is a JSON object.", INVALID),
    required("messaging_product", without(text_send(), "messaging_product")),
    Row(
        "another product",
        sending(text_send(messaging_product="sms")),
        100,
        message="(#100) Param messaging_product must be one of {WHATSAPP}",
    ),
    required("to", without(text_send(), "to")),
    required("image", text_send(type="image")),
    required("template", text_send(type="template")),
    required("text['body']", text_send(text={})),
    required("template['language']", text_send(type="template", template={"name": "order_update"})),
    required("context['message_id']", text_send(context={})),
    Row("to of letters", sending(text_send(to="Tariro")), 131009, "to: is not a phone number"),
    Row("unknown type", sending(text_send(type="poem")), 131009, "type: poem is not a message type"),
    Row("blank text", sending(text_send(" ")), 131009, "text.body: may not be blank"),
    Row("long text", sending(text_send("x" * 4097)), 131009, "text.body: 4097 characters; 4096 are allowed"),
    Row(
        "long callback data",
        sending(text_send(biz_opaque_callback_data="x" * 513)),
        100,
        "biz_opaque_callback_data: at most 512 characters",
        INVALID,
    ),
    Row(
        "read receipt of an unknown message",
        sending({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.no"}),
        100,
        "message_id: no received message has this id.",
        INVALID,
    ),
    Row(
        "unknown template",
        sending(template_send("nothing", [])),
        132001,
        "template name (nothing) does not exist in en_US",
    ),
    Row(
        "template in another language",
        sending(template_send("order_update", [], language="en")),
        132001,
        "template name (order_update) does not exist in en",
    ),
    Row(
        "rejected template",
        template_after("reject"),
        132001,
        "template name (order_update) does not exist in en_US",
    ),
    Row("appealed template", not_yet_reviewed, 132001, "template name (order_update) does not exist in en_US"),
    Row("archived template", template_after("archive"), 132001, "template name (order_update) does not exist in en_US"),
    Row("paused template", template_after("pause"), 132015, "template name (order_update) is paused in en_US"),
    Row("disabled template", template_after("disable"), 132016, "template name (order_update) is disabled in en_US"),
    Row("too few parameters", sending(order("Tariro")), 132000, counted("body", 1, 2)),
    Row("no parameters", sending(order()), 132000, counted("body", 0, 2)),
    Row(
        "header that is not there",
        sending(template_send("order_update", [{"type": "header", "parameters": texts("x")}])),
        132000,
        counted("header", 1, 0),
    ),
    Row(
        "missing button",
        sending(template_send("login_code", CODE)),
        131008,
        "buttons: Button at index 0 of type Url requires a parameter",
    ),
    Row(
        "button that is not there",
        sending(template_send("login_code", [*CODE, BUTTON | {"index": "1"}])),
        132000,
        "buttons: the template has no button at index 1",
    ),
    Row(
        "button of another type",
        sending(template_send("login_code", [*CODE, BUTTON | {"sub_type": "copy_code"}])),
        132012,
        "buttons: Button at index 0 is of type URL, not COPY_CODE",
    ),
    Row(
        "image for a text",
        sending(body({"type": "image", "image": {"link": "https://ex.example/a.jpg"}}, *texts("b"))),
        132012,
        "body: Parameter of type text is missing text value at index 0",
    ),
    Row(
        "named parameters for numbered ones",
        sending(body(*({**text, "parameter_name": "a"} for text in texts("a", "b")))),
        132012,
        "body: the template has positional parameters",
    ),
    Row(
        "empty parameter",
        sending(order("Tariro", "")),
        131008,
        "body: Parameter at index 1 of type text is missing its text value",
    ),
    Row("component without type", sending(template_send("order_update", [{}])), 100, TYPE_MISSING, INVALID),
    Row("new line", sending(order("Tariro", "a\nb")), 132018, SPACES),
    Row("tab", sending(order("Tariro", "a\tb")), 132018, SPACES),
    Row("five spaces", sending(order("Tariro", "a     b")), 132018, SPACES),
    Row(
        "text too long when filled in",
        sending(order("x" * 1000, "A-19")),
        132005,
        "body: the text with its parameters has more than 1024 characters",
    ),
    Row("code of 16 characters", sending(login("1" * 16)), 131009, "body: a code has at most 15 characters"),
    Row("code to a user id", code_to_user_id, 131062, "Send authentication templates to a phone number."),
    Row(
        "sender is recipient",
        sending(text_send(to="+1 555 078 3881")),
        131021,
        "Message failed to send because the sender and recipient phone numbers are the same",
    ),
    Row(
        "number not registered",
        unregistered,
        133010,
        "Phone number is not registered on the Whatsapp Business Platform",
    ),
    Row(
        "unknown interactive type",
        sending(text_send(type="interactive", interactive={"type": "x"})),
        131009,
        "interactive.type: x is not one of button, list, cta_url, location_request_message, request_contact_info, flow",
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_send_is_refused(desk: Desk, row: Row) -> None:
    check(row, row.provoke(desk))
    assert desk.get("/sandbox/health")["messages"] == 0


def test_token_is_judged_before_the_object_and_the_object_before_the_payload(desk: Desk) -> None:
    assert desk.call("POST", "/v25.0/999/messages", {}, token="other").error["code"] == 190
    assert desk.call("POST", MESSAGES, b"{", token="other").error["code"] == 190
    assert desk.call("POST", "/v25.0/999/messages", b"{").error["error_subcode"] == 33
    assert "messaging_product" in desk.send({}).error["message"]


def test_payload_is_judged_before_the_template_and_the_template_before_the_number(desk: Desk) -> None:
    desk.control("numbers/106540352242922", {"status": "BANNED"})
    assert desk.send(template_send("nothing", [], to="Tariro")).error["code"] == 131009
    assert desk.send(template_send("nothing", [])).error["code"] == 132001
    assert desk.send(text_send(to=PHONE)).error["code"] == 133010
