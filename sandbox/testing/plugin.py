"""The pytest plugin: the fixture `cloud_api`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sandbox.options import Options
from sandbox.testing.cloud_api import CloudApi
from sandbox.testing.running import quick_options, running

Started = Callable[[dict[str, Any]], CloudApi]


def pytest_configure(config: pytest.Config) -> None:
    line = "cloud_api(**options): options of the sandbox behind the fixture cloud_api, such as clock='manual'"
    config.addinivalue_line("markers", line)


@pytest.fixture
def cloud_api_options() -> dict[str, Any]:
    """Options of the sandbox; override it for a folder, a module or a class. The marker goes before it."""
    return {}


@pytest.fixture(scope="session")
def cloud_api_servers() -> Iterator[Started]:
    """One server for all tests with the same options."""
    started: dict[Options, CloudApi] = {}
    with ExitStack() as stack:

        def start(wishes: dict[str, Any]) -> CloudApi:
            options = quick_options(wishes)
            if options not in started:
                started[options] = stack.enter_context(running(**wishes))
            return started[options]

        yield start


@pytest.fixture
def cloud_api(
    request: pytest.FixtureRequest, cloud_api_servers: Started, cloud_api_options: dict[str, Any]
) -> Iterator[CloudApi]:
    """A sandbox as new, in place of Meta's Cloud API."""
    marked: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("cloud_api"))):
        marked |= marker.kwargs
    try:
        found = cloud_api_servers(cloud_api_options | marked)
    except ValueError as error:
        pytest.fail(f"cloud_api: {error}", pytrace=False)
    found.reset()
    yield found
    found.webhooks.stop_collecting()
