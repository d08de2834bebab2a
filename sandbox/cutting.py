"""Answers that are none: connections that are cut, or stay silent."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


class CuttableProtocol(H11Protocol):
    """HTTP whose requests know their connection, so that a fault can cut it.

    ASGI has no word for that: an application can answer or fail, and a failure becomes a 500.
    A connection that is `stalled` does not hold up the server's end.
    """

    stalled = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # asyncio does it only for sockets that name their protocol; without it an answer waits 40 ms for an ACK.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state: dict[str, Any] = {**self.app_state, "connection": self}

    def shutdown(self) -> None:
        if self.stalled:
            self.transport.abort()
        else:
            super().shutdown()


async def stall(scope: Scope, receive: Receive, seconds: float | None = None) -> None:
    """Returns after so many seconds, or earlier when the client goes or the server ends."""
    connection: CuttableProtocol = scope["state"]["connection"]
    connection.stalled = True
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        connection.stalled = False


class Cut(Response):
    """Resets the connection without an answer and returns once the server has noticed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["connection"].transport.abort()
        await stall(scope, receive)


class Hang(Response):
    """Says nothing until the client goes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await stall(scope, receive)


class HalfThenCut(Response):
    """Announces the whole body, sends the first half and closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": half, "more_body": True})
        # Not abort: what was written has to arrive first.
        scope["state"]["connection"].transport.close()
        await stall(scope, receive)
