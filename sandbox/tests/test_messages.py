from __future__ import annotations

import base64

import pytest

from sandbox import wamid
from sandbox.tests.desk import LOGIN, ORDER, PHONE, Desk, login, order, running, text_send, until


def test_accepted_template_names_the_person_and_the_message(desk: Desk) -> None:
    desk.approved(ORDER)
    answer = desk.send(order("Tariro", "A-19", biz_opaque_callback_data="ord-7"))
    assert answer.status == 200
    assert answer.headers["facebook-api-version"] == "v25.0"
    assert answer.json["contacts"] == [{"input": PHONE, "wa_id": "263771234567"}]
    assert answer.json["messages"][0]["message_status"] == "accepted"
    assert b"ord-7" not in answer.raw


def test_message_walks_from_sent_to_read(desk: Desk) -> None:
    desk.approved(ORDER)
    wamid_ = desk.send(order("Tariro", "A-19")).json["messages"][0]["id"]
    until(lambda: desk.message(wamid_)["status"] == "read")
    assert [s["status"] for s in desk.message(wamid_)["statuses"]] == ["sent", "delivered", "read"]


def test_login_code_is_shown_with_a_button_that_copies_it(desk: Desk) -> None:
    desk.approved(LOGIN)
    shown = desk.message(desk.send(login("482913")).json["messages"][0]["id"])["rendered"]
    assert shown["body"] == ("*482913* is your verification code. For your security, do not share this code.")
    assert shown["footer"] == "This code expires in 5 minutes."
    assert shown["buttons"] == [{"type": "COPY_CODE", "text": "Copy code", "code": "482913"}]


def test_wamids_have_metas_layout() -> None:
    assert wamid.outbound("263771234567", "A1B2C3D4E5F6A7B8C9") == (
        "wamid.HBgMMjYzNzcxMjM0NTY3FQIAERgSQTFCMkMzRDRFNUY2QTdCOEM5AA=="
    )
    assert wamid.inbound("263771234567", "3A4B5C6D7E8F90A1B2C3") == (
        "wamid.HBgMMjYzNzcxMjM0NTY3FQIAEhgUM0E0QjVDNkQ3RThGOTBBMUIyQzMA"
    )


def test_same_seed_gives_the_same_ids() -> None:
    ids = []
    for seed in (1, 1, 2):
        with running(seed=seed) as desk:
            ids.append(desk.send(text_send()).json["messages"][0]["id"])
    assert ids[0] == ids[1] != ids[2]
    assert base64.b64decode(ids[0].removeprefix("wamid.")).startswith(b"\x1c\x18\x0c263771234567")


def test_free_text_outside_the_window_is_accepted_and_fails(desk: Desk) -> None:
    wamid_ = desk.send(text_send()).json["messages"][0]["id"]
    assert until(lambda: desk.message(wamid_)["statuses"])[0]["error"]["code"] == 131047


def test_free_text_after_the_person_wrote_is_read(desk: Desk) -> None:
    desk.control("reply", {"from": PHONE, "text": "Hi"})
    answer = desk.send(text_send())
    assert "message_status" not in answer.json["messages"][0]
    until(lambda: desk.message(answer.json["messages"][0]["id"])["status"] == "read")


def test_switched_off_phone_gets_its_messages_when_it_is_on_again(desk: Desk) -> None:
    desk.approved(ORDER)
    desk.control(f"people/{PHONE}", {"offline": True})
    wamid_ = desk.send(order("Tariro", "A-19")).json["messages"][0]["id"]
    until(lambda: desk.message(wamid_)["status"] == "sent")
    desk.control(f"people/{PHONE}", {"offline": False})
    until(lambda: desk.message(wamid_)["status"] == "read")


def test_phone_that_comes_back_early_gets_each_status_once() -> None:
    with running(status_delays=(0.0, 0.1, 0.1)) as desk:
        desk.approved(ORDER)
        desk.control(f"people/{PHONE}", {"offline": True})
        wamid_ = desk.send(order("Tariro", "A-19")).json["messages"][0]["id"]
        until(lambda: desk.message(wamid_)["status"] == "sent")
        desk.control(f"people/{PHONE}", {"offline": False})
        last = desk.send(order("Tariro", "A-20")).json["messages"][0]["id"]
        until(lambda: desk.message(last)["status"] == "read")
        assert [s["status"] for s in desk.message(wamid_)["statuses"]] == ["sent", "delivered", "read"]


def test_repeated_callback_data_is_shown_as_a_duplicate(desk: Desk) -> None:
    desk.approved(ORDER)
    payload = order("Tariro", "A-19", biz_opaque_callback_data="ord-7")
    ids = [desk.send(payload).json["messages"][0]["id"] for _ in range(2)]
    seen = desk.get("/sandbox/messages?to=%2B263%2077%20123%204567")
    assert seen["duplicates"] == {"ord-7": ids}
    assert [message["same_callback_data"] for message in seen["messages"]] == [[ids[1]], [ids[0]]]
    assert len(desk.get("/sandbox/messages?callback_data=ord-7&limit=1")["messages"]) == 1


@pytest.mark.parametrize(
    ("to", "wa_id"),
    [
        ("+52 55 1234 5678", "5215512345678"),
        ("+54 11 1234-5678", "5491112345678"),
        ("+55 11 9 1234-5678", "551112345678"),
        ("+44 (20) 7946 0000", "442079460000"),
    ],
)
def test_wa_id_may_differ_from_the_dialled_number(desk: Desk, to: str, wa_id: str) -> None:
    assert desk.send(text_send(to=to)).json["contacts"] == [{"input": to, "wa_id": wa_id}]


def test_read_receipt_marks_what_the_person_wrote(desk: Desk) -> None:
    first, second = (desk.control("reply", {"from": PHONE, "text": text})["wamid"] for text in "ab")
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": second}
    assert desk.send(receipt).json == {"success": True}
    assert {desk.message(found)["status"] for found in (first, second)} == {"read"}


def test_interactive_message_is_accepted_and_its_tap_comes_back(desk: Desk) -> None:
    reply = {"id": "yes", "title": "Yes"}
    action = {"buttons": [{"type": "reply", "reply": reply}]}
    interactive = {"type": "button", "body": {"text": "Confirm?"}, "action": action}
    payload = {"messaging_product": "whatsapp", "to": PHONE, "type": "interactive"}
    answer = desk.send(payload | {"interactive": interactive})
    shown = desk.message(answer.json["messages"][0]["id"])["rendered"]
    assert shown["buttons"] == [{"type": "REPLY", "text": "Yes", "id": "yes"}]
    tap = {"from": PHONE, "interactive": {"type": "button_reply", "button_reply": reply}}
    assert desk.message(desk.control("reply", tap)["wamid"])["text"] == "Yes"


def test_message_to_a_business_scoped_id_reaches_the_person(desk: Desk) -> None:
    desk.control(f"people/{PHONE}", {"window_open": True})
    user_id = desk.server.sandbox.world.store.people["263771234567"].user_id
    payload = text_send(recipient=user_id)
    del payload["to"]
    assert desk.send(payload).json["contacts"] == [{"input": user_id, "user_id": user_id}]
