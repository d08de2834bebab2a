"""When what is killed, stopped and emptied, and how long it is away: pure, and the same for the same seed."""

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
    """At `at` seconds of the plan `act` (kill, stop, flush) happens to `target`; `pause` until it starts again.

    The plan's seconds are those of its messages: when the writer is held up, so are the blows, and each falls
    among the same messages on a slow machine as on a fast one.
    """

    at: float
    act: str
    target: str
    pause: float = 0.0

    def __str__(self) -> str:
        return f"{self.act} {self.target.partition('-')[0]}"


def make_blows(run: str, seed: int, pace: Pace) -> list[Blow]:
    """In the order of their time."""
    chance = random.Random(f"blows {run} {seed} {pace.storm}")  # noqa: S311 (the same again for the same seed)
    kills = _moments(chance, pace.worker_kills, pace)
    blows = [Blow(at, "kill", WORKERS[place % 2], _pause(chance)) for place, at in enumerate(kills)]
    stops = _moments(chance, pace.worker_stops, pace)
    blows += [Blow(at, "stop", chance.choice(WORKERS), _pause(chance)) for at in stops]
    for target, times in (("redis", pace.redis_kills), ("postgres", pace.postgres_kills), ("web", pace.web_kills)):
        blows += [Blow(at, "kill", target, _pause(chance)) for at in _moments(chance, times, pace)]
    blows += [Blow(at, "flush", "redis") for at in _moments(chance, pace.flushes, pace)]
    return sorted(blows)


def _moments(chance: random.Random, times: int, pace: Pace) -> list[float]:
    """Spread over the storm, each somewhere in its own part of it."""
    part = (pace.storm * LAST_PART - FIRST_SECONDS) / times if times else 0.0
    return [round(FIRST_SECONDS + part * (place + chance.random()), 2) for place in range(times)]


def _pause(chance: random.Random) -> float:
    return round(chance.uniform(SHORTEST_PAUSE, LONGEST_PAUSE), 2)
