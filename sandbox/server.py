from __future__ import annotations

import socket

import uvicorn

from sandbox.app import Sandbox
from sandbox.cutting import CuttableProtocol
from sandbox.options import Options


class Server(uvicorn.Server):
    """Says where it listens as soon as it does."""

    def __init__(self, options: Options) -> None:
        self.sandbox = Sandbox(options)
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
        print(f"Sandbox listening on {self.url}", flush=True)

    def serve_until_stopped(self) -> None:
        self.run(sockets=[self.listener])
