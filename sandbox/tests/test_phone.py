from __future__ import annotations

import pytest

from sandbox.tests.desk import LOGIN, PHONE, Desk, login


@pytest.mark.parametrize("path", ["/", "/templates", "/static/phone.css", "/static/phone.js", "/static/icon.svg"])
def test_page_loads_nothing_from_elsewhere(desk: Desk, path: str) -> None:
    answer = desk.call("GET", path)
    assert answer.status == 200
    assert b"https://" not in answer.raw.replace(b"https?://", b"")


def test_phone_with_the_latest_message_stands_first(desk: Desk) -> None:
    for phone in (PHONE, "+263770000001", PHONE):
        desk.control("reply", {"from": phone, "text": "Hi"})
    phones = desk.get("/phone/state")["phones"]
    assert [(phone["phone"], phone["count"]) for phone in phones] == [("263771234567", 2), ("263770000001", 1)]


def test_chat_shows_the_code_and_its_button(desk: Desk) -> None:
    desk.approved(LOGIN)
    desk.send(login("482913"))
    shown = desk.get("/phone/state?phone=263771234567")["messages"][0]
    assert shown["body"].startswith("*482913* is your verification code.")
    assert shown["buttons"][0]["code"] == "482913"


def test_unchanged_state_is_answered_with_its_version_only(desk: Desk) -> None:
    desk.control("reply", {"from": PHONE, "text": "Hi"})
    version = desk.get("/phone/state")["version"]
    assert desk.get(f"/phone/state?version={version}") == {"version": version}
