"""A real browser for the pages' tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright

from sandbox.tests.desk import Desk

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
#: A page that shows why a call was refused has made that call on purpose.
REFUSED = "the server responded with a status of 400"
# A loaded machine is slow, not wrong.
expect.set_options(timeout=20_000)

LARGE, SMALL = {"width": 1280, "height": 800}, {"width": 390, "height": 780}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Skips where there is none. Not for a whole session: while it runs, Django takes the thread for an async one."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("needs Chromium (Debian: apt install chromium)")
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, desk: Desk, *, size: dict[str, int] | None = None, dark: bool = False) -> Iterator[Page]:
    """A page whose relative addresses are the desk's; whatever goes wrong in its scripts fails the test."""
    context = browser.new_context(
        base_url=desk.server.url,
        viewport=size or LARGE,
        color_scheme="dark" if dark else "light",
        permissions=["clipboard-read", "clipboard-write"],
        locale="en-GB",
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    wrong: list[str] = []

    def note(said: ConsoleMessage) -> None:
        if said.type == "error" and REFUSED not in said.text:
            wrong.append(said.text)

    def crash(error: Error) -> None:
        wrong.append(str(error))

    page.on("console", note)
    page.on("pageerror", crash)
    try:
        yield page
    finally:
        context.close()
    assert not wrong, wrong
