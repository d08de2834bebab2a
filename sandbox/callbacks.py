"""Webhooks: what is told, what faults do to it, where it goes (Meta, Graph API, Webhooks)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import aiohttp

from sandbox.chaos import Chaos
from sandbox.delivery_log import Delivery, DeliveryLog, Event
from sandbox.envelopes import Update, encode, envelope
from sandbox.lane import Bundle, Lane
from sandbox.posting import Exchange, Parcel, Signing, new_session, post
from sandbox.store import Store
from sandbox.tampering import Tampering

LARGEST_BODY = 3 * 1024 * 1024
GIVE_UP_SECONDS = 7 * 24 * 3600
#: So many updates wait at most, in the queues or for another attempt; a further one is lost and counted.
LARGEST_BACKLOG = 100_000
APP = "app"
ACCOUNT = "account"


class Callbacks:
    """Owns the lanes and the one connection pool; `start` and `stop` run inside the server's loop."""

    def __init__(self, store: Store, chaos: Chaos) -> None:
        self.store, self.chaos = store, chaos
        self.url, self.app_secret = store.options.webhook_url, store.options.app_secret
        self.escape_slashes = False
        self.log = DeliveryLog()
        self.lost = 0
        self.largest_backlog = LARGEST_BACKLOG
        self._era = 0
        self._lanes: dict[str, Lane] = {}
        self.tampering = Tampering(chaos, self.later, self._enqueue, self._drop)
        self._awaited: dict[asyncio.Future[None], Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        self._session = new_session()

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
        """Updates that were not posted yet."""
        return self.tampering.kept_back + sum(lane.queued for lane in self._lanes.values())

    @property
    def under_way(self) -> int:
        """Updates in a POST that was not answered yet."""
        return sum(lane.under_way for lane in self._lanes.values())

    @property
    def again(self) -> int:
        """Updates that the receiver did not take and that will be posted again."""
        return sum(lane.again for lane in self._lanes.values())

    @property
    def backlog(self) -> int:
        return self.tampering.kept_back + sum(lane.backlog for lane in self._lanes.values())

    @property
    def delivered(self) -> int:
        return self.log.delivered

    def clear(self) -> None:
        self._era += 1
        for lane in self._lanes.values():
            lane.close()
        self._lanes.clear()
        self.tampering.clear()
        self.log.clear()
        self.lost = 0

    def tell(self, update: Update) -> None:
        """Takes one update; nothing happens without an address or, for messages, a subscribed app."""
        if not self.address(number_of(update)) or (update.field == "messages" and not self.store.subscribed):
            return
        if self.backlog >= self.largest_backlog:
            self.lost += 1
        elif self.chaos.faults:
            self.tampering.tell(update)
        else:
            self._enqueue(update)

    def answered(self, subject: str, event: str = "") -> asyncio.Future[None]:
        """Done when the receiver has answered a POST that told this of the subject."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited[future] = event, subject
        future.add_done_callback(self._awaited.pop)
        return future

    def address(self, number_id: str) -> str:
        """The number's own, else the account's, else the app's. What is not about a number goes to the app's
        (Meta, Graph API, Webhooks, Overrides)."""
        number = self.store.numbers.get(number_id)
        if number is None:
            return self.url
        return number.override_url or self.store.override_url or self.url

    async def resend(self, delivery: Delivery) -> Delivery:
        """The same bytes once more, to the present address and signed with the present secret."""
        return await self._post(
            Parcel(
                delivery.body,
                delivery.events,
                delivery.number_id,
                self._era,
                origin="resent",
                first_id=delivery.first_id,
            )
        )

    async def post_raw(self, body: bytes, signing: Signing, headers: Mapping[str, str]) -> Delivery:
        return await self._post(Parcel(body, era=self._era, signing=signing, origin="raw", headers=headers))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def later(self, seconds: float, act: Callable[..., None], *arguments: Any) -> None:
        """On the sandbox's clock: delays and repetitions can be brought about by moving it."""
        self.store.clock.later(seconds, act, *arguments)

    def parcels(self, bundle: Bundle) -> list[Parcel]:
        """One, or as many as it takes to keep each within Meta's 3 MB."""
        updates = bundle.updates
        body = encode(envelope(self.store.waba_id, updates, int(self.store.now())))
        if self.escape_slashes:
            body = body.replace(b"/", rb"\/")
        if len(body) > LARGEST_BODY and len(updates) > 1:
            middle = len(updates) // 2
            halves = (updates[:middle], updates[middle:])
            return [parcel for half in halves for parcel in self.parcels(Bundle(half, bundle.signing))]
        events = tuple((update.event, update.subject) for update in updates)
        since = self.store.now()
        return [Parcel(body, events, number_of(updates[0]), self._era, bundle.signing, since=since)]

    async def carry(self, parcel: Parcel) -> bool:
        """Whether nothing is left to do: taken, forgotten by a reset, without an address, or given up."""
        if parcel.era != self._era:
            return True
        if not self.address(parcel.number_id):
            self._drop_parcel(parcel, "no webhook address")
            return True
        delivery = await self._post(parcel)
        if delivery.outcome == "delivered":
            return True
        if self.store.now() - parcel.since > GIVE_UP_SECONDS:
            self._drop_parcel(parcel, "given up after seven days")
            return True
        return False

    def _enqueue(self, item: Update | Bundle) -> None:
        first = item.updates[0] if isinstance(item, Bundle) else item
        name = APP
        if first.number is not None and first.number.override_url:
            name = first.number.id
        elif first.number is not None and self.store.override_url:
            name = ACCOUNT
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = Lane(self)
        lane.put(item)

    def _drop(self, update: Update) -> None:
        for parcel in self.parcels(Bundle((update,))):
            self._drop_parcel(parcel, "kept back by a fault")

    def _drop_parcel(self, parcel: Parcel, problem: str) -> None:
        self._note(parcel, "", Exchange("dropped", problem, 0.0))

    async def _post(self, parcel: Parcel) -> Delivery:
        parcel.attempt += 1
        url, headers = self.address(parcel.number_id), parcel.signed_headers(self.app_secret)
        return self._note(parcel, url, await post(self.session, url, parcel.body, headers), headers)

    def _note(self, parcel: Parcel, url: str, exchange: Exchange, headers: Mapping[str, str] | None = None) -> Delivery:
        delivery = Delivery(
            self.store.now(),
            url,
            exchange.outcome,
            parcel.events,
            parcel.body,
            exchange.problem,
            parcel.attempt,
            parcel.origin,
            exchange.http_status,
            exchange.seconds,
            (headers or {}).get("X-Hub-Signature-256", ""),
            parcel.number_id,
            exchange.request_headers,
            exchange.response_headers,
            exchange.response_body,
            first_id=parcel.first_id,
        )
        if parcel.era == self._era:
            self.log.add(delivery)
            parcel.first_id = delivery.first_id
            self.store.touch()
            self._settle(parcel.events)
        return delivery

    def _settle(self, events: tuple[Event, ...]) -> None:
        for future, (wanted, subject) in tuple(self._awaited.items()):
            told = any(subject == told and wanted in ("", event) for event, told in events)
            if told and not future.done():
                future.set_result(None)


def number_of(update: Update) -> str:
    return update.number.id if update.number else ""
