from __future__ import annotations

import copy
from typing import Any

import pytest

from sandbox.tests.desk import BODY, LOGIN, ORDER, Answer, Desk, Receiver, order, until


def with_body(text: str, *samples: str, **more: Any) -> dict[str, Any]:
    example = {"example": {"body_text": [list(samples)]}} if samples else {}
    return ORDER | {"components": [{"type": "BODY", "text": text} | example]} | more


def with_parts(*parts: dict[str, Any]) -> dict[str, Any]:
    return ORDER | {"components": [*parts, BODY]}


def with_buttons(*buttons: dict[str, Any]) -> dict[str, Any]:
    return with_parts({"type": "BUTTONS", "buttons": list(buttons)})


def login_with(place: int, **changes: Any) -> dict[str, Any]:
    changed = copy.deepcopy(LOGIN)
    changed["components"][place].update(changes)
    return changed


def header(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "HEADER", "format": "TEXT", "text": text, **more}


LONG = "We thank you for shopping with us and hope to see you again soon in our store. "
QUICK_REPLY = {"type": "QUICK_REPLY", "text": "Stop"}
LINK = {"type": "URL", "text": "Track", "url": "https://ex.example/t/{{1}}"}
REFUSED: list[tuple[str, dict[str, Any], int | None]] = [
    ("capital in name", ORDER | {"name": "Order"}, None),
    ("name of 513", ORDER | {"name": "x" * 513}, None),
    ("unsupported language", ORDER | {"language": "sn"}, None),
    ("hyphen in language", ORDER | {"language": "en-US"}, None),
    ("unknown category", ORDER | {"category": "OTHER"}, None),
    ("no components", ORDER | {"components": []}, None),
    ("time to live", ORDER | {"message_send_ttl_seconds": 29}, None),
    ("body too long", with_body("x" * 1025), 2388040),
    ("header too long", with_parts(header("x" * 61)), 2388040),
    ("footer too long", with_parts({"type": "FOOTER", "text": "x" * 61}), 2388040),
    ("button label too long", with_buttons(QUICK_REPLY | {"text": "x" * 26}), 2388040),
    ("variable first", with_body("{{1}} " + LONG, "a"), 2388299),
    ("variable last", with_body(LONG + "{{1}}", "a"), 2388299),
    ("four variables in few words", with_body("Hi {{1}} {{2}} and {{3}} or {{4}} bye", *"abcd"), 2388293),
    ("no example", with_body(LONG + "{{1}} bye"), 2388043),
    ("one example for two", with_body(LONG + "{{1}} or {{2}} bye", "a"), 2388043),
    ("numbers not in order", with_body(LONG + "{{2}} bye", "a"), 2388072),
    ("name without NAMED", with_body(LONG + "{{name}} bye", "a"), 2388072),
    ("variable not closed", with_body(LONG + "{{1 bye"), 2388072),
    ("no body", ORDER | {"components": [{"type": "FOOTER", "text": "x"}]}, 2388072),
    ("emoji in header", with_parts(header("Order 🎉")), 2388047),
    ("asterisk in header", with_parts(header("*Order*")), 2388047),
    ("two variables in header", with_parts(header("Order {{1}} {{2}}")), 2388047),
    ("header without example", with_parts(header("Order {{1}}")), 2388043),
    ("variable in footer", with_parts({"type": "FOOTER", "text": "Bye {{1}}"}), 2388073),
    ("unknown field", with_parts({"type": "FOOTER", "text": "Bye", "format": "TEXT"}), 2388042),
    ("component twice", with_parts(BODY), 2388042),
    ("eleven buttons", with_buttons(*[{**QUICK_REPLY, "text": str(n)} for n in range(11)]), 2388042),
    ("three links", with_buttons(*[{**LINK, "url": "https://x.example", "text": t} for t in "abc"]), 2388042),
    (
        "quick replies apart",
        with_buttons(QUICK_REPLY, LINK | {"url": "https://x.example"}, QUICK_REPLY | {"text": "No"}),
        2388042,
    ),
    ("link without example", with_buttons(LINK), 2388043),
    ("variable inside a link", with_buttons(LINK | {"url": "https://x/{{1}}/y", "example": ["x"]}), 2388042),
    ("otp button elsewhere", with_buttons({"type": "OTP", "otp_type": "COPY_CODE"}), 2388042),
    ("text in authentication body", login_with(0, text="Your code"), 2388042),
    ("text in authentication footer", login_with(1, text="Hurry"), 2388042),
    ("91 minutes", login_with(1, code_expiration_minutes=91), 2388073),
    ("authentication without button", LOGIN | {"components": LOGIN["components"][:2]}, 2388042),
    ("authentication with a header", LOGIN | {"components": [header("Hi"), *LOGIN["components"]]}, 2388042),
    ("one tap without apps", login_with(2, buttons=[{"type": "OTP", "otp_type": "ONE_TAP"}]), 2388042),
]


@pytest.mark.parametrize(("body", "subcode"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_creation_is_refused(desk: Desk, body: dict[str, Any], subcode: int | None) -> None:
    answer = desk.create(body)
    assert (answer.status, answer.error["code"]) == (400, 100)
    assert answer.error.get("error_subcode") == subcode
    assert ("error_user_msg" in answer.error) is (subcode is not None)


def create_twice(desk: Desk) -> Answer:
    desk.create(ORDER)
    return desk.create(ORDER)


def test_same_name_and_language_is_refused(desk: Desk) -> None:
    answer = create_twice(desk)
    assert (answer.status, answer.error["error_subcode"]) == (400, 2388024)
    assert desk.create(ORDER | {"language": "en"}).status == 200


def test_deleted_name_stays_locked_if_it_was_approved(desk: Desk) -> None:
    desk.approved(ORDER)
    path = f"/v25.0/{desk.options.waba_id}/message_templates?name=order_update"
    assert desk.call("DELETE", path).json == {"success": True}
    assert desk.create(ORDER).error["error_subcode"] == 2388023


def test_named_template_takes_its_parameters_by_name(desk: Desk) -> None:
    samples = [{"param_name": "first_name", "example": "Tariro"}]
    body = {
        "type": "BODY",
        "text": "Hello {{first_name}}, a new offer from our shop waits for you this week.",
        "example": {"body_text_named_params": samples},
    }
    desk.approved(ORDER | {"parameter_format": "named", "components": [body]})
    parameter = {"type": "text", "text": "Tariro", "parameter_name": "first_name"}
    payload = order("x")
    payload["template"]["components"] = [{"type": "body", "parameters": [parameter]}]
    assert desk.send(payload).status == 200
    del parameter["parameter_name"]
    assert desk.send(payload).error["code"] == 100


def test_authentication_template_reads_back_with_metas_text_and_a_url_button(desk: Desk) -> None:
    created = desk.create(LOGIN).json
    assert created == {"id": created["id"], "status": "PENDING", "category": "AUTHENTICATION"}
    seen = desk.get(f"/v25.0/{created['id']}")
    body, footer, buttons = seen["components"]
    assert body["text"].startswith("*{{1}}* is your verification code. For your security")
    assert footer == {"type": "FOOTER", "text": "This code expires in 5 minutes.", "code_expiration_minutes": 5}
    assert buttons["buttons"][0]["type"] == "URL"
    assert buttons["buttons"][0]["url"].endswith("?otp_type=COPY_CODE&code=otp{{1}}")
    fields = f"/v25.0/{created['id']}?fields=message_send_ttl_seconds,rejected_reason"
    assert desk.get(fields) == {
        "message_send_ttl_seconds": 300,
        "rejected_reason": "NONE",
        "id": created["id"],
    }


def test_list_is_paged_filtered_and_cut_to_fields(desk: Desk) -> None:
    for number in range(5):
        desk.create(ORDER | {"name": f"order_{number}"})
    desk.create(LOGIN)
    path = f"/v25.0/{desk.options.waba_id}/message_templates"
    first = desk.get(f"{path}?fields=name&limit=4")
    assert [sorted(item) for item in first["data"]] == [["id", "name"]] * 4
    second = desk.get(f"{path}?limit=4&after={first['paging']['cursors']['after']}")
    assert [item["name"] for item in second["data"]] == ["order_4", "login_code"]
    assert "next" in first["paging"]
    assert set(second["paging"]) == {"cursors", "previous"}
    assert len(desk.get(f"{path}?category=AUTHENTICATION")["data"]) == 1
    assert len(desk.get(f"{path}?name=order_3&language=en_US")["data"]) == 1
    empty = desk.get(f"{path}?status=REJECTED")
    assert (empty["data"], set(empty["paging"])) == ([], {"cursors"})


def test_review_approves_and_tells(listened: Desk, receiver: Receiver) -> None:
    template_id = listened.create(LOGIN).json["id"]
    review = until(lambda: receiver.reviews)[0]
    assert review == {
        "event": "APPROVED",
        "message_template_id": int(template_id),
        "message_template_name": "login_code",
        "message_template_language": "en_US",
        "message_template_category": "AUTHENTICATION",
        "reason": "NONE",
    }


def test_review_rejects_adjacent_variables(listened: Desk, receiver: Receiver) -> None:
    listened.create(with_body(LONG + "{{1}} {{2}} bye", "a", "b"))
    assert until(lambda: receiver.reviews)[0]["reason"] == "INVALID_FORMAT"


def test_operator_of_the_sandbox_rejects_and_pauses(listened: Desk, receiver: Receiver) -> None:
    listened.approved(ORDER)
    listened.control("templates/order_update/reject", {"reason": "SCAM"})
    listened.control("templates/order_update/pause")
    reviews = until(lambda: receiver.reviews if len(receiver.reviews) == 3 else None)
    assert [review["event"] for review in reviews] == ["APPROVED", "REJECTED", "PAUSED"]
    assert reviews[1]["rejection_info"]["reason"] == "SCAM"
    assert reviews[2]["reason"] is None
