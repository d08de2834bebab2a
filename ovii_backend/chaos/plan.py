"""What is written in a run and what happens to it: pure, and the same for the same seed."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ovii_backend.chaos.pace import Pace
from ovii_backend.chaos.troubles import DROPPED, OUTWARD, PEOPLE, weather

TENANTS = ("ovii", "corner-bakery", "north", "south")
LANES = (("otp", 15), ("transactional", 45), ("bulk", 40))
TEMPLATES = {
    "transactional": ("deposit_confirmed", "transaction_received", "transaction_sent"),
    "bulk": ("payment_received", "withdrawal_processed"),
}
OTP_TEMPLATE = "otp_verification"
# People who get many messages: several of one number are on their way at once.
BUSY_PEOPLE, BUSY_SHARE = 20, 0.03
ABORTED_SHARE = 0.02
LARGEST_GROUP = 4
# Calm messages after the storm: their statuses prove that webhooks arrive again.
CALM = 8
NAMESPACE = uuid.UUID("6f0ad9f4-6f53-4b6e-9f3d-0c6f2e6c9a11")


@dataclass(frozen=True, slots=True)
class Planned:
    """One message. `key` stands in its text, except in a code's. Those of one `group` are one transaction."""

    key: str
    at: float
    group: int
    tenant: str
    lane: str
    phone: str
    template: str
    aborted: bool = False
    trouble: str = ""
    dropped: str = ""
    person: str = ""

    @property
    def request_id(self) -> uuid.UUID:
        """Of the code that is asked for."""
        return uuid.uuid5(NAMESPACE, self.key)


@dataclass(frozen=True, slots=True)
class Plan:
    run: str
    seed: int
    pace: Pace
    messages: tuple[Planned, ...]

    def faults(self) -> list[dict[str, Any]]:
        """Bodies of POST /sandbox/faults, those that name a person first: at most one acts on an update."""
        return [*self._personal(), *weather(self.seed, self.pace.longest_delay)]

    def _personal(self) -> Iterator[dict[str, Any]]:
        for one in self.messages:
            to = {"to": one.phone}
            if one.trouble:
                yield {"target": "messages", "times": 1, **OUTWARD[one.trouble].wish, **to}
            if one.dropped:
                _, events, cut = DROPPED[one.dropped]
                if cut:
                    yield {"target": "messages", "kind": "cut_after_accept", **to}
                for event in events:
                    yield {"target": "webhooks", "kind": "drop", "times": "always", "event": event, **to}

    def people(self) -> dict[str, dict[str, Any]]:
        """How phones behave, by number: bodies of POST /sandbox/people/{phone}."""
        return {one.phone: dict(PEOPLE[one.person][1]) for one in self.messages if one.person}


def make_plan(run: str, seed: int, count: int, pace: Pace) -> Plan:
    """The plan of run A or B. Both write the same messages; B drops statuses besides."""
    chance = random.Random(f"messages {seed} {count}")  # noqa: S311 (the same again for the same seed)
    early = pace.storm * pace.bulk_in_doubt
    messages: list[Planned] = []
    group = 0
    while len(messages) < count - CALM:
        size = min(chance.randint(1, LARGEST_GROUP), count - CALM - len(messages))
        at = pace.storm * len(messages) / count
        aborted = chance.random() < ABORTED_SHARE
        made = [_message(chance, run, seed, len(messages) + place, at, group, aborted) for place in range(size)]
        messages += [_without_doubt(one) if one.lane == "bulk" and at > early else one for one in made]
        group += 1
    return Plan(run, seed, pace, (*messages, *_calm(seed, count, group, pace)))


def _message(chance: random.Random, run: str, seed: int, number: int, at: float, group: int, aborted: bool) -> Planned:
    lane = _drawn(chance, LANES, 100)
    template = OTP_TEMPLATE if lane == "otp" else chance.choice(TEMPLATES[lane])
    tenant, busy = chance.choice(TENANTS), chance.random() < BUSY_SHARE and lane != "otp"
    phone = _phone(9_000_000 + chance.randrange(BUSY_PEOPLE)) if busy else _phone(1_000_000 + number)
    trouble = _drawn(chance, [(name, one.share) for name, one in OUTWARD.items()], 1000)
    dropped = _drawn(chance, [(name, share) for name, (share, _, _) in DROPPED.items()], 1000)
    person = _drawn(chance, [(name, share) for name, (share, _) in PEOPLE.items()], 1000)
    plain = busy or aborted
    return Planned(
        _key(seed, number), at, group, tenant, lane, phone, template, aborted,
        "" if plain or (run == "B" and dropped) else trouble,
        dropped if run == "B" and not plain else "",
        "" if plain or dropped else person,
    )  # fmt: skip


def _without_doubt(one: Planned) -> Planned:
    """Nothing after which it would have to wait out the window."""
    doubtful = one.trouble and OUTWARD[one.trouble].lost
    cut = one.dropped and DROPPED[one.dropped][2]
    return replace(one, trouble="" if doubtful else one.trouble, dropped="" if cut else one.dropped)


def _calm(seed: int, count: int, group: int, pace: Pace) -> Sequence[Planned]:
    step = (pace.lease + pace.window) / CALM
    return [
        Planned(
            _key(seed, number), pace.storm + step * (place + 1), group + place, TENANTS[0], "transactional",
            _phone(1_000_000 + number), "deposit_confirmed",
        )
        for place, number in enumerate(range(count - CALM, count))
    ]  # fmt: skip


def _drawn(chance: random.Random, shares: Sequence[tuple[str, int]], whole: int) -> str:
    """One of the names by its share; nothing for what is left of the whole."""
    point = chance.random() * whole
    for name, share in shares:
        point -= share
        if point < 0:
            return name
    return ""


def _key(seed: int, number: int) -> str:
    return f"CH{seed}-{number:06}"


def _phone(subscriber: int) -> str:
    return f"+26377{subscriber}"
