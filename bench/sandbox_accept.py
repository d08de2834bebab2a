"""Messages per second that one sandbox process on one core accepts, validation included."""

from __future__ import annotations

import contextlib
import itertools
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

from bench.measuring import Measured, Sandbox, accepted, arguments, phones, report, request, sandbox, send_all
from bench.measuring import template as template_message
from bench.measuring import text as text_message

BAR = 1500
#: A port that nobody may listen on without being root.
DOWN = "http://127.0.0.1:1/"
WARM_UP = 500


def measure(server: Sandbox, name: str, payload: Callable[[str], dict[str, Any]], count: int, width: int) -> Measured:
    people = itertools.cycle(phones())
    send_all(server.address, [request(payload(next(people))) for _ in range(WARM_UP)], width)
    before = server.health["messages"]
    seconds, answers = send_all(server.address, [request(payload(next(people))) for _ in range(count)], width)
    accepted(answers)
    if server.health["messages"] - before != count:
        raise SystemExit("The sandbox remembers another number of messages than it took.")
    return Measured(name, count, seconds, BAR)


@contextlib.contextmanager
def silent_address() -> Iterator[str]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def main() -> int:
    asked = arguments(__doc__ or "", messages=10_000).parse_args()
    rows = []
    with silent_address() as silent:
        for name, payload, webhook in (
            ("text", text_message, ""),
            ("template", template_message, ""),
            ("template, webhook address down", template_message, DOWN),
            ("template, webhook address silent", template_message, silent),
        ):
            with sandbox("--webhook-url", webhook) as server:
                server.prepare()
                rows.append(measure(server, name, payload, asked.messages, asked.connections))
    return report(rows, asked)


if __name__ == "__main__":
    sys.exit(main())
