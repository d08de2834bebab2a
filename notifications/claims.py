"""Taking work: a lease by the database's clock, and how much of it is left by our own."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from notifications.models import DeliveryAttempt
from notifications.states import State
from notifications.tokens import new_token

# A row leaves only if the lease outlasts its request by this much.
MARGIN_SECONDS = 5
TABLE = DeliveryAttempt._meta.db_table


@dataclass(frozen=True, slots=True)
class Group:
    """Due work that shares its limits: a lane, a sending number (empty: the configured one) and a tenant."""

    lane: str
    sender: str
    tenant_id: int


@dataclass(frozen=True, slots=True)
class Share:
    """So many of a group."""

    group: Group
    count: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Attempts that are ours alone until the lease ends, and how many of each group."""

    ids: tuple[int, ...] = ()
    groups: Mapping[Group, int] = field(default_factory=dict)
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


def supply() -> list[Group]:
    """The groups that have due work, whoever has waited longest first."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(SUPPLY, {"pending": State.PENDING})
        else:
            cursor.execute(SUPPLY_ON_SQLITE, [State.PENDING])
        rows: list[tuple[datetime, str, str, int]] = cursor.fetchall()
    return [Group(lane, sender, tenant_id) for _, lane, sender, tenant_id in sorted(rows)]


# From group to group by the index, however many rows a group has (PostgreSQL wiki, Loose indexscan).
SUPPLY = f"""
    WITH RECURSIVE groups AS (
        (SELECT lane, sender, tenant_id, due_at FROM {TABLE} WHERE state = %(pending)s AND hold = ''
         ORDER BY lane, sender, tenant_id, due_at LIMIT 1)
        UNION ALL
        SELECT later.* FROM groups CROSS JOIN LATERAL (
            SELECT lane, sender, tenant_id, due_at FROM {TABLE}
            WHERE state = %(pending)s AND hold = ''
              AND (lane, sender, tenant_id) > (groups.lane, groups.sender, groups.tenant_id)
            ORDER BY lane, sender, tenant_id, due_at LIMIT 1
        ) AS later
    )
    SELECT due_at, lane, sender, tenant_id FROM groups WHERE due_at <= statement_timestamp()
"""  # noqa: S608 (names of our own)
SUPPLY_ON_SQLITE = f"""
    SELECT min(due_at), lane, sender, tenant_id FROM {TABLE}
    WHERE state = %s AND hold = '' AND due_at <= strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')
    GROUP BY lane, sender, tenant_id
"""  # noqa: S608 (names of our own)


def claim(shares: Sequence[Share]) -> Claim:
    """Lease the oldest due attempts of each share; concurrent claims never overlap."""
    if not shares:
        return Claim()
    if connection.vendor == "postgresql":
        wanted = [{"lane": s.group.lane, "sender": s.group.sender, "tenant_id": s.group.tenant_id, "n": s.count}
                  for s in shares]  # fmt: skip
        return _lease(DUE, [json.dumps(wanted), State.PENDING])
    taken = Claim()
    for share in shares:
        group = share.group
        values = [State.PENDING, group.lane, group.sender, group.tenant_id, share.count]
        taken = _lease(DUE_ON_SQLITE, values, taken)
    return taken


def claim_one(attempt_id: int) -> Claim:
    """Lease this attempt, due or not; empty when somebody else has it."""
    lock = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    return _lease(f"SELECT id FROM {TABLE} WHERE state = %s AND id = %s {lock}", [State.PENDING, attempt_id])  # noqa: S608


DUE = f"""
    SELECT due.id FROM jsonb_to_recordset(%s::jsonb) AS share(lane text, sender text, tenant_id bigint, n int)
    CROSS JOIN LATERAL (
        SELECT id FROM {TABLE}
        WHERE state = %s AND hold = '' AND lane = share.lane AND sender = share.sender
          AND tenant_id = share.tenant_id AND due_at <= statement_timestamp()
        ORDER BY due_at, id LIMIT share.n FOR UPDATE SKIP LOCKED
    ) AS due
"""  # noqa: S608 (names of our own)
DUE_ON_SQLITE = f"""
    SELECT id FROM {TABLE} WHERE state = %s AND hold = '' AND lane = %s AND sender = %s AND tenant_id = %s
    AND due_at <= strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now') ORDER BY due_at, id LIMIT %s
"""  # noqa: S608 (names of our own)


def _lease(due: str, values: Iterable[Any], before: Claim | None = None) -> Claim:
    """Lease what `due` selects, under the lease of what was taken before."""
    before = before or Claim()
    seconds = settings.DELIVERY_LEASE_SECONDS
    lease: UUID | str
    if connection.vendor == "postgresql":
        until, lease = f"statement_timestamp() + interval '{seconds} seconds'", before.lease
    else:
        until, lease = f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '+{seconds} seconds')", before.lease.hex
    statement = f"""
        WITH due AS MATERIALIZED ({due})
        UPDATE {TABLE} SET state = %s, lease_token = %s, lease_until = {until}
        WHERE id IN (SELECT id FROM due) AND state = %s RETURNING id, lane, sender, tenant_id
    """  # noqa: S608 (names and numbers of our own)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, State.CLAIMED, lease, State.PENDING])
        rows = cursor.fetchall()
    groups = Counter(Group(lane, sender, tenant_id) for _, lane, sender, tenant_id in rows)
    ids = tuple(sorted((*before.ids, *(row[0] for row in rows))))
    return Claim(ids, {**before.groups, **groups}, before.lease, before.taken)
