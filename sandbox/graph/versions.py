"""Versions of the Graph API and when they end (Meta, Graph API, Changelog)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from sandbox.rules.refusal import Refusal


def at(year: int, month: int, day: int) -> float:
    return datetime(year, month, day, tzinfo=UTC).timestamp()


class Life(NamedTuple):
    begins: float
    ends: float


FOR_GOOD = float("inf")
LIVES: dict[int, Life] = {
    13: Life(at(2022, 2, 8), at(2024, 5, 28)),
    14: Life(at(2022, 5, 25), at(2024, 9, 17)),
    15: Life(at(2022, 9, 15), at(2024, 11, 20)),
    16: Life(at(2023, 2, 2), at(2025, 5, 14)),
    17: Life(at(2023, 5, 23), at(2025, 9, 12)),
    18: Life(at(2023, 9, 12), at(2026, 1, 26)),
    19: Life(at(2024, 1, 23), at(2026, 5, 21)),
    20: Life(at(2024, 5, 21), at(2026, 9, 24)),
    21: Life(at(2024, 10, 2), at(2027, 1, 21)),
    22: Life(at(2025, 1, 21), at(2027, 5, 20)),
    23: Life(at(2025, 5, 29), at(2027, 10, 8)),
    24: Life(at(2025, 10, 8), at(2028, 2, 18)),
    25: Life(at(2026, 2, 18), at(2028, 7, 29)),
    26: Life(at(2026, 7, 29), FOR_GOOD),
}


def live(now: float) -> list[int]:
    return [version for version, life in LIVES.items() if life.begins <= now < life.ends] or [max(LIVES)]


def served(asked: str, now: float, *, strict: bool) -> str:
    """The version that answers a call for `asked` ("18.0"; "" for none): an ended one is served by the oldest
    that lives, unless `strict`, which raises `Refusal` 2635; so does one that is still to come."""
    versions = live(now)
    if not asked:
        return f"{versions[0]}.0"
    number = int(asked.partition(".")[0])
    if number in versions:
        return asked
    if number > versions[-1]:
        raise Refusal(2635, message=f"(#2635) Unknown version v{asked}. The newest is v{versions[-1]}.0.")
    if strict:
        raise Refusal(
            2635,
            message=f"(#2635) You are calling a deprecated version of the API. Please update to v{versions[-1]}.0.",
        )
    return f"{versions[0]}.0"
