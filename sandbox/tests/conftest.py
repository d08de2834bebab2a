from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from sandbox.testing import CloudApi
from sandbox.tests.browsing import chromium, opened
from sandbox.tests.desk import Desk, Receiver, receiving, running
from sandbox.tests.shop import open_shop


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def server() -> Iterator[Desk]:
    with running() as desk:
        yield desk


@pytest.fixture
def desk(server: Desk) -> Desk:
    """A sandbox as new, without webhooks."""
    server.cloud_api.reset()
    return server


@pytest.fixture
def listened(desk: Desk, receiver: Receiver) -> Desk:
    """The same, with `receiver` as its webhook."""
    desk.control("webhook", {"url": receiver.url})
    return desk


@pytest.fixture
def shop(cloud_api: CloudApi) -> CloudApi:
    """With two templates, and a message of each to Tariro."""
    return open_shop(cloud_api)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    """A wide, light page of a sandbox as new."""
    with opened(browser, desk) as page:
        yield page
