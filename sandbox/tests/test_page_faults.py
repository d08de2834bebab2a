from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.tests.desk import ORDER, PHONE, Desk, order
from sandbox.tests.page_checks import check_dark, check_small_screen

RECIPES = "async () => (await import('/static/fault_recipes.js')).RECIPES.map(({ fault }) => fault)"


def test_fault_of_the_form_acts_on_the_next_send(page: Page, desk: Desk) -> None:
    desk.approved(ORDER)
    page.goto("/faults")
    expect(page.get_by_text("Nothing goes wrong at the moment.")).to_be_visible()
    page.get_by_label("What happens").select_option("throttle")
    page.get_by_label("Person").fill(PHONE)
    page.get_by_label("Retry-After", exact=True).fill("7")
    page.get_by_role("button", name="Set it").click()
    card = page.locator(".fault")
    expect(card).to_contain_text("to 263771234567")
    expect(card.get_by_text("waits", exact=True)).to_be_visible()
    assert desk.send(order("Tariro", "A-19", to="+263770000002")).status == 200
    answer = desk.send(order("Tariro", "A-19"))
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    expect(card.get_by_text("done", exact=True)).to_be_visible()
    expect(card).to_contain_text("seen 1 · acted 1 · 0 left")
    page.get_by_role("button", name="Take back: Throttled").click()
    expect(card).to_have_count(0)


def test_what_is_wrong_stands_beside_its_field(page: Page, desk: Desk) -> None:
    page.goto("/faults")
    page.get_by_text("Not each time").click()
    page.get_by_label("Share").fill("0.5")
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("alert").filter(has_text="Needs a seed, so that it can happen again")).to_be_visible()
    expect(page.get_by_label("Share")).to_be_focused()
    page.get_by_label("Seed", exact=True).fill("3")
    page.get_by_role("button", name="Set it").click()
    expect(page.locator(".fault")).to_contain_text("once, on 50% of them, seed 3")


def test_kinds_follow_the_target(page: Page, desk: Desk) -> None:
    page.goto("/faults")
    kind = page.get_by_label("What happens")
    expect(kind).to_have_value("latency")
    page.get_by_label("What it concerns").select_option("webhooks")
    expect(kind).to_have_value("duplicate")
    expect(page.get_by_label("call", exact=True)).to_contain_text('"target":"webhooks","kind":"duplicate"')


def test_situation_fills_the_form(page: Page, desk: Desk) -> None:
    page.goto("/faults")
    page.get_by_role("button", name="429 with Retry-After").click()
    expect(page.get_by_label("Times", exact=True)).to_have_value("3")
    expect(page.get_by_label("Retry-After", exact=True)).to_have_value("5")
    expect(page.get_by_role("button", name="Set it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".fault")).to_contain_text("3 times")


def test_every_situation_is_one_that_the_sandbox_knows(page: Page, desk: Desk) -> None:
    page.goto("/faults")
    for fault in page.evaluate(RECIPES):
        desk.control("faults", fault)


@pytest.mark.parametrize(("seed", "seeds"), [("1", [1000, 1001, 1002]), ("4", [4000, 4001, 4002])])
def test_whole_day_starts_with_its_seed(page: Page, desk: Desk, seed: str, seeds: list[int]) -> None:
    page.goto("/faults")
    page.get_by_label("Seed of the day").fill(seed)
    page.get_by_role("button", name="Start throttled").click()
    expect(page.locator(".fault")).to_have_count(3)
    assert [fault["seed"] for fault in desk.control("faults", method="GET")["faults"]] == seeds
    page.get_by_role("button", name="Take all back").click()
    expect(page.get_by_text("Nothing goes wrong at the moment.")).to_be_visible()


def test_form_keeps_what_is_typed_while_faults_change(page: Page, desk: Desk) -> None:
    page.goto("/faults")
    page.get_by_label("Person").fill("+2637")
    desk.fault("html")
    expect(page.locator(".fault")).to_have_count(1)
    expect(page.get_by_label("Person")).to_have_value("+2637")
    expect(page.get_by_label("Person")).to_be_focused()


def test_small_screen(browser: Browser, desk: Desk) -> None:
    desk.fault("throttle", to=PHONE, every=3, seed=1, probability=0.5)
    check_small_screen(browser, desk, "/faults", ".fault")


def test_dark(browser: Browser, desk: Desk) -> None:
    check_dark(browser, desk, "/faults", ".recipe")
