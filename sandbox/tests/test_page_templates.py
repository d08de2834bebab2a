from __future__ import annotations

import copy
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.tests.browsing import SMALL, opened
from sandbox.tests.desk import BODY, LOGIN, ORDER, Desk, Receiver, until
from sandbox.tests.page_checks import check_dark, check_small_screen, check_width

HEADER = {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["A-19"]}}
BUTTONS = {
    "type": "BUTTONS",
    "buttons": [
        {
            "type": "URL",
            "text": "Track",
            "url": "https://shop.example/t/{{1}}",
            "example": ["https://shop.example/t/A"],
        },
        {"type": "COPY_CODE", "example": "WARM20"},
        {"type": "QUICK_REPLY", "text": "Stop"},
    ],
}
FULL = {**ORDER, "name": "full", "category": "MARKETING", "components": [HEADER, BODY, BUTTONS]}
NAMED = {
    **ORDER,
    "name": "named",
    "parameter_format": "NAMED",
    "components": [
        {
            "type": "BODY",
            "text": "You received {{amount}} from {{sender}}, and it is in your wallet already.",
            "example": {
                "body_text_named_params": [
                    {"param_name": "amount", "example": "USD 25.00"},
                    {"param_name": "sender", "example": "Chipo"},
                ]
            },
        }
    ],
}
PICTURE = {
    **ORDER,
    "name": "picture",
    "components": [{"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1hZ2U"]}}, BODY],
}
EXAMPLE = "async (template) => (await import('/static/template_looks.js')).exampleSend(template)"


def show(page: Page, name: str) -> None:
    page.goto("/templates")
    page.get_by_role("button", name=name, exact=True).click()


def test_without_templates_the_page_teaches_the_call(page: Page) -> None:
    page.goto("/templates")
    expect(page.get_by_role("heading", name="No templates yet")).to_be_visible()
    expect(page.get_by_label("command", exact=True)).to_contain_text("/message_templates")


def test_card_is_rejected_with_a_reason_and_approved_live(page: Page, listened: Desk, receiver: Receiver) -> None:
    listened.approved(ORDER)
    show(page, "order_update")
    pane = page.get_by_role("dialog")
    pane.get_by_label("Reason").select_option("SCAM")
    pane.get_by_role("button", name="Reject").click()
    card = page.get_by_role("listitem").filter(has_text="order_update")
    expect(card.get_by_text("Rejected: Scam")).to_be_visible()
    expect(pane.get_by_text("Rejected: Scam")).to_be_visible()
    told = until(lambda: [review for review in receiver.reviews if review["event"] == "REJECTED"])
    assert told[0]["reason"] == "SCAM"
    listened.control("templates/order_update/approve", {})
    expect(card.get_by_text("Approved")).to_be_visible()
    expect(pane.get_by_role("button", name="Reject")).to_be_visible()


def test_what_is_chosen_survives_what_happens_elsewhere(page: Page, desk: Desk) -> None:
    desk.approved(ORDER, LOGIN)
    show(page, "order_update")
    pane = page.get_by_role("dialog")
    pane.get_by_label("Reason").select_option("SCAM")
    pane.get_by_text("Components as JSON").click()
    desk.control("templates/login_code/pause", {})
    expect(page.locator(".template").get_by_text("Paused", exact=True)).to_be_visible()
    expect(pane.get_by_label("Reason")).to_have_value("SCAM")
    expect(pane.get_by_label("components", exact=True)).to_be_visible()


def test_quick_acts_follow_the_status(page: Page, desk: Desk) -> None:
    desk.approved(ORDER)
    page.goto("/templates")
    page.get_by_role("button", name="Pause order_update").click()
    expect(page.get_by_text("Paused for low quality, for the first time: 3 hours")).to_be_visible()
    page.get_by_role("button", name="Unpause order_update").click()
    expect(page.get_by_role("button", name="Pause order_update")).to_be_visible()


def test_quality_category_and_removal(page: Page, desk: Desk) -> None:
    desk.approved(ORDER)
    show(page, "order_update")
    pane = page.get_by_role("dialog").first
    pane.get_by_label("People's opinion").select_option("RED")
    pane.get_by_role("button", name="Change").nth(1).click()
    expect(page.locator(".template").get_by_text("Low quality")).to_be_visible()
    pane.get_by_label("Meta moves it to").select_option("MARKETING")
    pane.get_by_label("When").select_option("day")
    pane.get_by_role("button", name="Change").first.click()
    expect(pane.get_by_text("Becomes marketing")).to_be_visible()
    pane.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog", name="Delete this template?").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No templates yet")).to_be_visible()
    assert not desk.control("templates", method="GET")["templates"]


@pytest.mark.parametrize("template", [ORDER, LOGIN, FULL, NAMED, PICTURE], ids=lambda template: template["name"])
def test_example_of_a_send_is_taken(page: Page, desk: Desk, template: Any) -> None:
    desk.approved(copy.deepcopy(template))
    page.goto("/templates")
    record = desk.control("templates", method="GET")["templates"][0]
    answer = desk.send(page.evaluate(EXAMPLE, record))
    assert answer.status == 200, answer.raw


def test_variables_can_be_filled_with_their_examples(page: Page, desk: Desk) -> None:
    desk.approved(ORDER)
    page.goto("/templates")
    card = page.locator(".template")
    expect(card.locator(".variable").first).to_have_text("{{1}}")
    page.get_by_role("button", name="Fill in examples").click()
    expect(card).to_contain_text("Hello Tariro, order A-19")


def test_form_adds_a_template_and_says_what_is_wrong(page: Page, desk: Desk) -> None:
    page.goto("/templates")
    page.get_by_role("button", name="Add a template").click()
    editor = page.get_by_label("The template, as it is created at Meta")
    good = editor.input_value()
    editor.fill("{")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert").filter(has_text="not JSON yet")).to_be_visible()
    editor.fill(good.replace("order_update", "Order-Update"))
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert").filter(has_text="only lower-case letters")).to_be_visible()
    editor.fill(good)
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".template")).to_contain_text("order_update")
    expect(page.get_by_role("heading", name="order_update Approved")).to_be_visible()


@pytest.mark.parametrize("example", ["Utility", "Authentication", "Marketing", "Utility: variables by name"])
def test_examples_of_the_form_pass_a_review(page: Page, desk: Desk, example: str) -> None:
    page.goto("/templates")
    page.get_by_role("button", name="Add a template").click()
    labels = page.get_by_label("Begin with").locator("option").all_inner_texts()
    page.get_by_label("Begin with").select_option(label=next(label for label in labels if label.startswith(example)))
    page.get_by_label("Review").select_option("review")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".template").get_by_text("Approved")).to_be_visible()


def test_filters_count_what_they_leave(page: Page, desk: Desk) -> None:
    desk.approved(ORDER, LOGIN)
    page.goto("/templates")
    expect(page.get_by_text("2 templates")).to_be_visible()
    page.locator("#category").select_option("AUTHENTICATION")
    expect(page.get_by_text("1 of 2 templates")).to_be_visible()
    page.get_by_label("Text", exact=True).fill("order")
    expect(page.get_by_role("heading", name="None of them")).to_be_visible()


def test_small_screen_shows_one_template_over_the_page(browser: Browser, desk: Desk) -> None:
    desk.approved(ORDER, LOGIN)
    check_small_screen(browser, desk, "/templates", ".template")
    with opened(browser, desk, size=SMALL) as page:
        show(page, "login_code")
        expect(page.get_by_role("dialog").get_by_text("What Meta can do")).to_be_visible()
        check_width(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.get_by_role("button", name="login_code", exact=True)).to_be_focused()


def test_dark(browser: Browser, desk: Desk) -> None:
    desk.approved(ORDER)
    check_dark(browser, desk, "/templates", ".template")
