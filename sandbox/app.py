from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.control.routes import routes as control_routes
from sandbox.graph.call import is_graph_path
from sandbox.graph.gate import Gate
from sandbox.options import Options
from sandbox.phone import pages
from sandbox.world import World


class Sandbox:
    """The ASGI application: Graph calls go straight to the gate, everything else is routed."""

    def __init__(self, options: Options) -> None:
        self.world = World(options)
        self.gate: ASGIApp = Gate(self.world)
        self.own = Starlette(routes=control_routes(self.world) + pages.routes(self.world), lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        self.world.start()
        yield
        await self.world.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        graph = scope["type"] == "http" and is_graph_path(scope["path"])
        await (self.gate if graph else self.own)(scope, receive, send)
