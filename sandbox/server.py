from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from sandbox.app import Sandbox
from sandbox.cutting import CuttableProtocol
from sandbox.options import Options


class Server(uvicorn.Server):
    """Listens from its making on; `serving` is called in its thread once it answers, or not at all."""

    def __init__(self, options: Options, serving: Callable[[Server], None] = lambda server: None) -> None:
        self.sandbox, self.serving = Sandbox(options), serving
        super().__init__(
            uvicorn.Config(
                self.sandbox,
                http=CuttableProtocol,
                ws="none",
                lifespan="on",
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        self.listener = socket.create_server((options.host, options.port), backlog=2048)
        self.url = f"http://{options.host}:{self.listener.getsockname()[1]}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.serving(self)

    def serve_until_stopped(self) -> None:
        self.run(sockets=[self.listener])
