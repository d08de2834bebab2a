"""A running sandbox, a receiver of its webhooks, and a client."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.options import Options
from sandbox.server import Server
from sandbox.tests.conformity import check_answer, flaw_of

PHONE = "+263771234567"
QUICK = {"status_delays": (0.0, 0.0, 0.0), "review_seconds": 0.0}
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
    server = Server(Options(port=0, **(QUICK | options)))
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    until(lambda: server.started or not thread.is_alive())
    try:
        yield Desk(server)
    finally:
        server.should_exit = True
        thread.join()


class Receiver(ThreadingHTTPServer):
    """Takes webhooks as they come: raw body and signature of each; answers `answers` first, then 200."""

    def __init__(self, token: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.token = token
        self.posts: list[tuple[bytes, str]] = []
        self.challenges = 0
        #: What is wrong with the bodies, each of which is held against the schema unless a test sends any other.
        self.flaws: list[str] = []
        self.judges = True
        self.answers: list[int] = []
        #: Each holds up one POST until it is set.
        self.stalls: list[threading.Event] = []
        self.body = b""
        self.url = f"http://127.0.0.1:{self.server_port}/hook/"

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for body, _ in self.posts]

    def values(self, key: str) -> list[Any]:
        changes = [change for body in self.bodies for change in body["entry"][0]["changes"]]
        return [item for change in changes for item in change["value"].get(key, ())]

    @property
    def statuses(self) -> list[str]:
        return [status["status"] for status in self.values("statuses")]

    @property
    def reviews(self) -> list[Any]:
        changes = [change for body in self.bodies for change in body["entry"][0]["changes"]]
        return [c["value"] for c in changes if c["field"] == "message_template_status_update"]


class Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        right = query.get("hub.mode") == "subscribe" and query.get("hub.verify_token") == self.server.token
        self.server.challenges += 1
        self.answer(200 if right else 403, query["hub.challenge"].encode() if right else b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((body, self.headers["X-Hub-Signature-256"] or ""))
        flaw = flaw_of(body) if self.server.judges else ""
        if flaw:
            self.server.flaws.append(flaw)
        if self.server.stalls:
            self.server.stalls.pop(0).wait(20)
        self.answer(self.server.answers.pop(0) if self.server.answers else 200, self.server.body)

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def receiving(token: str = Options.__dataclass_fields__["verify_token"].default) -> Iterator[Receiver]:
    receiver = Receiver(token)
    thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()
    assert not receiver.flaws, "\n".join(receiver.flaws)
