"""Buckets in the database, for installations without Redis: one atomic statement, the database's clock.

Call it outside of transactions where you can: on PostgreSQL a bucket's row stays locked until its transaction ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from django.db import Error, connection, transaction

from integrations.buckets.base import EPSILON, KEPT_AFTER_PAUSE, Left, Wish
from integrations.models import RateBucket

TABLE = RateBucket._meta.db_table
SWEEP_SECONDS = 600.0
# A bucket may be swept between the statement that made it and the one that takes from it, but not for ever.
TRIES = 3

# A clock that runs on while a statement waits for a row: what the last holder wrote is never in its future.
_POSTGRESQL = {
    "now": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS double precision)",
    "least": "LEAST",
    "greatest": "GREATEST",
    "whole": "FLOOR({})",
    "lock": "FOR UPDATE OF bucket",
    "free": "FOR UPDATE SKIP LOCKED",
}
# A statement that writes waits for the database before it looks at the clock or at a row.
_SQLITE = {
    "now": "((julianday('now') - 2440587.5) * 86400.0)",
    "least": "MIN",
    "greatest": "MAX",
    "whole": "CAST({} AS INTEGER)",
    "lock": "",
    "free": "",
}

# Rows are locked in the order of their keys, so that two takers never wait for each other.
# SQLite returns columns of the table only, and does not say whose: the names of the parts are their own.
_TAKE = """
WITH wish (name, rate, burst, want, reserve) AS (VALUES {rows}),
held AS MATERIALIZED (
    SELECT bucket.key, tokens, refilled_at, paused_until FROM {table} AS bucket
    WHERE bucket.key IN (SELECT name FROM wish) ORDER BY bucket.key {lock}
),
timed AS MATERIALIZED (SELECT held.*, {now} AS moment FROM held),
filled AS MATERIALIZED (
    SELECT wish.*, paused_until AS until, moment,
        {least}(burst, tokens + {greatest}(0.0, moment - refilled_at) * rate) AS filled
    FROM timed JOIN wish ON wish.name = timed.key
),
offer AS MATERIALIZED (
    SELECT *, CASE WHEN until > moment THEN 0.0 ELSE {least}(want, {greatest}(0.0, {whole})) END AS offered FROM filled
),
served AS MATERIALIZED (SELECT offer.*, {share} AS share FROM offer)
UPDATE {table} SET tokens = filled - share, refilled_at = moment, granted = share,
    full_at = {greatest}(until, moment + (burst - filled + share) / rate)
FROM served WHERE key = name
RETURNING key, granted, tokens, paused_until - refilled_at
"""
_SMALLEST = "(SELECT CASE WHEN COUNT(*) = {count} THEN MIN(offered) ELSE 0.0 END FROM offer)"
_ALL_OF = "offered"
_NO_LESS = "{greatest}(0.0, {least}(want, filled))"
_NEW = "(%s, CAST(%s AS double precision), {now}, 0, 0, {now})"
_CREATE = """
INSERT INTO {table} (key, tokens, refilled_at, paused_until, granted, full_at) VALUES {rows}
ON CONFLICT (key) DO NOTHING
"""
_GIVE_BACK = """
WITH given (name, number) AS (VALUES {rows}),
held AS MATERIALIZED (
    SELECT bucket.key AS held FROM {table} AS bucket
    WHERE bucket.key IN (SELECT name FROM given) ORDER BY bucket.key {lock}
)
UPDATE {table} SET tokens = tokens + number FROM given JOIN held ON held = name WHERE key = name
"""
_PAUSE = """
INSERT INTO {table} AS bucket (key, tokens, refilled_at, paused_until, granted, full_at)
VALUES (%s, 0, {now}, {now} + %s, 0, {now} + %s + {kept})
ON CONFLICT (key) DO UPDATE SET tokens = 0, refilled_at = excluded.refilled_at,
    paused_until = {greatest}(bucket.paused_until, excluded.paused_until),
    full_at = {greatest}(bucket.full_at, excluded.full_at)
"""
_PAUSED = "SELECT key, paused_until - {now} FROM {table} WHERE key IN ({keys}) AND paused_until > {now}"
_SWEEP = "DELETE FROM {table} WHERE key IN (SELECT key FROM {table} WHERE full_at < {now} {free})"


class DatabaseBuckets:
    """Buckets that every process on the database shares; full ones are swept."""

    failures: tuple[type[Exception], ...] = (Error,)

    def __init__(self) -> None:
        self._swept = time.monotonic()

    def take(self, wishes: Sequence[Wish], *, same: bool = False) -> list[Left]:
        self._sweep_at_times()
        if same:
            return self._serve(wishes, _SMALLEST.format(count=len(wishes)), whole=True)
        answers: dict[int, Left] = {}
        # A statement changes a row once: a second wish for the same bucket is met by the next one.
        waiting = dict(enumerate(wishes))
        while waiting:
            first = {wish.key: place for place, wish in reversed(waiting.items())}
            places = sorted(first.values())
            served = self._serve([waiting.pop(place) for place in places], _ALL_OF)
            answers |= dict(zip(places, served, strict=True))
        return [answers[place] for place in range(len(wishes))]

    def give_back(self, taken: Mapping[str, int]) -> None:
        _execute(_GIVE_BACK, _flat(taken.items()), rows=_rows(len(taken), 1))

    def charge(self, wishes: Sequence[Wish]) -> None:
        self._serve(wishes, _filled_in(_NO_LESS))

    def pause(self, seconds: Mapping[str, float]) -> None:
        for key, pause in seconds.items():
            _execute(_PAUSE, [key, pause, pause], kept=KEPT_AFTER_PAUSE)

    def paused(self, keys: Sequence[str]) -> dict[str, float]:
        return dict(_execute(_PAUSED, list(keys), keys=", ".join(["%s"] * len(keys))))

    def sweep(self) -> None:
        """Delete the rows of buckets that have filled up."""
        _execute(_SWEEP, [])
        self._swept = time.monotonic()

    def _sweep_at_times(self) -> None:
        if time.monotonic() - self._swept > SWEEP_SECONDS:
            self.sweep()

    def _serve(self, wishes: Sequence[Wish], share: str, *, whole: bool = False) -> list[Left]:
        """`whole` wishes are met together, so that all are asked again when a bucket was missing."""
        found: dict[str, Left] = {}
        asked = wishes
        for _ in range(TRIES):
            found |= _take(asked, share)
            missing = [wish for wish in wishes if wish.key not in found]
            if not missing:
                break
            _create(missing)
            asked = wishes if whole else missing
        return [found.get(wish.key, Left(0, 0.0, 0.0)) for wish in wishes]


def _take(wishes: Sequence[Wish], share: str) -> dict[str, Left]:
    values = _flat((wish.key, wish.rate, wish.burst, wish.want, wish.reserve) for wish in wishes)
    whole = _dialect()["whole"].format(f"filled - reserve + {EPSILON}")
    rows = _execute(_TAKE, values, rows=_rows(len(wishes), 4), whole=whole, share=share)
    return {key: Left(int(got), tokens, max(0.0, paused)) for key, got, tokens, paused in rows}


def _create(wishes: Sequence[Wish]) -> None:
    """Full buckets, in the order of their keys: two that make the same ones wait in one direction only."""
    values = _flat((wish.key, wish.burst) for wish in sorted(wishes, key=lambda wish: wish.key))
    _execute(_CREATE, values, rows=", ".join([_filled_in(_NEW)] * len(wishes)))


def _rows(count: int, numbers: int) -> str:
    """`count` rows of a text and so many numbers, typed: a bare parameter has no type of its own."""
    row = ", ".join(["CAST(%s AS text)", *["CAST(%s AS double precision)"] * numbers])
    return ", ".join([f"({row})"] * count)


def _flat(rows: Iterable[Iterable[Any]]) -> list[Any]:
    return [value for row in rows for value in row]


def _dialect() -> dict[str, str]:
    return _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE


def _filled_in(text: str, **parts: object) -> str:
    return text.format(**_dialect() | {"table": TABLE} | parts)


def _execute(statement: str, values: Iterable[Any], **parts: object) -> list[Any]:
    # A savepoint keeps a failure out of the caller's transaction; without one, the statement stands alone.
    alone = transaction.atomic() if connection.in_atomic_block else nullcontext()
    with alone, connection.cursor() as cursor:
        cursor.execute(_filled_in(statement, **parts), list(values))
        return cursor.fetchall() if cursor.description else []
