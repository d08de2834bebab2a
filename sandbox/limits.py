"""Meta's limits with their real windows, by the sandbox's clock (Meta, Throughput, Messaging limits, Rate limits)."""

from __future__ import annotations

import json
import math
from collections import deque
from typing import Any

from sandbox.people import Person
from sandbox.records import Number, Template
from sandbox.rules.refusal import Refusal
from sandbox.store import Store

#: Messages a second by the number's level.
THROUGHPUT = {"STANDARD": 80, "HIGH": 1000, "NOT_APPLICABLE": 0}
PAIR_BURST, PAIR_SECONDS = 45, 6.0
#: Distinct people a day outside the window, of all the portfolio's numbers together.
TIERS: dict[str, float] = {
    "TIER_250": 250,
    "TIER_2K": 2000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
    "TIER_UNLIMITED": math.inf,
}
DAY, HOUR = 24 * 3600, 3600
CALLS_PER_HOUR, CALLS_PER_HOUR_UNREGISTERED = 5000, 200
CREATIONS_PER_HOUR = 100
REGISTRATIONS, REGISTRATION_SECONDS = 10, 72 * HOUR
LIMITED_CODES = {
    "messages": 130429,
    "pair": 131056,
    "tier": 131048,
    "account": 80007,
    "calls": 80008,
    "registrations": 133016,
}
#: A number that was just deregistered is not registered again before (Meta, Cloud API, Error codes, 133015).
DEREGISTRATION_SECONDS = 300


class Bucket:
    """`size` tokens, refilled evenly; the wait for the next one in seconds, 0 when one was taken."""

    __slots__ = ("at", "tokens")

    def __init__(self, size: float, now: float) -> None:
        self.tokens, self.at = size, now

    def take(self, size: float, per_second: float, now: float) -> float:
        self.tokens = min(size, self.tokens + (now - self.at) * per_second)
        self.at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / per_second if per_second else math.inf


class Window:
    """How often something happened in the last so many seconds."""

    __slots__ = ("seconds", "times")

    def __init__(self, seconds: float) -> None:
        self.seconds, self.times = seconds, deque[float]()

    def count(self, now: float) -> int:
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        return len(self.times)


class Limits:
    """Nothing is limited unless `enforced`: tests and demonstrations may go faster than Meta allows."""

    def __init__(self, store: Store, *, enforced: bool, tier: str = "TIER_2K") -> None:
        self.store, self.enforced, self.tier = store, enforced, tier
        self._began = enforced, tier
        self.reset()

    def reset(self) -> None:
        self.enforced, self.tier = self._began
        self._numbers: dict[str, Bucket] = {}
        self._pairs: dict[tuple[str, str], Bucket] = {}
        self._reached: dict[str, float] = {}
        self._calls, self._creations = Window(HOUR), Window(HOUR)

    def check_send(self, number: Number, person: Person, template: Template | None) -> None:
        """Raises `Refusal` 130429, 131056 or 131048 where the next message is one too many."""
        if not self.enforced:
            return
        now = self.store.now()
        rate = THROUGHPUT.get(number.throughput, 0)
        wait = self._numbers.setdefault(number.id, Bucket(rate, now)).take(rate, rate, now)
        if wait:
            raise limited("messages", f"Rate limit hit: {rate} messages a second from this number.", wait)
        pair = self._pairs.setdefault((number.id, person.wa_id), Bucket(PAIR_BURST, now))
        wait = pair.take(PAIR_BURST, 1 / PAIR_SECONDS, now)
        if wait:
            raise limited("pair", "Too many messages sent from this phone number to the same person.", wait)
        if template is not None and not person.window_open(number.id, now):
            self._count_person(person.wa_id, now)

    def _count_person(self, wa_id: str, now: float) -> None:
        """The dictionary is in the order of time: whoever was reached a day ago counts no more."""
        while self._reached and next(iter(self._reached.values())) <= now - DAY:
            del self._reached[next(iter(self._reached))]
        most = TIERS[self.tier]
        if wa_id not in self._reached:
            if len(self._reached) >= most:
                raise limited("tier", f"Messaging limit reached: {most:.0f} people in 24 hours.", HOUR)
            self._reached[wa_id] = now

    def received(self, number: Number) -> None:
        """What comes in counts towards the number's throughput too."""
        if self.enforced:
            now, rate = self.store.now(), THROUGHPUT.get(number.throughput, 0)
            self._numbers.setdefault(number.id, Bucket(rate, now)).take(rate, rate, now)

    @property
    def most_calls(self) -> int:
        connected = any(number.status == "CONNECTED" for number in self.store.numbers.values())
        return CALLS_PER_HOUR if connected else CALLS_PER_HOUR_UNREGISTERED

    def check_call(self, *, account: bool = False) -> None:
        """Counts a management call; raises `Refusal` 80007 for one to the account itself, else 80008."""
        now = self.store.now()
        if self.enforced and self._calls.count(now) >= self.most_calls:
            wait = self._calls.times[0] + HOUR - now
            what = "account" if account else "calls"
            raise limited(what, "Too many calls to this WhatsApp Business account.", wait, self.usage(wait))
        self._calls.times.append(now)
        self.store.touch()

    def check_creation(self) -> None:
        """Counts a new template; raises `Refusal` 80008."""
        now = self.store.now()
        if self.enforced and self._creations.count(now) >= CREATIONS_PER_HOUR:
            wait = self._creations.times[0] + HOUR - now
            raise limited("calls", f"{CREATIONS_PER_HOUR} templates an hour are allowed.", wait, self.usage(wait))
        self._creations.times.append(now)

    def check_registration(self, number: Number) -> None:
        """Counts a register or deregister call; raises `Refusal` 133016 or, soon after a deregistration, 133015."""
        now = self.store.now()
        number.registrations = [at for at in number.registrations if now - at < REGISTRATION_SECONDS]
        if self.enforced and len(number.registrations) >= REGISTRATIONS:
            wait = number.registrations[0] + REGISTRATION_SECONDS - now
            raise limited("registrations", "10 registrations in 72 hours are allowed.", wait)
        if self.enforced and now - number.deregistered < DEREGISTRATION_SECONDS:
            raise Refusal(133015, "Wait five minutes before you register this phone number again.")
        number.registrations.append(now)

    def usage(self, wait: float = 0.0) -> dict[str, str]:
        """The header that every management answer carries; shares in per cent, the wait in minutes."""
        share = min(100, round(100 * self._calls.count(self.store.now()) / self.most_calls))
        use = {
            "type": "whatsapp_business_management",
            "call_count": 100 if wait else share,
            "total_cputime": share // 10,
            "total_time": share // 10,
            "estimated_time_to_regain_access": math.ceil(wait / 60),
        }
        return {"X-Business-Use-Case-Usage": json.dumps({self.store.waba_id: [use]}, separators=(",", ":"))}

    def as_json(self) -> dict[str, Any]:
        now = self.store.now()
        return {
            "enforced": self.enforced,
            "tier": self.tier,
            "people_reached": sum(at > now - DAY for at in self._reached.values()),
            "management_calls": self._calls.count(now),
            "templates_created": self._creations.count(now),
        }


def limited(what: str, details: str, wait: float, headers: dict[str, str] | None = None) -> Refusal:
    seconds = str(max(math.ceil(wait), 1)) if wait < math.inf else "3600"
    return Refusal(LIMITED_CODES[what], details, headers={"Retry-After": seconds} | (headers or {}))
