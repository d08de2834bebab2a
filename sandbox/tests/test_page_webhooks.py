from __future__ import annotations

import hashlib
import hmac

from playwright.sync_api import Browser, Page, expect

from sandbox.tests.browsing import SMALL, opened
from sandbox.tests.desk import PHONE, Desk, Receiver, until
from sandbox.tests.page_checks import check_dark, check_small_screen, check_width

TEXT = {"from": PHONE, "text": "Hello"}


def signed(desk: Desk, body: bytes) -> str:
    return "sha256=" + hmac.new(desk.options.app_secret.encode(), body, hashlib.sha256).hexdigest()


def drop_many(desk: Desk, count: int) -> None:
    """So many entries, none of which goes out."""
    desk.fault("drop", "webhooks", times="always")
    for _ in range(count):
        desk.control("reply", TEXT)
    until(lambda: desk.control("webhooks?limit=1", method="GET")["counts"]["dropped"] == count)


def test_address_is_set_and_what_is_wrong_is_said(page: Page, desk: Desk, receiver: Receiver) -> None:
    page.goto("/webhooks")
    expect(page.get_by_role("heading", name="No webhook address yet")).to_be_visible()
    page.get_by_role("button", name="Set an address").click()
    page.get_by_role("textbox", name="Address").fill(receiver.url)
    page.get_by_label("Verify token").fill("another")
    page.get_by_role("button", name="Save and verify").click()
    expect(page.get_by_text("refused the verify token (403)")).to_be_visible()
    expect(page.get_by_text("not verified")).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Verify token").fill(desk.options.verify_token)
    page.get_by_role("button", name="Save and verify").click()
    expect(page.locator(".address").get_by_text("verified", exact=True)).to_be_visible()
    page.get_by_role("button", name="Verify again").click()
    expect(page.get_by_role("status").filter(has_text="The address is verified")).to_be_visible()


def test_delivery_appears_live_and_is_resent_with_the_same_bytes(
    page: Page, listened: Desk, receiver: Receiver
) -> None:
    page.goto("/webhooks")
    expect(page.get_by_role("heading", name="Nothing was posted yet")).to_be_visible()
    listened.control("reply", TEXT)
    row = page.get_by_role("button", name="received")
    expect(row).to_contain_text("200 delivered")
    row.click()
    pane = page.get_by_role("dialog")
    expect(pane.get_by_label("body", exact=True)).to_contain_text('"body": "Hello"')
    pane.get_by_role("button", name="Resend").click()
    expect(pane.get_by_text("Answered 200")).to_be_visible()
    expect(pane.get_by_text("2 attempts with the same bytes")).to_be_visible()
    until(lambda: len(receiver.posts) == 2)
    (body, signature), again = receiver.posts
    assert again == (body, signature)
    assert signature == signed(listened, body)


def test_refused_delivery_says_why_and_shows_its_attempts(page: Page, listened: Desk, receiver: Receiver) -> None:
    receiver.answers = [500]
    listened.control("reply", TEXT)
    page.goto("/webhooks")
    listened.control("clock", {"advance": 60})
    page.get_by_role("button", name="500 refused").click()
    pane = page.get_by_role("dialog")
    expect(pane.get_by_text("answered with 500")).to_be_visible()
    expect(pane.get_by_text("2 attempts with the same bytes")).to_be_visible()


def test_signed_command_is_copied(page: Page, listened: Desk, receiver: Receiver) -> None:
    listened.control("reply", {**TEXT, "text": "It's é"})
    page.goto("/webhooks")
    page.get_by_role("button", name="received").click()
    page.get_by_role("button", name="Copy as signed curl").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    command = page.evaluate("navigator.clipboard.readText()")
    body, signature = receiver.posts[0]
    assert f"X-Hub-Signature-256: {signature}" in command
    assert body.decode().replace("'", "'\\''") in command


def test_raw_post_goes_out_unsigned_with_its_headers(page: Page, listened: Desk, receiver: Receiver) -> None:
    receiver.judges = False
    receiver.answers, receiver.body = [401], b"not signed"
    page.goto("/webhooks")
    page.get_by_role("button", name="Send a raw one").click()
    page.get_by_label("Begin with").select_option(label="Garbage")
    page.get_by_label("Signature").select_option("none")
    page.get_by_label("Further headers").fill("nonsense")
    page.get_by_role("button", name="Post it").click()
    expect(page.get_by_role("alert").filter(has_text="Name: value expected")).to_be_visible()
    page.get_by_label("Further headers").fill("X-Test: 1")
    page.get_by_role("button", name="Post it").click()
    expect(page.get_by_text("Answered 401")).to_be_visible()
    expect(page.get_by_text("not signed", exact=True)).to_be_visible()
    assert receiver.posts == [(b'{"object": "whatsapp_business_account", "entry": [{', "")]
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("dialog").get_by_text("It was not signed.")).to_be_visible()


def test_message_id_in_the_address_filters(page: Page, listened: Desk) -> None:
    wanted = listened.control("reply", TEXT)["wamid"]
    listened.control("reply", {"from": "+263770000002", "text": "Other"})
    until(lambda: listened.control("webhooks", method="GET")["delivered"] == 2)
    page.goto(f"/webhooks?wamid={wanted}")
    expect(page.get_by_label("Message id")).to_have_value(wanted)
    expect(page.locator(".delivery")).to_have_count(1)
    page.get_by_role("button", name="All of them").click()
    expect(page.locator(".delivery").first).to_be_visible()
    expect(page.get_by_label("Message id")).to_have_value("")


def test_outcome_is_filtered_by_its_count(page: Page, listened: Desk, receiver: Receiver) -> None:
    receiver.answers = [500]
    listened.control("reply", TEXT)
    page.goto("/webhooks")
    page.get_by_label("Counts").get_by_role("button", name="Failed").click()
    expect(page.get_by_role("heading", name="None of them")).to_be_visible()
    page.get_by_label("Counts").get_by_role("button", name="Refused").click()
    expect(page.locator(".delivery")).to_have_count(1)


def test_older_ones_come_by_page_and_stay(page: Page, listened: Desk) -> None:
    drop_many(listened, 130)
    page.goto("/webhooks")
    rows = page.locator(".delivery")
    expect(rows).to_have_count(100)
    page.get_by_role("button", name="Older").click()
    expect(rows).to_have_count(130)
    expect(page.get_by_role("button", name="Older")).to_be_hidden()
    listened.control("reply", TEXT)
    expect(rows).to_have_count(131)


def test_list_stands_still_while_it_is_read(page: Page, listened: Desk) -> None:
    drop_many(listened, 2)
    page.goto("/webhooks")
    rows = page.locator(".delivery")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Live", exact=True).click()
    listened.control("reply", TEXT)
    page.get_by_role("button", name="1 new: show").click()
    expect(rows).to_have_count(3)
    expect(page.get_by_role("button", name="Live", exact=True)).to_be_visible()


def test_form_of_the_address_survives_what_comes_in(page: Page, listened: Desk) -> None:
    page.goto("/webhooks")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("App secret").fill("half a sec")
    listened.control("reply", TEXT)
    expect(page.locator(".delivery")).to_have_count(1)
    expect(page.get_by_label("App secret")).to_have_value("half a sec")
    expect(page.get_by_label("App secret")).to_be_focused()


def test_arrows_walk_and_escape_gives_the_focus_back(page: Page, listened: Desk) -> None:
    drop_many(listened, 3)
    page.goto("/webhooks")
    rows = page.locator(".delivery")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_text("kept back by a fault")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(rows.nth(1)).to_be_focused()


def test_small_screen_shows_a_delivery_over_the_page(browser: Browser, listened: Desk) -> None:
    listened.control("reply", TEXT)
    check_small_screen(browser, listened, "/webhooks", ".delivery")
    with opened(browser, listened, size=SMALL) as page:
        page.goto("/webhooks")
        page.locator(".delivery").first.click()
        expect(page.get_by_role("dialog").get_by_role("button", name="Resend")).to_be_visible()
        check_width(page)


def test_dark(browser: Browser, listened: Desk) -> None:
    check_dark(browser, listened, "/webhooks", ".count")
