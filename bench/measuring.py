"""A sandbox of its own on one core, a client that costs little, and the table of what was measured."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PHONE_NUMBER_ID = "106540352242922"
WABA_ID = "102290129340398"
TOKEN = "EAAsandbox"  # noqa: S105
PEOPLE = 200
TEMPLATE = {
    "name": "order_update",
    "language": "en_US",
    "category": "UTILITY",
    "components": [
        {
            "type": "BODY",
            "text": "Hello {{1}}, order {{2}} left our store today. Thank you for shopping with us.",
            "example": {"body_text": [["Tariro", "A-19"]]},
        }
    ],
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the table; `bar` is what has to be reached, 0 if nothing has."""

    name: str
    count: int
    seconds: float
    bar: int = 0

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "count": self.count,
            "seconds": round(self.seconds, 3),
            "per_second": round(self.rate),
        }


def arguments(description: str, messages: int) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--messages", type=int, default=messages, help="messages to send for each row")
    parser.add_argument("--connections", type=int, default=16, help="keep-alive connections of the client")
    parser.add_argument("--check", action="store_true", help="end with status 1 if a row is below its bar")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    return parser


def report(rows: Sequence[Measured], asked: argparse.Namespace) -> int:
    """Prints the rows; the exit status."""
    if asked.json:
        print(json.dumps([row.as_json() for row in rows], indent=2))
    else:
        width = max(len(row.name) for row in rows)
        print(f"{'':{width}}  {'count':>8}  {'seconds':>8}  {'per second':>10}  {'bar':>6}")
        for row in rows:
            bar = f"{row.bar:,}" if row.bar else ""
            print(f"{row.name:{width}}  {row.count:8,}  {row.seconds:8.2f}  {row.rate:10,.0f}  {bar:>6}")
    return int(asked.check and any(row.rate < row.bar for row in rows))


class Sandbox:
    """A running `python -m sandbox`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.address = ("127.0.0.1", int(urlsplit(url).port or 0))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {content}")
        return content

    def prepare(self) -> None:
        """An approved template, and people who have written within the last day."""
        self.call("POST", f"/v25.0/{WABA_ID}/message_templates", TEMPLATE)
        self.call("POST", f"/sandbox/templates/{TEMPLATE['name']}/approve", {})
        for phone in phones():
            self.call("POST", f"/sandbox/people/{phone}", {"window_open": True})

    @property
    def health(self) -> Any:
        return self.call("GET", "/sandbox/health")


def phones() -> list[str]:
    return [f"26377{place:07}" for place in range(PEOPLE)]


@contextlib.contextmanager
def sandbox(*options: str) -> Iterator[Sandbox]:
    """On a free port and the first core; the client of the benchmark takes another if there is one."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "sandbox", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        if len(cores) > 1:
            os.sched_setaffinity(process.pid, cores[:1])
            os.sched_setaffinity(0, cores[1:])
        line = process.stdout.readline() if process.stdout else ""
        if "listening on" not in line:
            raise SystemExit("The sandbox did not start.")
        yield Sandbox(line.split()[-1])
    finally:
        process.terminate()
        process.wait()
        if len(cores) > 1:
            os.sched_setaffinity(0, cores)


def text(to: str) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": "Your order A-19 has left."}}


def template(to: str) -> dict[str, Any]:
    values = [{"type": "text", "text": value} for value in ("Tariro", "A-19")]
    body = {
        "name": TEMPLATE["name"],
        "language": {"code": TEMPLATE["language"]},
        "components": [{"type": "body", "parameters": values}],
    }
    return {"messaging_product": "whatsapp", "to": to, "type": "template", "template": body}


def request(payload: dict[str, Any]) -> bytes:
    body = json.dumps(payload).encode()
    head = (
        f"POST /v25.0/{PHONE_NUMBER_ID}/messages HTTP/1.1\r\nHost: graph.facebook.com\r\n"
        f"Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send_all(address: tuple[str, int], requests: Sequence[bytes], connections: int) -> tuple[float, list[bytes]]:
    """Sends each request once, one at a time on every connection; the seconds it took and the answers."""
    waiting, answers = iter(requests), list[bytes]()
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as open_connections:
        for _ in range(connections):
            connection = open_connections.enter_context(socket.create_connection(address))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ, bytearray())
        began = time.perf_counter()
        for key in tuple(selector.get_map().values()):
            start_next(selector, key, waiting)
        while selector.get_map():
            for key, _ in selector.select():
                key.data.extend(received(key))
                if complete(key.data):
                    answers.append(bytes(key.data))
                    key.data.clear()
                    start_next(selector, key, waiting)
        return time.perf_counter() - began, answers


def start_next(selector: selectors.BaseSelector, key: selectors.SelectorKey, waiting: Iterator[bytes]) -> None:
    following = next(waiting, None)
    if following is None:
        selector.unregister(key.fileobj)
    else:
        connection_of(key).sendall(following)


def received(key: selectors.SelectorKey) -> bytes:
    content = connection_of(key).recv(65536)
    if not content:
        raise SystemExit("The sandbox closed a connection.")
    return content


def connection_of(key: selectors.SelectorKey) -> socket.socket:
    if not isinstance(key.fileobj, socket.socket):
        raise TypeError(key.fileobj)
    return key.fileobj


def complete(content: bytearray) -> bool:
    end = content.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = bytes(content[:end]).lower()
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    return len(content) >= end + 4 + length


def accepted(answers: Sequence[bytes]) -> set[str]:
    """The wamids; ends the run if a message was refused or an id came twice."""
    wamids = set()
    for answer in answers:
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"Refused: {answer.decode(errors='replace')}")
        wamids.add(json.loads(body)["messages"][0]["id"])
    if len(wamids) != len(answers):
        raise SystemExit("An id came twice.")
    return wamids
