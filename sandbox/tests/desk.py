"""A running sandbox, a receiver of its webhooks, and a client."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from sandbox.options import Options
from sandbox.server import Server
from sandbox.testing import receiver as plain
from sandbox.testing.cloud_api import CloudApi
from sandbox.testing.running import quick_options, serving
from sandbox.tests.conformity import check_answer, flaw_of

PHONE = "+263771234567"
BODY = {
    "type": "BODY",
    "text": "Hello {{1}}, order {{2}} left our store today. Thank you for shopping with us.",
    "example": {"body_text": [["Tariro", "A-19"]]},
}
ORDER = {"name": "order_update", "language": "en_US", "category": "UTILITY", "components": [BODY]}
LOGIN = {
    "name": "login_code",
    "language": "en_US",
    "category": "AUTHENTICATION",
    "message_send_ttl_seconds": 300,
    "components": [
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "FOOTER", "code_expiration_minutes": 5},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}]},
    ],
}


def texts(*values: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": value} for value in values]


def order(*values: str, to: str = PHONE, **more: Any) -> dict[str, Any]:
    components = [{"type": "body", "parameters": texts(*values)}] if values else []
    return template_send("order_update", components, to=to, **more)


def login(code: str = "482913", to: str = PHONE, **more: Any) -> dict[str, Any]:
    button = {"type": "button", "sub_type": "url", "index": "0", "parameters": texts(code)}
    return template_send("login_code", [{"type": "body", "parameters": texts(code)}, button], to=to, **more)


def template_send(
    name: str, components: list[Any], to: str = PHONE, language: str = "en_US", **more: Any
) -> dict[str, Any]:
    template = {"name": name, "language": {"code": language}, "components": components}
    return {"messaging_product": "whatsapp", "to": to, "type": "template", "template": template, **more}


def text_send(body: str = "Hello", **more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": PHONE, "type": "text", "text": {"body": body}, **more}


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers = response.status, response.headers
        self.raw = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def error(self) -> Any:
        return self.json["error"]


class Desk:
    def __init__(self, server: Server) -> None:
        self.server, self.options = server, server.sandbox.world.options
        self.cloud_api = CloudApi(server.url, self.options)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str | None = "",
        timeout: float = 10,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Every answer of the Graph API is held against its schema."""
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(self.server.url).port, timeout=timeout)
        headers = {"Content-Type": "application/json"} | (headers or {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token or self.options.access_token}"
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        try:
            connection.request(method, path, raw, headers)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        check_answer(method, path, answer.status, answer.raw, self.options)
        return answer

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status == 200, answer.raw
        return answer.json

    def control(self, path: str, body: Any = None, method: str = "POST") -> Any:
        answer = self.call(method, f"/sandbox/{path}", body)
        assert answer.status == 200, answer.raw
        return answer.json

    def send(self, payload: Any, **more: Any) -> Answer:
        return self.call("POST", f"/v25.0/{self.options.phone_number_id}/messages", payload, **more)

    def create(self, template: Any) -> Answer:
        return self.call("POST", f"/v25.0/{self.options.waba_id}/message_templates", template)

    def approved(self, *templates: Any) -> None:
        for template in templates:
            assert self.create(template).status == 200
        until(lambda: {t["status"] for t in self.control("templates", method="GET")["templates"]} == {"APPROVED"})

    def message(self, wamid: str) -> Any:
        return self.get(f"/sandbox/messages?wamid={wamid}")["messages"][0]

    def fault(self, kind: str, target: str = "messages", **more: Any) -> Any:
        return self.control("faults", {"target": target, "kind": kind, **more})


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """The condition's first true value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen")


@contextmanager
def running(**options: Any) -> Iterator[Desk]:
    with serving(quick_options(options)) as server:
        yield Desk(server)


class Receiver(plain.Receiver):
    """Holds each body against the schema, unless `judges` is taken back because a test sends any other."""

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.flaws: list[str] = []
        self.judges = True

    def took(self, post: plain.Post) -> None:
        super().took(post)
        flaw = flaw_of(post.body) if self.judges else ""
        if flaw:
            self.flaws.append(flaw)


@contextmanager
def receiving(token: str = Options().verify_token) -> Iterator[Receiver]:
    with plain.serving(Receiver(token)) as receiver:
        yield receiver
    assert not receiver.flaws, "\n".join(receiver.flaws)
