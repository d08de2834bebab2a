"""Signed webhooks: queued, batched, posted, tried again (Meta, Graph API, Webhooks)."""

from __future__ import annotations

import asyncio
import io
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from sandbox.chaos import Chaos, Fault
from sandbox.envelopes import Update, encode, envelope, sign
from sandbox.store import Store

LARGEST_BATCH = 1000
LARGEST_BODY = 3 * 1024 * 1024
#: Updates that become due within this time travel together.
LINGER_SECONDS = 0.005
RETRY_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
GIVE_UP_SECONDS = 7 * 24 * 3600
TIMEOUT = aiohttp.ClientTimeout(total=15)
SHOWN_BODY = 64 * 1024
STREAMED_BODY = 512 * 1024


@dataclass(slots=True)
class Delivery:
    """One POST, or one update that a fault kept back."""

    at: float
    outcome: str
    attempt: int
    http_status: int | None
    seconds: float
    events: list[tuple[str, str]]
    signature: str = ""
    body: str = ""
    size: int = 0

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


class Callbacks:
    """Owns the queue and the one connection pool; `start` and `stop` run inside the server's loop."""

    def __init__(self, store: Store, chaos: Chaos) -> None:
        self.store, self.chaos = store, chaos
        self.url, self.app_secret = store.options.webhook_url, store.options.app_secret
        self.deliveries: deque[Delivery] = deque(maxlen=5000)
        self.delivered = 0
        self._queue: deque[Update] = deque()
        self._reordered: list[Update] = []
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=TIMEOUT, trust_env=False)
        self._spawn(self._run())

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("callbacks were not started")
        return self._session

    @property
    def waiting(self) -> int:
        return len(self._queue) + len(self._reordered)

    def clear(self) -> None:
        self._queue.clear()
        self._reordered.clear()
        self.deliveries.clear()
        self.delivered = 0

    def tell(self, update: Update) -> None:
        """Takes one update; nothing happens without an address or, for messages, a subscribed app."""
        if not self.url or (update.field == "messages" and not self.store.subscribed):
            return
        recipient = (update.contact or {}).get("wa_id") or update.body.get("recipient_id", "")
        faults = self.chaos.take("webhooks", recipient, update.event) if self.chaos.faults else []
        fault = next((fault for fault in faults if fault.kind != "hold"), None)
        if fault is None:
            self._enqueue(update)
        else:
            self._disturb(fault, replace(update, alone=True))

    def _enqueue(self, update: Update) -> None:
        self._queue.append(update)
        self._wake.set()

    def _disturb(self, fault: Fault, update: Update) -> None:
        if fault.kind == "drop":
            self._log("dropped", [update])
        elif fault.kind == "duplicate":
            for _ in range(fault["count"]):
                self._enqueue(update)
        elif fault.kind == "delay":
            asyncio.get_running_loop().call_later(fault["seconds"], self._enqueue, update)
        elif fault.kind == "wrong_signature":
            self._enqueue(replace(update, forged=True))
        else:
            self._reordered.append(update)
            if len(self._reordered) >= fault["count"] or fault.used == fault.times:
                self._reordered.reverse()
                self.release()

    def release(self) -> None:
        """Sends what `reorder` collected, and looks again whether `hold` is over."""
        for update in self._reordered:
            self._enqueue(update)
        self._reordered.clear()
        self._wake.set()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(LINGER_SECONDS)
            self._wake.clear()
            while self._queue and not self.chaos.active("webhooks", "hold"):
                await self._deliver(self._batch())

    def _batch(self) -> list[Update]:
        batch = [self._queue.popleft()]
        while self._queue and not (batch[0].alone or self._queue[0].alone) and len(batch) < LARGEST_BATCH:
            batch.append(self._queue.popleft())
        return batch

    async def _deliver(self, batch: list[Update]) -> None:
        body = encode(envelope(self.store.waba_id, batch, int(self.store.now())))
        if len(body) > LARGEST_BODY and len(batch) > 1:
            middle = len(batch) // 2
            await self._deliver(batch[:middle])
            await self._deliver(batch[middle:])
        elif not await self._post(body, batch, attempt=1):
            self._spawn(self._retry(body, batch))

    async def _retry(self, body: bytes, batch: list[Update]) -> None:
        """The same bytes again with growing pauses, for seven days. A forged signature is forged once."""
        start, attempt = time.monotonic(), 1
        while time.monotonic() - start < GIVE_UP_SECONDS:
            await asyncio.sleep(RETRY_SECONDS[min(attempt - 1, len(RETRY_SECONDS) - 1)])
            attempt += 1
            if await self._post(body, batch, attempt):
                return

    async def _post(self, body: bytes, batch: list[Update], attempt: int) -> bool:
        forged = batch[0].forged and attempt == 1
        signature = sign(body, "not the app secret" if forged else self.app_secret)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": signature,
        }
        status, began = None, time.monotonic()
        try:
            # Large bodies as a stream: aiohttp warns about bytes that would hold up the loop.
            data = io.BytesIO(body) if len(body) > STREAMED_BODY else body
            async with self.session.post(self.url, data=data, headers=headers) as answer:
                status = answer.status
                await answer.read()
            outcome = "delivered" if 200 <= status < 300 else f"refused with {status}"
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            outcome = f"failed: {error or type(error).__name__}"
        self._log(outcome, batch, attempt, status, began, signature, body)
        return outcome == "delivered"

    def _log(
        self,
        outcome: str,
        batch: list[Update],
        attempt: int = 0,
        status: int | None = None,
        began: float | None = None,
        signature: str = "",
        body: bytes = b"",
    ) -> None:
        seconds = 0.0 if began is None else round(time.monotonic() - began, 4)
        events = [(update.event, update.subject) for update in batch]
        text = body.decode() if len(body) <= SHOWN_BODY else ""
        self.delivered += len(batch) if outcome == "delivered" else 0
        self.deliveries.append(
            Delivery(time.time(), outcome, attempt, status, seconds, events, signature, text, len(body))
        )
