"""Meta's send call and nothing else: TLS, keep-alive, an answer after a given time, and what came is counted.

One thread and one selector on TLS sockets, because the stand-in shares the machine with what is measured: asyncio's
own TLS takes about twice as much of it. Started by `stand_in()`, it prints its port and ends with its standard input.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import selectors
import socket
import ssl
import sys
import time
from collections import Counter, deque
from typing import Any

CONTROL = b"/stand-in"
UNAVAILABLE = {"error": {"message": "Service temporarily unavailable", "type": "OAuthException", "code": 2}}


class Connection:
    __slots__ = ("count", "data", "greeted", "socket")

    def __init__(self, accepted: ssl.SSLSocket) -> None:
        self.socket = accepted
        self.data = bytearray()
        self.greeted = False
        #: In which count of messages it was counted last.
        self.count = 0


class StandIn:
    def __init__(self, context: ssl.SSLContext) -> None:
        self.selector = selectors.DefaultSelector()
        self.context = context
        self.latency = 0.0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        #: Answers that wait for their time; as the latency is one for all, they are in order.
        self.waiting: deque[tuple[float, Connection, bytes]] = deque()
        self.number = self.count = 0
        self.forget()

    def forget(self) -> None:
        self.count += 1
        self.connections = 0
        self.keys: Counter[str] = Counter()
        self.senders: Counter[str] = Counter()

    def serve(self) -> None:
        while True:
            for key, _ in self.selector.select(self._pause()):
                if key.fileobj is self.listener:
                    self._accept()
                elif key.data is None:
                    return
                else:
                    self._readable(key.data)
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                _, connection, answer = self.waiting.popleft()
                self._send(connection, answer)

    def _pause(self) -> float | None:
        return max(self.waiting[0][0] - time.monotonic(), 0) if self.waiting else None

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                plain, _ = self.listener.accept()
                plain.setblocking(False)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                wrapped = self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
                self.selector.register(wrapped, selectors.EVENT_READ, Connection(wrapped))

    def _readable(self, connection: Connection) -> None:
        try:
            if not connection.greeted:
                connection.socket.do_handshake()
                connection.greeted = True
            while content := connection.socket.recv(65536):
                connection.data += content
                self._take(connection)
        except ssl.SSLWantReadError:
            return
        except OSError:
            pass
        self._close(connection)

    def _take(self, connection: Connection) -> None:
        data = connection.data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head = bytes(data[:end])
            size = end + 4 + _length(head)
            if len(data) < size:
                return
            body = bytes(data[end + 4 : size])
            del data[:size]
            method, path, _ = head.split(b" ", 2)
            if method != b"POST":
                # The poll for templates, say: Meta is as if it were away, and nothing changes.
                self._send(connection, _framed(UNAVAILABLE, b"503 Service Unavailable"))
            elif path.startswith(CONTROL):
                self._send(connection, _framed(self._told(json.loads(body))))
            else:
                self._take_message(connection, path, json.loads(body))

    def _take_message(self, connection: Connection, path: bytes, message: dict[str, Any]) -> None:
        if connection.count != self.count:
            connection.count = self.count
            self.connections += 1
        to = message["to"]
        self.keys[message.get("biz_opaque_callback_data") or to] += 1
        self.senders[path.rsplit(b"/", 2)[1].decode()] += 1
        self.number += 1
        # As long as Meta's.
        wamid = f"wamid.HBgM{self.number:024d}FQIAERgSAAAAAAAAAAAA"
        content = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": to, "wa_id": to.lstrip("+")}],
            "messages": [{"id": wamid, "message_status": "accepted"}],
        }
        answer = _framed(content)
        if self.latency:
            self.waiting.append((time.monotonic() + self.latency, connection, answer))
        else:
            self._send(connection, answer)

    def _told(self, asked: dict[str, Any]) -> dict[str, Any]:
        told = {
            "messages": sum(self.keys.values()),
            "distinct": len(self.keys),
            "connections": self.connections,
            "senders": dict(self.senders),
        }
        if asked.get("forget"):
            self.forget()
        self.latency = asked.get("latency", self.latency)
        return told

    def _send(self, connection: Connection, answer: bytes) -> None:
        try:
            connection.socket.send(answer)
        except OSError:
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self.selector.unregister(connection.socket)
        connection.socket.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


def _framed(content: dict[str, Any], status: bytes = b"200 OK") -> bytes:
    body = json.dumps(content, separators=(",", ":")).encode()
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(body)) + body


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("certificate")
    parser.add_argument("key")
    asked = parser.parse_args()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(asked.certificate, asked.key)
    server = StandIn(context)
    print(server.listener.getsockname()[1], flush=True)
    server.serve()


if __name__ == "__main__":
    main()
