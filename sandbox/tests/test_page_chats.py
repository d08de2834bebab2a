"""What the person of a chat sees and does, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from sandbox.tests.browsing import SMALL, opened
from sandbox.tests.desk import LOGIN, ORDER, PHONE, Desk, Receiver, login, order, text_send, until

DIGITS = "263771234567"
ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)


def interactive(content: dict[str, Any]) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": PHONE, "type": "interactive", "interactive": content}


BUTTONS = interactive(
    {
        "type": "button",
        "body": {"text": "Shall we?"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "yes", "title": "Yes, please"}},
                {"type": "reply", "reply": {"id": "no", "title": "No"}},
            ]
        },
    }
)
LIST = interactive(
    {
        "type": "list",
        "body": {"text": "Where to?"},
        "action": {
            "button": "Choose a wallet",
            "sections": [{"title": "Wallets", "rows": [{"id": "usd", "title": "USD", "description": "Ends in 4567"}]}],
        },
    }
)


def wrote(desk: Desk, text: str = "Hi", **more: Any) -> str:
    return str(desk.control("reply", {"from": PHONE, "text": text, "name": "Tariro", **more})["wamid"])


def bubble(page: Page, text: str) -> Locator:
    return page.locator(".message", has_text=text)


def test_code_reaches_the_clipboard(page: Page, desk: Desk) -> None:
    desk.approved(LOGIN)
    desk.send(login("482913"))
    page.goto("/")
    page.get_by_role("button", name="Copy code").click()
    expect(page.get_by_text("Code 482913 copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "482913"


def test_text_goes_to_the_business_and_shows_at_once(page: Page, listened: Desk, receiver: Receiver) -> None:
    wrote(listened)
    page.goto("/")
    page.get_by_placeholder("Write as Tariro").fill("Where is my *order*?")
    page.keyboard.press("Enter")
    expect(page.locator(".message.mine strong")).to_have_text("order")
    expect(page.get_by_placeholder("Write as Tariro")).to_have_value("")
    sent = until(lambda: receiver.values("messages")[1:])[0]
    assert (sent["type"], sent["text"]["body"]) == ("text", "Where is my *order*?")


def test_reply_button_arrives_as_its_webhook(page: Page, listened: Desk, receiver: Receiver) -> None:
    wrote(listened)
    wamid = listened.send(BUTTONS).json["messages"][0]["id"]
    page.goto("/")
    page.get_by_role("button", name="Yes, please").click()
    told = until(lambda: receiver.values("messages")[1:])[0]
    assert told["interactive"] == {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes, please"}}
    assert told["context"]["id"] == wamid


def test_row_of_a_list_arrives_as_its_webhook(page: Page, listened: Desk, receiver: Receiver) -> None:
    wrote(listened)
    listened.send(LIST)
    page.goto("/")
    page.get_by_role("button", name="Choose a wallet").click()
    sheet = page.get_by_role("dialog", name="Choose a wallet")
    sheet.get_by_text("USD", exact=True).click()
    sheet.get_by_role("button", name="Send").click()
    expect(sheet).to_be_hidden()
    told = until(lambda: receiver.values("messages")[1:])[0]
    assert told["interactive"]["list_reply"] == {"id": "usd", "title": "USD", "description": "Ends in 4567"}


def test_location_request_sends_a_place(page: Page, listened: Desk, receiver: Receiver) -> None:
    wrote(listened)
    asks = {"type": "location_request_message", "body": {"text": "Where?"}, "action": {"name": "send_location"}}
    listened.send(interactive(asks))
    page.goto("/")
    page.get_by_role("button", name="Send location").click()
    page.get_by_label("Name", exact=True).fill("First Street Mall")
    page.get_by_role("dialog").get_by_role("button", name="Send location").click()
    told = until(lambda: receiver.values("messages")[1:])[0]
    assert told["location"]["name"] == "First Street Mall"
    expect(page.locator(".message.mine .location")).to_contain_text("First Street Mall")


def test_reaction_and_taking_it_back(page: Page, listened: Desk, receiver: Receiver) -> None:
    wrote(listened)
    listened.send(text_send("Good news"))
    page.goto("/")
    message = bubble(page, "Good news")
    message.hover()
    message.get_by_role("button", name="React", exact=True).click()
    page.get_by_role("button", name="React with 👍").click()
    expect(message.locator(".reaction")).to_have_text("👍")
    message.locator(".reaction").click()
    page.get_by_role("button", name="Remove").click()
    expect(message.locator(".reaction")).to_have_count(0)
    reactions = until(lambda: receiver.values("messages")[2:])
    assert "emoji" not in reactions[0]["reaction"]


def test_reply_quotes_the_message(page: Page, listened: Desk, receiver: Receiver) -> None:
    wrote(listened)
    wamid = listened.send(text_send("Which colour?")).json["messages"][0]["id"]
    page.goto("/")
    message = bubble(page, "Which colour?")
    message.hover()
    message.get_by_role("button", name="Reply", exact=True).click()
    expect(page.locator(".answering")).to_contain_text("Which colour?")
    page.keyboard.type("Blue")
    page.keyboard.press("Enter")
    answer = bubble(page, "Blue")
    expect(answer.locator(".quotation")).to_contain_text("Which colour?")
    expect(page.locator(".answering")).to_be_empty()
    assert until(lambda: receiver.values("messages")[1:])[0]["context"]["id"] == wamid
    answer.locator(".quotation").click()
    expect(message.first).to_have_class(re.compile("pointed"))


def test_picture_is_sent_and_shown(page: Page, listened: Desk, receiver: Receiver, tmp_path: Path) -> None:
    picture = tmp_path / "receipt.png"
    picture.write_bytes(ONE_PIXEL)
    wrote(listened)
    page.goto("/")
    page.get_by_role("button", name="Attach").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("menuitem", name="Photo or video").click()
    chooser.value.set_files(picture)
    page.get_by_label("Caption").fill("The receipt")
    page.get_by_role("dialog").get_by_role("button", name="Send").click()
    shown = bubble(page, "The receipt").locator("img")
    expect(shown).to_be_visible()
    told = until(lambda: receiver.values("messages")[1:])[0]
    assert told["image"]["mime_type"] == "image/png"
    assert listened.call("GET", f"/phone/media/{told['image']['id']}").raw == ONE_PIXEL


def test_own_message_is_edited_and_deleted(page: Page, desk: Desk) -> None:
    wrote(desk, "Helo")
    page.goto("/")
    message = page.locator(".message.mine")
    message.hover()
    message.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Edit").click()
    page.get_by_label("Text").fill("Hello")
    page.get_by_role("button", name="Save").click()
    expect(message).to_contain_text("HelloEdited")
    message.hover()
    message.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete for everyone").click()
    expect(message).to_contain_text("This message was deleted")


def test_details_tell_statuses_price_and_callback_data(page: Page, desk: Desk) -> None:
    desk.approved(ORDER)
    wamid = desk.send(order("Tariro", "A-19", biz_opaque_callback_data="order-7")).json["messages"][0]["id"]
    page.goto("/")
    expect(page.locator(".under")).to_have_text("order_update · utility")
    page.locator(".message .meta").click()
    details = page.get_by_role("dialog", name="Message details")
    expect(details.locator(".steps li")).to_contain_text(["Accepted", "Sent", "Delivered", "Read"])
    expect(details).to_contain_text("Billable · utility · regular")
    expect(details).to_contain_text("order-7")
    expect(details.get_by_role("link", name="Its webhooks")).to_have_attribute(
        "href", re.compile(rf"wamid={wamid.replace('=', '%3D')[:20]}")
    )
    details.get_by_role("button", name="Copy Message id").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == wamid
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()


def test_failure_is_explained(page: Page, desk: Desk) -> None:
    desk.send(text_send("Out of the window"))
    page.goto("/")
    message = bubble(page, "Out of the window")
    expect(message).to_contain_text("Not delivered: Window closed (131047)")
    message.locator(".meta").click()
    expect(page.get_by_role("dialog", name="Message details")).to_contain_text("Only a template arrives")


def test_small_screen_has_list_and_chat_as_two_screens(browser: Browser, desk: Desk) -> None:
    wrote(desk, "A message with anextremelylongwordthatdoesnotfitonthescreenofaphoneandmustbebrokensomewhere")
    desk.control("reply", {"from": "+263772000002", "text": "Hello", "name": "Rudo"})
    with opened(browser, desk, size=SMALL, dark=True) as page:
        page.goto("/")
        expect(page.locator(".line")).to_have_count(2)
        expect(page.locator("#chat")).to_be_hidden()
        page.locator(".line", has_text="Tariro").click()
        expect(page.locator("#phones")).to_be_hidden()
        expect(bubble(page, "A message with")).to_be_visible()
        assert page.url.endswith(f"#{DIGITS}")
        assert page.evaluate("document.documentElement.scrollWidth") == SMALL["width"]
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 18, 16)"
        page.get_by_role("button", name="Settings of this person").click()
        expect(page.get_by_role("switch", name="Phone is on")).to_be_visible()
        page.keyboard.press("Escape")
        page.go_back()
        expect(page.locator(".line")).to_have_count(2)
        expect(page.locator("#chat")).to_be_hidden()
