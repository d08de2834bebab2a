"""When what is killed, stopped, emptied and started again: pure, and the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from ovii_backend.chaos.pace import Pace

WORKERS = ("worker-1", "worker-2")
# Nothing falls in the first seconds, nor in the last part of the storm: leases and windows follow.
FIRST_SECONDS = 1.5
LAST_PART = 0.85
# From a kill to the next start.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 1.2


@dataclass(frozen=True, slots=True, order=True)
class Blow:
    """At `at` seconds `act` (kill, stop, start, flush) happens to `target`."""

    at: float
    act: str
    target: str


def make_blows(run: str, seed: int, pace: Pace) -> list[Blow]:
    """In the order of their time; whatever is killed or stopped is started again."""
    chance = random.Random(f"blows {run} {seed} {pace.storm}")  # noqa: S311 (the same again for the same seed)
    blows: list[Blow] = []
    for place, at in enumerate(_moments(chance, pace.worker_kills, pace)):
        blows += _down(chance, at, "kill", WORKERS[place % 2])
    for at in _moments(chance, pace.worker_stops, pace):
        blows += _down(chance, at, "stop", chance.choice(WORKERS))
    for target, times in (("redis", pace.redis_kills), ("postgres", pace.postgres_kills), ("web", pace.web_kills)):
        for at in _moments(chance, times, pace):
            blows += _down(chance, at, "kill", target)
    blows += [Blow(at, "flush", "redis") for at in _moments(chance, pace.flushes, pace)]
    return sorted(blows)


def _moments(chance: random.Random, times: int, pace: Pace) -> list[float]:
    """Spread over the storm, each somewhere in its own part of it."""
    part = (pace.storm * LAST_PART - FIRST_SECONDS) / times if times else 0.0
    return [round(FIRST_SECONDS + part * (place + chance.random()), 2) for place in range(times)]


def _down(chance: random.Random, at: float, act: str, target: str) -> list[Blow]:
    pause = chance.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)
    return [Blow(at, act, target), Blow(round(at + pause, 2), "start", target)]
