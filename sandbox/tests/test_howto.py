"""The examples of docs/howto/test-with-the-sandbox.md are tests of this module, as they stand there."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import hmac
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.control.openapi import address
from sandbox.control.routes import OPERATIONS
from sandbox.testing import CloudApi, Receiver, receiving

DOCS = Path(__file__).parents[2] / "docs"
HOWTO = DOCS / "howto/test-with-the-sandbox.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def my_server() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def client(cloud_api: CloudApi) -> SimpleNamespace:
    """In the place of a web framework's test client: a view that checks the signature."""

    def post(path: str, body: bytes, content_type: str, headers: dict[str, str]) -> SimpleNamespace:
        right = "sha256=" + hmac.new(cloud_api.app_secret.encode(), body, hashlib.sha256).hexdigest()
        return SimpleNamespace(status_code=200 if headers["X-Hub-Signature-256"] == right else 403)

    return SimpleNamespace(post=post)


def to_its_end(test: Callable[..., Any]) -> Callable[..., None]:
    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(test(**fixtures))

    return run


def examples() -> dict[str, Any]:
    """All that the page's blocks define together; its lines are those of the page."""
    text, lines = HOWTO.read_text(), {}
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1))
        lines[first] = block.group(1)
    source = ""
    for first, code in lines.items():
        source += "\n" * (first - source.count("\n")) + code
    defined: dict[str, Any] = {"__name__": __name__}
    exec(compile(source, HOWTO, "exec"), defined)  # noqa: S102
    return {
        name: to_its_end(thing) if inspect.iscoroutinefunction(thing) else thing
        for name, thing in defined.items()
        if name.startswith("test_") or inspect.isclass(thing)
    }


globals().update(examples())


def test_page_has_its_examples() -> None:
    assert len(examples()) >= 9


def test_reference_lists_every_operation() -> None:
    page = (DOCS / "reference/sandbox-control.md").read_text()
    rows = [f"| `{operation.method} {address(operation)}` | {operation.summary} |" for operation in OPERATIONS]
    assert [line for line in page.splitlines() if line.startswith("| `")] == rows
