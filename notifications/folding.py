"""What Meta ordinarily says of messages (sent, delivered, read), for many of them with one statement.

For a first attempt that left, did not fail and has no sibling such a word can only raise its state, set times that
are earlier than the known ones, and add to the history; the message is what the attempt is. PostgreSQL checks that
while it writes; what is otherwise in any way is left to `transitions`, which alone calls this.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.db import connection

from notifications.models import DeliveryAttempt, DeliveryEvent, Notification
from notifications.states import PROOF, PROVIDER, RANK, State

if TYPE_CHECKING:
    from notifications.transitions import Move

WORDS = frozenset({"sent", "delivered", "read", "played"})
FOLDED = (State.SENDING, State.UNCERTAIN, *PROOF)
COLUMNS = {State.SENT: "sent", State.DELIVERED: "delivered", State.READ: "read"}

ATTEMPTS, MESSAGES = DeliveryAttempt._meta.db_table, Notification._meta.db_table
EVENTS = DeliveryEvent._meta.db_table
_RANK = " ".join(f"WHEN '{state}' THEN {RANK[state]}" for state in FOLDED)

# In the order of their ids, as everywhere: two writers never wait for each other in a circle. A statement of its
# own, so that the next one sees what was committed while this one waited.
LOCK = f"""
    SELECT n.id FROM {MESSAGES} n
    WHERE n.id IN (SELECT notification_id FROM {ATTEMPTS} WHERE id = ANY(%(attempts)s))
    ORDER BY n.id FOR NO KEY UPDATE
"""  # noqa: S608 (names of our own)
FOLD = f"""
    WITH v AS (
        SELECT * FROM jsonb_to_recordset(%(moves)s::jsonb)
            AS v(id bigint, state text, rank int, wamid text, sent timestamptz, delivered timestamptz, read timestamptz)
    ),
    before AS (
        SELECT a.id, v.rank > CASE a.state {_RANK} END AS rises
        FROM v JOIN {ATTEMPTS} a ON a.id = v.id
        WHERE a.number = 1 AND a.state IN ({", ".join(f"'{state}'" for state in FOLDED)}) AND NOT EXISTS
            (SELECT 1 FROM {ATTEMPTS} s WHERE s.notification_id = a.notification_id AND s.number > 1)
    ),
    taken AS (
        UPDATE {ATTEMPTS} a SET state = CASE WHEN before.rises THEN v.state ELSE a.state END,
            wamid = CASE WHEN a.wamid = '' THEN v.wamid ELSE a.wamid END, sent_at = LEAST(a.sent_at, v.sent),
            delivered_at = LEAST(a.delivered_at, v.delivered), read_at = LEAST(a.read_at, v.read)
        FROM v JOIN before ON before.id = v.id WHERE a.id = v.id
        RETURNING a.*, before.rises
    ),
    told AS (
        UPDATE {MESSAGES} n SET status = taken.state, channel = taken.channel, error_message = '', error_code = NULL,
            whatsapp_message_id = COALESCE(NULLIF(taken.wamid, ''), n.whatsapp_message_id), sent_at = taken.sent_at,
            delivered_at = taken.delivered_at, read_at = taken.read_at, failed_at = taken.failed_at,
            updated_at = statement_timestamp()
        FROM taken WHERE n.id = taken.notification_id
    ),
    kept AS (
        INSERT INTO {EVENTS} (attempt_id, source, kind, at, details, recorded_at)
        SELECT e.id, '{DeliveryEvent.Source.PROVIDER}', e.kind, e.at, e.details, statement_timestamp()
        FROM ROWS FROM (
            jsonb_to_recordset(%(events)s::jsonb) AS (id bigint, kind text, at timestamptz, details jsonb)
        ) WITH ORDINALITY AS e(id, kind, at, details, place) JOIN taken ON taken.id = e.id
        ORDER BY e.place
        ON CONFLICT DO NOTHING
    )
    SELECT id, notification_id, rises FROM taken
"""  # noqa: S608 (names of our own)


@dataclass(slots=True)
class Folded:
    """Attempts whose moves were taken whole; of those the ones that rose, each with its message's id."""

    taken: set[int] = field(default_factory=set)
    risen: dict[int, int] = field(default_factory=dict)


def ordinary(moves: Iterable[Move]) -> list[Move]:
    """Those that may go this way, in their order: of an attempt all or none."""
    if connection.vendor != "postgresql":
        return []
    by_attempt: dict[int, list[Move]] = defaultdict(list)
    for move in moves:
        by_attempt[move.attempt_id].append(move)
    return [move for told in by_attempt.values() if all(map(_is_ordinary, told)) for move in told]


def _is_ordinary(move: Move) -> bool:
    unusual = move.then or move.error or move.reason or move.response or move.sender or move.asked
    return move.kind in WORDS and move.at is not None and not unusual


def lock(moves: Iterable[Move]) -> None:
    """Lock the messages of these moves: of all that this transaction is to take, at once."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"attempts": sorted({move.attempt_id for move in moves})})


def take(moves: Sequence[Move]) -> Folded:
    """Fold ordinary moves, whose messages are locked; untaken attempts need the long way."""
    by_attempt: dict[int, list[Move]] = defaultdict(list)
    for move in moves:
        by_attempt[move.attempt_id].append(move)
    folded = [_fold(attempt_id, told) for attempt_id, told in by_attempt.items()]
    events = [{"id": one.attempt_id, "kind": one.kind, "at": _iso(one), "details": one.details} for one in moves]
    with connection.cursor() as cursor:
        cursor.execute(FOLD, {"moves": json.dumps(folded), "events": json.dumps(events)})
        rows = cursor.fetchall()
    return Folded({pk for pk, _, _ in rows}, {pk: message for pk, message, rises in rows if rises})


def _fold(attempt_id: int, moves: Sequence[Move]) -> dict[str, Any]:
    """What several words on one attempt amount to: the highest state, the earliest times, the first id."""
    best = max((PROVIDER[move.kind] for move in moves), key=RANK.__getitem__)
    row: dict[str, Any] = {"id": attempt_id, "state": best.value, "rank": RANK[best]}
    row["wamid"] = next((move.wamid for move in moves if move.wamid), "")
    for move in moves:
        column = COLUMNS[PROVIDER[move.kind]]
        row[column] = min(row.get(column, _iso(move)), _iso(move))
    return row


def _iso(move: Move) -> str:
    """In UTC and of one length, so that texts compare as moments do."""
    return move.at.astimezone(UTC).isoformat(timespec="microseconds") if move.at else ""
