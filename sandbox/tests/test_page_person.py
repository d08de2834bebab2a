"""The drawer of a person, what changes without a reload, and who is in the list."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from sandbox.tests.desk import PHONE, Desk, Receiver, text_send, until

DIGITS = "263771234567"


def wrote(desk: Desk, text: str = "Hi", **more: Any) -> None:
    desk.control("reply", {"from": PHONE, "text": text, "name": "Tariro", **more})


def open_settings(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Settings of this person").click()


def test_phone_off_and_on_changes_ticks_without_a_reload(page: Page, desk: Desk) -> None:
    wrote(desk)
    open_settings(page)
    page.get_by_role("switch", name="Phone is on").uncheck()
    expect(page.get_by_text("Tariro’s phone is off")).to_be_visible()
    desk.send(text_send("Are you there?"))
    message = page.locator(".message", has_text="Are you there?")
    expect(message.get_by_role("img", name="sent")).to_be_visible()
    expect(message).to_have_class(re.compile("waiting"))
    expect(message).to_contain_text("Not on the phone yet")
    page.evaluate("window.same = true")
    page.get_by_role("button", name="Switch on").click()
    expect(message.get_by_role("img", name="read")).to_be_visible()
    expect(message).not_to_have_class(re.compile("waiting"))
    expect(page.get_by_role("switch", name="Phone is on")).to_be_checked()
    assert page.evaluate("window.same")


def test_blocked_person_cannot_write_until_unblocking(page: Page, desk: Desk) -> None:
    wrote(desk)
    open_settings(page)
    page.get_by_role("switch", name="Has blocked the business").check()
    expect(page.get_by_placeholder("Write as Tariro")).to_be_hidden()
    expect(page.get_by_text("Tariro has blocked the business.")).to_be_visible()
    page.get_by_role("button", name="Unblock").click()
    expect(page.get_by_placeholder("Write as Tariro")).to_be_visible()
    assert desk.control(f"people/{DIGITS}", method="GET")["blocked"] is False


def test_change_of_number_moves_the_chat(page: Page, listened: Desk, receiver: Receiver) -> None:
    wrote(listened)
    open_settings(page)
    page.get_by_role("button", name="Change number").click()
    page.get_by_label("New number").fill("+263 77 765 4321")
    page.get_by_role("dialog").get_by_role("button", name="Change number").click()
    expect(page.locator(".system")).to_contain_text("changed from 263771234567 to 263777654321")
    expect(page).to_have_url(re.compile("#263777654321$"))
    told = until(lambda: receiver.values("messages")[1:])[0]
    assert (told["type"], told["from"]) == ("system", DIGITS)


def test_failures_are_simulated_by_code(page: Page, desk: Desk) -> None:
    wrote(desk)
    open_settings(page)
    page.get_by_label("Answer sends with an error").select_option("131056")
    expect(page.get_by_text("Sends are refused with 131056")).to_be_visible()
    assert desk.send(text_send()).error["code"] == 131056
    page.get_by_role("button", name="Accept again").click()
    expect(page.get_by_label("Answer sends with an error")).to_have_value("0")
    page.get_by_label("Let accepted messages fail").select_option("131049")
    desk.control(f"people/{DIGITS}", {"name": "Tariro"})
    until(lambda: desk.control(f"people/{DIGITS}", method="GET")["fail"] == 131049)
    desk.send(text_send("Too much"))
    expect(page.locator(".message", has_text="Too much")).to_contain_text("Kept back by Meta (131049)")


def test_window_is_closed_and_opened(page: Page, desk: Desk) -> None:
    wrote(desk)
    open_settings(page)
    expect(page.locator(".windows")).to_contain_text(re.compile(r"Open until \d\d:\d\d, 2\d h left"))
    page.get_by_role("button", name="Close the window").click()
    expect(page.locator(".windows")).to_contain_text("Closed: only templates arrive")
    page.get_by_role("button", name="Open the window").click()
    expect(page.locator(".windows")).to_contain_text("Open until")


def test_what_is_typed_and_scrolled_survives_new_messages(page: Page, desk: Desk) -> None:
    for number in range(40):
        wrote(desk, f"Line {number}")
    page.goto("/")
    expect(page.get_by_text("Line 39").last).to_be_in_viewport()
    page.get_by_placeholder("Write as Tariro").fill("Half a sent")
    page.locator("#wall").evaluate("wall => { wall.scrollTop = 0; }")
    desk.send(text_send("Something new"))
    expect(page.get_by_role("button", name="1 new message")).to_be_visible()
    assert page.locator("#wall").evaluate("wall => wall.scrollTop") == 0
    expect(page.get_by_placeholder("Write as Tariro")).to_have_value("Half a sent")
    expect(page.get_by_placeholder("Write as Tariro")).to_be_focused()
    page.get_by_role("button", name="1 new message").click()
    expect(page.locator(".message", has_text="Something new")).to_be_in_viewport()


def test_open_details_follow_the_message(page: Page, desk: Desk) -> None:
    wrote(desk)
    desk.control(f"people/{DIGITS}", {"offline": True})
    desk.send(text_send("Wait for it"))
    page.goto("/")
    message = page.locator(".message", has_text="Wait for it")
    expect(message.get_by_role("img", name="sent")).to_be_visible()
    message.locator(".meta").click()
    details = page.get_by_role("dialog", name="Message details")
    expect(details.locator(".steps li")).to_have_count(2)
    desk.control(f"people/{DIGITS}", {"offline": False})
    expect(details.locator(".steps li")).to_have_count(4)


def test_first_person_is_added_from_the_empty_page(page: Page, desk: Desk) -> None:
    page.goto("/")
    expect(page.locator(".code-block")).to_contain_text(
        f"{desk.server.url}/v25.0/{desk.options.phone_number_id}/messages"
    )
    page.get_by_role("button", name="Add a person").click()
    page.get_by_label("Number with country code").fill("+263 77 200 0002")
    page.get_by_label("Name, if you like").fill("Rudo")
    page.get_by_role("button", name="Start chat").click()
    expect(page.locator(".message.mine")).to_contain_text("Hi")
    expect(page.locator(".line[aria-current]")).to_contain_text("Rudo")
    expect(page).to_have_url(re.compile("#263772000002$"))


def test_search_finds_by_name_and_number(page: Page, desk: Desk) -> None:
    wrote(desk)
    desk.control("reply", {"from": "+263772000002", "text": "Hello", "name": "Rudo"})
    page.goto("/")
    expect(page.locator(".line")).to_have_count(2)
    for text, name in (("tari", "Tariro"), ("77 200", "Rudo")):
        page.get_by_placeholder("Name or number").fill(text)
        expect(page.locator(".line")).to_have_count(1)
        expect(page.locator(".line")).to_contain_text(name)
    page.get_by_placeholder("Name or number").fill("nobody")
    expect(page.get_by_text("Nobody matches")).to_be_visible()


def test_typing_of_the_business_shows(page: Page, desk: Desk) -> None:
    wamid = desk.control("reply", {"from": PHONE, "text": "Hi"})["wamid"]
    page.goto("/")
    typing = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": wamid,
        "typing_indicator": {"type": "text"},
    }
    desk.send(typing)
    expect(page.locator(".typing")).to_be_visible()
    expect(page.locator(".message.mine").get_by_role("img", name="read")).to_be_visible()
    desk.send(text_send("Here"))
    expect(page.locator(".typing")).to_be_hidden()


def test_number_of_the_business_is_chosen(page: Page, listened: Desk, receiver: Receiver) -> None:
    wrote(listened)
    added = listened.control("numbers", {"display": "+1 555-078-3882"})
    page.goto("/")
    page.get_by_label("Number of the business").select_option(added["id"])
    page.get_by_placeholder("Write as Tariro").fill("To the other one")
    page.keyboard.press("Enter")
    expect(page.locator(".message", has_text="To the other one")).to_contain_text("to +1 555-078-3882")
    told = until(lambda: [body for body in receiver.bodies if "To the other one" in str(body)])
    assert told[0]["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] == added["id"]
