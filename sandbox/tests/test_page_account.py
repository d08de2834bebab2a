from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from sandbox.tests.browsing import opened
from sandbox.tests.desk import LOGIN, ORDER, PHONE, Desk, Receiver, login, running, until
from sandbox.tests.page_checks import check_dark, check_small_screen


def test_credentials_are_copied_as_an_env_block(page: Page, desk: Desk) -> None:
    page.goto("/account")
    page.get_by_role("button", name="Copy Phone number id").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == desk.options.phone_number_id
    page.get_by_role("button", name="Copy as .env").click()
    expect(page.get_by_role("status").filter(has_text="The .env block is copied")).to_be_visible()
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert f"WHATSAPP_GRAPH_URL={desk.server.url}" in lines
    assert f"WHATSAPP_ACCESS_TOKEN={desk.options.access_token}" in lines


def test_clock_moves_and_what_falls_due_happens(page: Page, desk: Desk) -> None:
    desk.approved(ORDER)
    desk.control("templates/order_update/pause", {})
    before = desk.control("clock", method="GET")["now"]
    page.goto("/account")
    expect(page.get_by_text("the pause of a template ends")).to_be_visible()
    page.get_by_label("Another step").fill("4")
    page.get_by_label("Unit").first.select_option("3600")
    page.get_by_role("button", name="Advance").click()
    expect(page.get_by_role("status").filter(has_text="4 h later: 1 step happened")).to_be_visible()
    expect(page.get_by_text("Nothing is planned.")).to_be_visible()
    expect(page.get_by_text("4 h ahead of this computer")).to_be_visible()
    assert desk.control("clock", method="GET")["now"] >= before + 4 * 3600
    assert desk.control("templates", method="GET")["templates"][0]["status"] == "APPROVED"


def test_manual_clock_stands_still(browser: Browser) -> None:
    with running(clock="manual") as desk, opened(browser, desk) as page:
        page.goto("/account")
        expect(page.get_by_text("stands still until it is moved")).to_be_visible()
        before = desk.control("clock", method="GET")["now"]
        shown = page.locator("#now").inner_text()
        page.get_by_role("button", name="+ 24 h").click()
        expect(page.locator("#now")).not_to_have_text(shown)
        assert desk.control("clock", method="GET")["now"] == before + 24 * 3600


def test_number_is_added_and_its_quality_told(page: Page, listened: Desk, receiver: Receiver) -> None:
    page.goto("/account")
    page.get_by_role("button", name="Add a number").click()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert").filter(has_text="A phone number is required")).to_be_visible()
    page.get_by_label("Number", exact=True).fill("+263 77 200 0001")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".number")).to_have_count(2)
    page.get_by_role("button", name="Change +263 77 200 0001").click()
    page.get_by_label("Quality").select_option("RED")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".number").last.get_by_text("Low quality")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    until(lambda: receiver.bodies)
    change = receiver.bodies[0]["entry"][0]["changes"][0]
    assert (change["field"], change["value"]["event"]) == ("phone_number_quality_update", "FLAGGED")


def test_token_expires_and_comes_back(page: Page, desk: Desk) -> None:
    page.goto("/account")
    page.get_by_label("The access token has expired").check()
    expect(page.get_by_role("status").filter(has_text="The token has expired")).to_be_visible()
    assert desk.call("GET", f"/v25.0/{desk.options.waba_id}").error["code"] == 190
    desk.control("token", {"expired": False})
    expect(page.get_by_label("The access token has expired")).not_to_be_checked()


def test_app_is_unsubscribed(page: Page, listened: Desk) -> None:
    page.goto("/account")
    page.get_by_label("The app is subscribed to the account").uncheck()
    expect(page.get_by_role("status").filter(has_text="No longer subscribed")).to_be_visible()
    assert listened.control("health", method="GET")["webhook"]["subscribed"] is False


def test_limits_are_switched_on_and_their_use_is_seen(page: Page, desk: Desk) -> None:
    desk.approved(LOGIN)
    page.goto("/account")
    page.get_by_label("Meta's limits hold").check()
    page.get_by_label("Messaging limit").select_option("TIER_250")
    expect(page.get_by_text("0 of 250")).to_be_visible()
    assert desk.send(login()).status == 200
    expect(page.get_by_text("1 of 250")).to_be_visible()
    assert desk.control("limits", method="GET")["enforced"] is True


def test_meta_says_something_about_the_account(page: Page, listened: Desk, receiver: Receiver) -> None:
    page.goto("/account")
    page.get_by_label("Field").select_option("account_review_update")
    page.get_by_label("Begin with").select_option(label="Rejected")
    page.get_by_role("button", name="Say it").click()
    until(lambda: receiver.bodies)
    change = receiver.bodies[0]["entry"][0]["changes"][0]
    assert change == {"field": "account_review_update", "value": {"decision": "REJECTED"}}


def test_what_is_exported_comes_back_after_a_reset(page: Page, desk: Desk, tmp_path: Path) -> None:
    desk.approved(LOGIN)
    wamid = desk.send(login()).json["messages"][0]["id"]
    page.goto("/account")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / "everything.json"
    download.value.save_as(file)
    assert json.loads(file.read_text())["messages"][0]["wamid"] == wamid
    page.get_by_role("button", name="Reset…").click()
    page.get_by_role("dialog", name="Back to the start?").get_by_role("button", name="Reset").click()
    expect(page.get_by_role("status").filter(has_text="As new")).to_be_visible()
    assert desk.control("messages", method="GET")["messages"] == []
    page.get_by_label("File to import").set_input_files(file)
    page.get_by_role("dialog", name="Replace everything?").get_by_role("button", name="Replace").click()
    expect(page.get_by_role("status").filter(has_text="It is read in")).to_be_visible()
    assert desk.message(wamid)["to"] == PHONE.lstrip("+")


def test_file_that_is_no_export_changes_nothing(page: Page, desk: Desk, tmp_path: Path) -> None:
    desk.approved(LOGIN)
    file = tmp_path / "other.json"
    file.write_text("{")
    page.goto("/account")
    page.get_by_label("File to import").set_input_files(file)
    expect(page.get_by_role("alert").filter(has_text="other.json is not JSON")).to_be_visible()
    file.write_text("{}")
    page.get_by_label("File to import").set_input_files(file)
    page.get_by_role("button", name="Replace").click()
    expect(page.get_by_role("alert").filter(has_text="meta: meta is missing")).to_be_visible()
    assert len(desk.control("templates", method="GET")["templates"]) == 1


def test_reset_can_be_declined(page: Page, desk: Desk) -> None:
    desk.approved(LOGIN)
    page.goto("/account")
    page.get_by_role("button", name="Reset…").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert desk.control("templates", method="GET")["templates"]


def test_small_screen(browser: Browser, desk: Desk) -> None:
    check_small_screen(browser, desk, "/account", ".number")


def test_dark(browser: Browser, desk: Desk) -> None:
    check_dark(browser, desk, "/account", ".number")
