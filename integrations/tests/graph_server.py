"""A third party to fall out with: a real HTTP server on this machine that answers as it is told."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ACCEPTED = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "+263771234567", "wa_id": "263771234567"}],
    "messages": [{"id": "wamid.HBgMMjYzNzcxMjM0NTY3", "message_status": "accepted"}],
}


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """One answer. `cut` may be "before" (nothing read), "after" (request read) or "within" (half a body)."""

    status: int = 200
    body: Any = field(default_factory=lambda: ACCEPTED)
    headers: dict[str, str] = field(default_factory=dict)
    cut: str = ""
    hang: bool = False

    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


def graph_error(code: int, status: int = 400, **error: Any) -> Reply:
    """Meta's envelope around `code`; `headers` goes to the answer, the rest into the error."""
    headers = error.pop("headers", {})
    envelope = {"message": f"(#{code}) no", "type": "OAuthException", "code": code, "fbtrace_id": "Trace1"}
    return Reply(status, {"error": envelope | error}, headers)


class GraphServer(ThreadingHTTPServer):
    """`replies` are given in order; then `handler` is asked, or every request is accepted."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[Request] = []
        self.replies: deque[Reply] = deque()
        self.handler: Callable[[Request], Reply] = lambda request: Reply()
        self.connections = 0
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without this the answer's two writes wait for each other's acknowledgement.
    disable_nagle_algorithm = True
    server: GraphServer

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def handle_one_request(self) -> None:
        if self.server.replies and self.server.replies[0].cut == "before":
            self.server.replies.popleft()
            # Wait until the request is on its way: an earlier reset may be a failure to connect.
            self.connection.recv(1, socket.MSG_PEEK)
            self._reset()
            return
        super().handle_one_request()

    def _serve(self) -> None:
        request = self._read()
        self.server.requests.append(request)
        reply = self.server.replies.popleft() if self.server.replies else self.server.handler(request)
        if reply.hang:
            self.server.released.wait(30)
        if reply.hang or reply.cut == "after":
            self._reset()
            return
        self._write(reply)

    do_GET = do_POST = do_DELETE = _serve

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return Request(self.command, parts.path, parse_qs(parts.query), self.headers, body)

    def _write(self, reply: Reply) -> None:
        content = reply.content()
        self.send_response(reply.status)
        for name, value in ({"Content-Type": "application/json"} | reply.headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if reply.cut == "within":
            self.wfile.write(content[: len(content) // 2])
            self._reset()
            return
        self.wfile.write(content)

    def _reset(self) -> None:
        """Close so that the other side sees a reset, not an orderly end."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the test speaks."""


@contextlib.contextmanager
def graph_server() -> Iterator[GraphServer]:
    """A server that runs as long as the block."""
    server = GraphServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
