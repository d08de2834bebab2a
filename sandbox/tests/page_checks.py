"""What every page has to hold on a small screen and in the dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.tests.browsing import SMALL, opened
from sandbox.tests.desk import Desk

LUMINANCE = """() => {
  const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}"""
WIDER_THAN_SCREEN = """() => {
  const page = document.getElementById('page');
  return Math.max(document.documentElement.scrollWidth - innerWidth, page.scrollWidth - page.clientWidth);
}"""


def check_small_screen(browser: Browser, desk: Desk, path: str, ready: str) -> None:
    with opened(browser, desk, size=SMALL) as page:
        page.goto(path)
        expect(page.locator(ready).first).to_be_visible()
        check_width(page)


def check_width(page: Page) -> None:
    assert page.evaluate(WIDER_THAN_SCREEN) <= 0, "it has to be scrolled sideways"


def check_dark(browser: Browser, desk: Desk, path: str, ready: str) -> None:
    with opened(browser, desk, dark=True) as page:
        page.goto(path)
        expect(page.locator(ready).first).to_be_visible()
        assert page.evaluate(LUMINANCE) == pytest.approx(17, abs=25)
