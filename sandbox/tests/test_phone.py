from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from sandbox.tests.desk import LOGIN, PHONE, Desk, login


@pytest.mark.parametrize(
    "path", ["/", "/templates", "/webhooks", "/faults", "/account", "/static/base.css", "/static/shell.js"]
)
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


def test_every_page_opens_without_an_error(page: Page) -> None:
    for path in ("/", "/templates", "/webhooks", "/faults", "/account"):
        page.goto(path)
        expect(page.locator(".place[aria-current]")).to_be_visible()
