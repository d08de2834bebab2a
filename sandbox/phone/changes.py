"""A stream that says when something has changed (WHATWG, Server-sent events)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from sandbox.store import Store

LOOK_SECONDS = 0.1
#: So often something is said even if nothing happens, or a proxy in between would close the connection.
BREATH_SECONDS = 15.0


async def versions(store: Store) -> AsyncIterator[str]:
    """The store's version as an event, at once and at every change; many changes in a moment are one event."""
    told, spoke = -1, 0.0
    while True:
        if store.version != told:
            told, spoke = store.version, time.monotonic()
            yield f"data: {told}\n\n"
        elif time.monotonic() - spoke > BREATH_SECONDS:
            spoke = time.monotonic()
            yield ":\n\n"
        await asyncio.sleep(LOOK_SECONDS)


class Changes(StreamingResponse):
    """Ends with the server, which otherwise waits for answers under way."""

    def __init__(self, store: Store) -> None:
        super().__init__(versions(store), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["connection"].stalled = True
        await super().__call__(scope, receive, send)
