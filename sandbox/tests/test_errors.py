"""One row for each refusal: what provokes it, code, HTTP status, subcode, a part of its details."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.tests.desk import LOGIN, ORDER, PHONE, Answer, Desk, login, order, template_send, text_send, texts

Provoke = Callable[[Desk], Answer]


def without(payload: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != key}


def refused_person(code: int) -> Provoke:
    def provoke(desk: Desk) -> Answer:
        desk.control(f"people/{PHONE}", {"refuse": code})
        return desk.send(text_send())

    return provoke


def expired(desk: Desk) -> Answer:
    desk.control("token", {"expired": True})
    return desk.send(text_send())


def template_that(action: str) -> Provoke:
    def provoke(desk: Desk) -> Answer:
        desk.approved(ORDER)
        desk.control(f"templates/order_update/{action}")
        return desk.send(order("Tariro", "A-19"))

    return provoke


def unregistered(desk: Desk) -> Answer:
    desk.control(f"numbers/{desk.options.phone_number_id}", {"status": "DISCONNECTED"})
    return desk.send(text_send())


def sending(payload: Any) -> Provoke:
    def provoke(desk: Desk) -> Answer:
        desk.approved(ORDER, LOGIN)
        return desk.send(payload)

    return provoke


def calling(method: str, path: str, **more: Any) -> Provoke:
    return lambda desk: desk.call(method, path, **more)


def without_token(desk: Desk) -> Answer:
    return desk.send(text_send(), token=None)


def to_unknown_user(desk: Desk) -> Answer:
    return desk.send(without(text_send(recipient="ZW.1349120865530274"), "to"))


def code_to_user_id(desk: Desk) -> Answer:
    desk.approved(LOGIN)
    return desk.send(without(login(recipient="ZW.1349120865530274"), "to"))


BODY_ONLY = [{"type": "body", "parameters": texts("482913")}]
BUTTON = {"type": "button", "sub_type": "url", "index": "0", "parameters": texts("482913")}
TABLE: list[tuple[str, Provoke, int, int, int | None, str]] = [
    ("no token", without_token, 190, 401, None, ""),
    ("wrong token", lambda desk: desk.send(text_send(), token="other"), 190, 401, None, ""),
    ("expired token", expired, 190, 401, 463, ""),
    ("unknown number", calling("POST", "/v25.0/999/messages", body=text_send()), 100, 400, 33, ""),
    ("unknown object", calling("GET", "/v25.0/999"), 100, 400, 33, ""),
    ("unknown path", calling("GET", "/v25.0/a/b/c/d"), 100, 400, 33, ""),
    ("unknown user id", to_unknown_user, 100, 400, 33, ""),
    ("no JSON", sending(b"{"), 100, 400, None, "JSON"),
    ("no product", sending(without(text_send(), "messaging_product")), 100, 400, None, ""),
    ("other product", sending(text_send(messaging_product="sms")), 100, 400, None, ""),
    ("no recipient", sending(without(text_send(), "to")), 100, 400, None, ""),
    ("recipient is no number", sending(text_send(to="Tariro")), 131009, 400, None, "to"),
    ("unknown type", sending(text_send(type="poem")), 131009, 400, None, "poem"),
    ("image without its object", sending(text_send(type="image")), 100, 400, None, ""),
    ("type without its object", sending(text_send(type="template")), 100, 400, None, ""),
    ("blank text", sending(text_send(" ")), 131009, 400, None, "blank"),
    ("long text", sending(text_send("x" * 4097)), 131009, 400, None, "4097"),
    ("long callback data", sending(text_send(biz_opaque_callback_data="x" * 513)), 100, 400, None, "512"),
    (
        "unknown template",
        sending(template_send("nothing", [])),
        132001,
        404,
        None,
        "template name (nothing) does not exist in en_US",
    ),
    (
        "other language",
        sending(template_send("order_update", [], language="en")),
        132001,
        404,
        None,
        "template name (order_update) does not exist in en",
    ),
    ("rejected template", template_that("reject"), 132001, 404, None, "order_update"),
    ("paused template", template_that("pause"), 132015, 400, None, "paused"),
    ("disabled template", template_that("disable"), 132016, 400, None, "disabled"),
    (
        "too few parameters",
        sending(order("Tariro")),
        132000,
        400,
        None,
        "body: number of localizable_params (1) does not match the expected number of params (2)",
    ),
    ("no parameters", sending(order()), 132000, 400, None, "(0)"),
    (
        "missing button",
        sending(template_send("login_code", BODY_ONLY)),
        131008,
        400,
        None,
        "buttons: Button at index 0 of type Url requires a parameter",
    ),
    (
        "button that is not there",
        sending(template_send("login_code", [*BODY_ONLY, BUTTON | {"index": "1"}])),
        132000,
        400,
        None,
        "index 1",
    ),
    (
        "button of another type",
        sending(template_send("login_code", [*BODY_ONLY, BUTTON | {"sub_type": "copy_code"}])),
        132012,
        400,
        None,
        "COPY_CODE",
    ),
    ("empty parameter", sending(order("Tariro", "")), 131008, 400, None, "index 1"),
    ("new line", sending(order("Tariro", "a\nb")), 132018, 400, None, "new-line"),
    ("tab", sending(order("Tariro", "a\tb")), 132018, 400, None, "tab"),
    ("five spaces", sending(order("Tariro", "a     b")), 132018, 400, None, "4 consecutive spaces"),
    ("text too long when filled in", sending(order("x" * 1000, "A-19")), 132005, 400, None, "1024"),
    ("code of 16 characters", sending(login("1" * 16)), 131009, 400, None, "15"),
    ("code to a user id", code_to_user_id, 131062, 400, None, ""),
    (
        "named parameter for a numbered one",
        sending(
            template_send(
                "order_update",
                [{"type": "body", "parameters": [t | {"parameter_name": "a"} for t in texts("a", "b")]}],
            )
        ),
        132012,
        400,
        None,
        "positional",
    ),
    ("recipient not allowed", refused_person(131030), 131030, 400, None, "allowed list"),
    ("sender is recipient", sending(text_send(to="+1 555 078 3881")), 131021, 400, None, "same"),
    ("number not registered", unregistered, 133010, 400, None, "register"),
    ("blank button title", sending(text_send(type="interactive", interactive={"type": "x"})), 131009, 400, None, "x"),
    ("false cursor", calling("GET", "/v25.0/102290129340398/message_templates?after=zzz"), 131059, 400, None, ""),
    (
        "unknown template deleted",
        calling("DELETE", "/v25.0/102290129340398/message_templates?name=nothing"),
        100,
        404,
        None,
        "nothing",
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_refusal(desk: Desk, row: tuple[str, Provoke, int, int, int | None, str]) -> None:
    _, provoke, code, http_status, subcode, details = row
    answer = provoke(desk)
    assert (answer.status, answer.error["code"], answer.error.get("error_subcode")) == (
        http_status,
        code,
        subcode,
    )
    assert details in answer.error.get("error_data", {}).get("details", "")
    assert answer.error["fbtrace_id"]
    assert desk.get("/sandbox/health")["messages"] == 0


def test_message_error_carries_product_and_details(desk: Desk) -> None:
    error = desk.send(template_send("nothing", [])).error
    trace_id = error.pop("fbtrace_id")
    assert trace_id
    assert error == {
        "message": "(#132001) Template name does not exist in the translation",
        "type": "OAuthException",
        "code": 132001,
        "error_data": {
            "messaging_product": "whatsapp",
            "details": "template name (nothing) does not exist in en_US",
        },
    }


def test_token_is_judged_before_the_object_and_the_object_before_the_payload(desk: Desk) -> None:
    assert desk.call("POST", "/v25.0/999/messages", {}, token="other").error["code"] == 190
    assert desk.call("POST", "/v25.0/999/messages", {}).error["error_subcode"] == 33
    assert "messaging_product" in desk.send({}).error["message"]
