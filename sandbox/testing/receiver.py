from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs, urlsplit

from sandbox.options import Options

LONGEST_STALL_SECONDS = 20


class Post(NamedTuple):
    """One webhook as it came: the very bytes, and the value of `X-Hub-Signature-256`."""

    body: bytes
    signature: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def headers(self) -> dict[str, str]:
        """What a receiver needs, to hand the webhook on to another."""
        return {"Content-Type": "application/json", "X-Hub-Signature-256": self.signature}


class Receiver(ThreadingHTTPServer):
    """Takes webhooks and gives the challenge back to whoever knows `token`; answers `answers` first, then 200."""

    def __init__(self, token: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.token = token
        self.posts: list[Post] = []
        self.challenges = 0
        self.answers: list[int] = []
        #: Each holds up one POST until it is set.
        self.stalls: list[threading.Event] = []
        self.body = b""
        self.url = f"http://127.0.0.1:{self.server_port}/hook/"

    def took(self, post: Post) -> None:
        """Called with each webhook before it is answered, in the thread that answers it."""
        self.posts.append(post)

    @property
    def bodies(self) -> list[Any]:
        return [post.json for post in self.posts]

    @property
    def changes(self) -> list[Any]:
        """All changes of all bodies."""
        return [change for body in self.bodies for entry in body["entry"] for change in entry["changes"]]

    def values(self, key: str) -> list[Any]:
        """All that stands in lists of this name: `messages`, `statuses`, `user_preferences`."""
        return [item for change in self.changes for item in change["value"].get(key, ())]

    @property
    def statuses(self) -> list[str]:
        return [status["status"] for status in self.values("statuses")]

    @property
    def reviews(self) -> list[Any]:
        return [change["value"] for change in self.changes if change["field"] == "message_template_status_update"]


AnyReceiver = TypeVar("AnyReceiver", bound=Receiver)


class Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"
    # Without this the answer's two writes wait for each other's acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        right = query.get("hub.mode") == "subscribe" and query.get("hub.verify_token") == self.server.token
        self.server.challenges += 1
        self.answer(200 if right else 403, query["hub.challenge"].encode() if right else b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.took(Post(body, self.headers["X-Hub-Signature-256"] or ""))
        if self.server.stalls:
            self.server.stalls.pop(0).wait(LONGEST_STALL_SECONDS)
        self.answer(self.server.answers.pop(0) if self.server.answers else 200, self.server.body)

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def receiving(token: str = Options().verify_token) -> Iterator[Receiver]:
    """A receiver on a free port of this machine, for the time of the block."""
    with serving(Receiver(token)) as receiver:
        yield receiver


@contextmanager
def serving(receiver: AnyReceiver) -> Iterator[AnyReceiver]:
    thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()
