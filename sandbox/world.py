from __future__ import annotations

from sandbox.callbacks import Callbacks
from sandbox.chaos import Chaos
from sandbox.lifecycle import Lifecycle
from sandbox.options import Options
from sandbox.store import Store
from sandbox.verification import Verification


class World:
    """The parts of one sandbox, joined."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.store = Store(options)
        self.chaos = Chaos()
        self.callbacks = Callbacks(self.store, self.chaos)
        self.lifecycle = Lifecycle(self.store, self.callbacks)
        self.verification = Verification()
        self.verify_token = options.verify_token

    def start(self) -> None:
        self.callbacks.start()
        self.verify()

    async def stop(self) -> None:
        self.verification.cancel()
        await self.callbacks.stop()

    def verify(self) -> None:
        challenge = str(int(self.store.mark("challenge", 8), 16))
        self.verification.begin(self.callbacks.session, self.callbacks.url, self.verify_token, challenge)

    def reset(self) -> None:
        """Back to the start, the webhook address excepted."""
        self.lifecycle.forget()
        self.chaos.remove()
        self.callbacks.clear()
        self.store.clear()
