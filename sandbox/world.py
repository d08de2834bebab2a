from __future__ import annotations

from pathlib import Path

from sandbox.acts import Acts
from sandbox.callbacks import Callbacks
from sandbox.chaos import Chaos
from sandbox.clock import Clock
from sandbox.data import DataFile
from sandbox.lifecycle import Lifecycle
from sandbox.limits import Limits
from sandbox.options import Options
from sandbox.reviews import Reviews
from sandbox.store import Store
from sandbox.verification import Challenge, Verification


class World:
    """The parts of one sandbox, joined."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.clock = Clock(manual=options.clock == "manual", seed=options.seed)
        self.store = Store(options, self.clock)
        self.chaos = Chaos(self.store.touch)
        self.callbacks = Callbacks(self.store, self.chaos)
        self.lifecycle = Lifecycle(self.store, self.callbacks)
        self.limits = Limits(self.store, enforced=options.limits == "real", tier=options.tier)
        self.reviews = Reviews(self.store, self.callbacks)
        self.acts = Acts(self.store, self.callbacks, self.lifecycle)
        self.verification = Verification(self.store.touch)
        self.verify_token = options.verify_token
        self.data = DataFile(Path(options.data), self.store) if options.data else None
        if self.data:
            self.data.load()

    def start(self) -> None:
        self.callbacks.start()
        if self.data:
            self.data.start()
        self.verify()

    async def stop(self) -> None:
        self.verification.cancel()
        await self.callbacks.stop()
        if self.data:
            await self.data.stop()

    def verify(self) -> None:
        self.verification.begin(self.callbacks.session, self.challenge(), self.verify_token)

    def challenge(self) -> Challenge:
        return Challenge(self.callbacks.url, str(int(self.store.mark("challenge", 8), 16)), self.store.now())

    def reset(self) -> None:
        """Back to the start, the webhook address excepted."""
        self.clock.reset()
        self.limits.reset()
        self.chaos.remove()
        self.callbacks.clear()
        self.store.clear()
