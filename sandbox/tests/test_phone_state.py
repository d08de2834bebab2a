"""The data behind the page of chats."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sandbox.tests.desk import ORDER, PHONE, Desk, order, text_send, until

DIGITS = "263771234567"


def state(desk: Desk, query: str = f"phone={DIGITS}") -> Any:
    return desk.get(f"/phone/state?{query}")


def settled(desk: Desk, status: str) -> Any:
    return until(lambda: next((m for m in state(desk)["messages"] if m["status"] == status), None))


def test_message_carries_price_callback_data_and_category(desk: Desk) -> None:
    desk.approved(ORDER)
    desk.send(order("Tariro", "A-19", biz_opaque_callback_data="order-7"))
    shown = settled(desk, "read")
    assert shown["pricing"]["category"] == "utility"
    assert (shown["callback_data"], shown["template"], shown["category"]) == ("order-7", "order_update", "UTILITY")
    assert [step["status"] for step in shown["statuses"]] == ["sent", "delivered", "read"]


def test_media_tells_its_size_and_name(desk: Desk) -> None:
    data = base64.b64encode(b"%PDF-1.4").decode()
    document = {"data": data, "mime_type": "application/pdf", "filename": "Receipt.pdf"}
    desk.control("reply", {"from": PHONE, "document": document})
    found = state(desk)
    media = found["messages"][0]["media"]
    assert (media["kind"], media["filename"], media["size"]) == ("document", "Receipt.pdf", 8)
    assert (found["phones"][0]["kind"], found["phones"][0]["text"]) == ("document", "Receipt.pdf")


def test_delivered_messages_are_unread_until_the_person_reads(desk: Desk) -> None:
    desk.control("reply", {"from": PHONE, "text": "Hi"})
    desk.control(f"people/{DIGITS}", {"reads": False})
    for text in ("One", "Two"):
        desk.send(text_send(text))
    until(lambda: state(desk)["phones"][0]["unread"] == 2)
    desk.control(f"people/{DIGITS}", {"reads": True})
    until(lambda: state(desk)["phones"][0]["unread"] == 0)


def test_people_without_messages_come_last(desk: Desk) -> None:
    desk.control("people/263772000002", {"name": "Rudo"})
    desk.control("reply", {"from": PHONE, "text": "Hi"})
    desk.control("people/27821234003", {"name": "Chipo"})
    assert [line["phone"] for line in state(desk)["phones"]] == [DIGITS, "27821234003", "263772000002"]


@pytest.mark.parametrize("find", ["TARI", "%2B263 77 123", "771234", "ariro"])
def test_people_are_found(desk: Desk, find: str) -> None:
    desk.control("reply", {"from": PHONE, "text": "Hi", "name": "Tariro"})
    desk.control("reply", {"from": "+263772000002", "text": "Hi", "name": "Rudo"})
    found = state(desk, f"find={find.replace(' ', '%20')}")
    assert [line["name"] for line in found["phones"]] == ["Tariro"]


def test_quotation_tells_the_kind_of_what_is_quoted(desk: Desk) -> None:
    place = desk.control("reply", {"from": PHONE, "location": {"latitude": -17.8, "longitude": 31.0, "name": "Mall"}})
    desk.control("reply", {"from": PHONE, "text": "There", "context": place["wamid"]})
    quoted = state(desk)["messages"][1]["quoted"]
    assert quoted == {"wamid": place["wamid"], "kind": "location", "text": "Mall", "outbound": False}


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"reaction": {"emoji": "👍"}}, "Reacted 👍"),
        ({"reaction": {}}, "Took a reaction back"),
        ({"edit": {"message": {"type": "text", "text": {"body": "Hello"}}}}, "Edited: Hello"),
        ({"revoke": {}}, "Deleted a message"),
    ],
)
def test_list_says_what_happened_to_a_message(desk: Desk, said: dict[str, Any], line: str) -> None:
    wamid = desk.control("reply", {"from": PHONE, "text": "Helo"})["wamid"]
    kind, content = next(iter(said.items()))
    target = "message_id" if kind == "reaction" else "original_message_id"
    desk.control("reply", {"from": PHONE, kind: {target: wamid, **content}})
    assert state(desk)["phones"][0]["text"] == line
