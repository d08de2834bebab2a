from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

Found = TypeVar("Found")
#: How often a waiting call looks again.
LOOK_SECONDS = 0.01
PATIENCE_SECONDS = 5.0


class ControlError(RuntimeError):
    """The sandbox refused a control call, or nothing answers at its address; the text says why."""


class Control:
    """The calls under `/sandbox/` of one running sandbox; may be used by several threads."""

    def __init__(self, url: str, seconds: float = 10.0) -> None:
        self.url, self.seconds = url.rstrip("/"), seconds

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.call("POST", path, {} if body is None else body)

    def delete(self, path: str) -> Any:
        return self.call("DELETE", path)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON. Raises `ControlError`."""
        parts = urlsplit(self.url)
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = connect(parts.hostname or "", parts.port, timeout=self.seconds)
        raw = None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, f"{parts.path}/sandbox/{path}", raw, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        except OSError as error:
            raise ControlError(f"no sandbox answers at {self.url}: {error}") from None
        finally:
            connection.close()
        return read(f"{method} /sandbox/{path}", answer.status, content)


def read(called: str, status: int, content: bytes) -> Any:
    try:
        document = json.loads(content)
    except ValueError:
        raise ControlError(f"{called}: HTTP {status} without JSON; is this a sandbox?") from None
    if status != 200:
        raise ControlError(f"{called}: {document['error']}")
    return document


def wait_until(condition: Callable[[], Found | None], seconds: float) -> Found | None:
    """The condition's first value that is not None; None if there is none in time."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found is not None or time.monotonic() >= end:
            return found
        time.sleep(LOOK_SECONDS)
