"""Taking work: a lease by the database's clock, and how much of it is left by our own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import connection

from notifications.models import DeliveryAttempt
from notifications.states import State
from notifications.tokens import new_token

# A row leaves only if the lease outlasts its request by this much.
MARGIN_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Claim:
    """Attempts that are ours alone until the lease ends."""

    ids: tuple[int, ...] = ()
    lease: UUID = field(default_factory=new_token)
    taken: float = field(default_factory=time.monotonic)

    def __bool__(self) -> bool:
        return bool(self.ids)

    @property
    def has_time(self) -> bool:
        """Whether a request that leaves now will have ended before the lease does."""
        return outlasts_a_request(self.taken)


def outlasts_a_request(since: float) -> bool:
    """Whether a lease taken at `since` (monotonic seconds) outlasts a request that leaves now, with a margin."""
    left = since + settings.DELIVERY_LEASE_SECONDS - time.monotonic()
    return left > settings.WHATSAPP_READ_TIMEOUT_SECONDS + MARGIN_SECONDS


def claim(lane: str, limit: int) -> Claim:
    """Lease up to `limit` due attempts of a lane, oldest first; concurrent claims never overlap."""
    return _claim("state = %s AND hold = '' AND lane = %s AND due_at <= {now}", [State.PENDING, lane], limit)


def claim_one(attempt_id: int) -> Claim:
    """Lease this attempt, due or not; empty when somebody else has it."""
    return _claim("state = %s AND id = %s", [State.PENDING, attempt_id], 1)


def _claim(condition: str, values: list[str | int], limit: int) -> Claim:
    taken = Claim()
    table = DeliveryAttempt._meta.db_table
    seconds = settings.DELIVERY_LEASE_SECONDS
    if connection.vendor == "postgresql":
        now, until, lock = (
            "statement_timestamp()",
            f"statement_timestamp() + interval '{seconds} seconds'",
            "FOR UPDATE SKIP LOCKED",
        )
        lease: UUID | str = taken.lease
    else:
        now = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
        until, lock = f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '+{seconds} seconds')", ""
        lease = taken.lease.hex
    statement = f"""
        WITH due AS MATERIALIZED (
            SELECT id FROM {table} WHERE {condition.format(now=now)} ORDER BY due_at, id LIMIT %s {lock}
        )
        UPDATE {table} SET state = %s, lease_token = %s, lease_until = {until}
        WHERE id IN (SELECT id FROM due) AND state = %s RETURNING id
    """  # noqa: S608 (names and numbers of our own)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, limit, State.CLAIMED, lease, State.PENDING])
        ids = tuple(sorted(row[0] for row in cursor.fetchall()))
    return Claim(ids, taken.lease, taken.taken)
