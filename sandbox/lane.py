"""The way to one webhook address: what waits, what is under way, what must be tried again."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.envelopes import Update
from sandbox.posting import Parcel, Signing

LARGEST_BATCH = 1000
#: Updates that become due within this time travel together.
LINGER_SECONDS = 0.005
#: How long the next look waits when the last POST failed or all that waits must wait on.
REST_SECONDS = 0.05
#: POSTs under way at a time. The second only starts for a full batch or when the first takes long.
IN_FLIGHT = 8
LONG_SECONDS = 0.25
LONGEST_SCAN = 2 * LARGEST_BATCH
RETRY_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
RETRIES_AT_A_TIME = 4


@dataclass(slots=True, eq=False)
class Bundle:
    """Updates that travel in one POST of their own."""

    updates: Sequence[Update]
    signing: Signing = "right"


class Postman(Protocol):
    """What a lane needs of its owner. `carry` says whether the parcel is done with."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None: ...
    def later(self, seconds: float, act: Callable[..., None], *arguments: Any) -> None: ...
    def parcels(self, bundle: Bundle) -> list[Parcel]: ...
    async def carry(self, parcel: Parcel) -> bool: ...


class Lane:
    """Keeps the order of what concerns one person; a lane of its own keeps a dead address from the others."""

    def __init__(self, postman: Postman) -> None:
        self.postman = postman
        #: Counts of updates: not posted yet, in a POST, and refused and to be posted again.
        self.queued = self.under_way = self.again = 0
        self._queue: deque[Update | Bundle] = deque()
        self._due: asyncio.Queue[Parcel | None] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._busy: set[str] = set()
        self._started: dict[int, float] = {}
        self._last_start = 0
        self._rest = LINGER_SECONDS
        self._closed = False
        postman.spawn(self._run())
        for _ in range(RETRIES_AT_A_TIME):
            postman.spawn(self._retry())

    @property
    def backlog(self) -> int:
        return self.queued + self.under_way + self.again

    def put(self, item: Update | Bundle) -> None:
        self._queue.append(item)
        self.queued += len(item.updates) if isinstance(item, Bundle) else 1
        self._wake.set()

    def close(self) -> None:
        """Forgets what waits; a POST under way ends by itself."""
        self._closed = True
        self._queue.clear()
        self._wake.set()
        for _ in range(RETRIES_AT_A_TIME):
            self._due.put_nowait(None)

    async def _run(self) -> None:
        while not self._closed:
            await self._wake.wait()
            await asyncio.sleep(self._rest)
            self._wake.clear()
            self._rest = LINGER_SECONDS
            while self._queue and self._may_start():
                bundle = self._next()
                if bundle is None:
                    self._rest = REST_SECONDS
                    break
                self._start(bundle)

    def _may_start(self) -> bool:
        if not self._started:
            return True
        if len(self._started) >= IN_FLIGHT:
            return False
        return len(self._queue) >= LARGEST_BATCH or time.monotonic() - min(self._started.values()) > LONG_SECONDS

    def _next(self) -> Bundle | None:
        """The oldest that may go: neighbours together, a bundle alone, nobody past an update of their own."""
        loose: list[Update] = []
        passed: list[Update | Bundle] = []
        found, blocked = None, set(self._busy)
        while self._queue and len(loose) < LARGEST_BATCH and len(passed) < LONGEST_SCAN:
            item = self._queue.popleft()
            people = people_in(item)
            if not blocked.isdisjoint(people):
                blocked |= people
                passed.append(item)
            elif isinstance(item, Bundle):
                if loose:
                    self._queue.appendleft(item)
                else:
                    found = item
                break
            else:
                loose.append(item)
        self._queue.extendleft(reversed(passed))
        return found or (Bundle(loose) if loose else None)

    def _start(self, bundle: Bundle) -> None:
        self._last_start += 1
        self._started[self._last_start] = time.monotonic()
        self._busy |= people_in(bundle)
        self.queued -= len(bundle.updates)
        self.under_way += len(bundle.updates)
        asyncio.get_running_loop().call_later(LONG_SECONDS, self._wake.set)
        self.postman.spawn(self._fly(bundle, self._last_start))

    async def _fly(self, bundle: Bundle, start: int) -> None:
        try:
            for parcel in self.postman.parcels(bundle):
                if not await self.postman.carry(parcel):
                    self._rest = REST_SECONDS
                    self._try_again(parcel)
        finally:
            del self._started[start]
            self._busy -= people_in(bundle)
            self.under_way -= len(bundle.updates)
            self._wake.set()

    def _try_again(self, parcel: Parcel) -> None:
        """The same bytes with growing pauses."""
        self.again += len(parcel.events)
        pause = RETRY_SECONDS[min(parcel.attempt, len(RETRY_SECONDS)) - 1]
        if pause:
            self.postman.later(pause, self._due.put_nowait, parcel)
        else:
            self._due.put_nowait(parcel)

    async def _retry(self) -> None:
        while not self._closed and (parcel := await self._due.get()) is not None:
            done = await self.postman.carry(parcel)
            self.again -= len(parcel.events)
            if not done:
                self._try_again(parcel)
                await asyncio.sleep(REST_SECONDS)


def people_in(item: Update | Bundle) -> set[str]:
    if isinstance(item, Bundle):
        return {person_of(update) for update in item.updates}
    return {person_of(item)}


def person_of(update: Update) -> str:
    """The number of whom an update concerns, the user id if it hides, the id of the subject if it is nobody."""
    contact, body = update.contact or {}, update.body
    number = contact.get("wa_id") or body.get("recipient_id") or body.get("from")
    user_id = contact.get("user_id") or body.get("recipient_user_id") or body.get("from_user_id")
    return str(number or user_id or update.subject)
