"""The two moves that every ordinary message makes, each for many messages with one statement.

Departing and being accepted are decided in one way for a first attempt that is still as its claim left it: no
sibling can exist, and the message is what the attempt is. PostgreSQL checks exactly that while it writes; what
is otherwise in any way is left to `transitions`, which alone calls this.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from notifications.models import DeliveryAttempt, DeliveryEvent, Notification
from notifications.states import State

if TYPE_CHECKING:
    from notifications.transitions import Move

ATTEMPTS, MESSAGES = DeliveryAttempt._meta.db_table, Notification._meta.db_table
EVENTS = DeliveryEvent._meta.db_table

# Messages first and in the order of their ids, as everywhere: two writers never wait for each other in a circle.
LOCKED = f"""
    v AS (SELECT * FROM jsonb_to_recordset(%(moves)s::jsonb) AS v({{columns}})),
    locked AS (
        SELECT n.id, v.id AS attempt_id FROM {MESSAGES} n
        JOIN {ATTEMPTS} a ON a.notification_id = n.id JOIN v ON v.id = a.id
        ORDER BY n.id FOR NO KEY UPDATE OF n
    )
"""  # noqa: S608 (names of our own)
DEPART = f"""
    WITH {LOCKED.format(columns="id bigint, lease uuid, sender text, language text")},
    moved AS (
        UPDATE {ATTEMPTS} a SET state = '{State.SENDING}', sender = v.sender, provider = 'meta', hold = '',
            hold_ref = '', reason = '', departed_at = statement_timestamp(),
            lease_until = statement_timestamp() + %(seconds)s * interval '1 second'
        FROM v JOIN locked ON locked.attempt_id = v.id
        WHERE a.id = v.id AND a.number = 1 AND a.lease_token = v.lease
            -- SENDING: the commit was heard, its answer was not, and this is the repeat.
            AND a.state IN ('{State.CLAIMED}', '{State.SENDING}')
        RETURNING a.id, a.notification_id, a.channel, v.language
    ),
    told AS (
        UPDATE {MESSAGES} n SET status = '{State.SENDING}', channel = moved.channel, error_message = '',
            error_code = NULL, template_language = COALESCE(NULLIF(moved.language, ''), n.template_language),
            updated_at = statement_timestamp()
        FROM moved WHERE n.id = moved.notification_id
    )
    SELECT id, notification_id FROM moved
"""  # noqa: S608 (names of our own)
ACCEPT = f"""
    WITH {LOCKED.format(columns="id bigint, wamid text, at timestamptz, response jsonb")},
    moved AS (
        UPDATE {ATTEMPTS} a SET state = '{State.SENT}', wamid = v.wamid, sent_at = v.at
        FROM v JOIN locked ON locked.attempt_id = v.id
        WHERE a.id = v.id AND a.number = 1 AND a.state = '{State.SENDING}' AND a.sent_at IS NULL
            AND a.delivered_at IS NULL AND a.read_at IS NULL AND a.failed_at IS NULL AND a.wamid = ''
        RETURNING a.id, a.notification_id, a.channel, v.wamid, v.at, v.response
    ),
    told AS (
        UPDATE {MESSAGES} n SET status = '{State.SENT}', channel = moved.channel, error_message = '',
            error_code = NULL, whatsapp_message_id = moved.wamid, provider_response = moved.response,
            sent_at = moved.at, updated_at = statement_timestamp()
        FROM moved WHERE n.id = moved.notification_id
    ),
    kept AS (
        INSERT INTO {EVENTS} (attempt_id, source, kind, at, details, recorded_at)
        SELECT id, '{DeliveryEvent.Source.PROVIDER}', 'accepted', at, '{{}}'::jsonb, statement_timestamp() FROM moved
        ON CONFLICT DO NOTHING
    )
    SELECT id, notification_id FROM moved
"""  # noqa: S608 (names of our own)


def sorted_out(moves: Sequence[Move]) -> tuple[list[Move], list[Move]]:
    """Those that may go this way, and the others; of an attempt with several moves none may."""
    if connection.vendor != "postgresql":
        return [], list(moves)
    count = Counter(move.attempt_id for move in moves)
    express = [move for move in moves if _is_ordinary(move) and count[move.attempt_id] == 1]
    taken = {move.attempt_id for move in express}
    return express, [move for move in moves if move.attempt_id not in taken]


def _is_ordinary(move: Move) -> bool:
    if move.then or move.error:
        return False
    if move.kind == "depart":
        return move.lease is not None
    return move.kind == "accepted" and bool(move.wamid) and move.at is not None


def take(moves: Sequence[Move]) -> tuple[dict[int, int], list[Move]]:
    """The attempts that moved, each with its message's id, and the moves that were not taken."""
    departing = [move for move in moves if move.kind == "depart"]
    accepted = [move for move in moves if move.kind == "accepted"]
    moved = _run(DEPART, [_departing(move) for move in departing], seconds=settings.DELIVERY_LEASE_SECONDS)
    moved |= _run(ACCEPT, [_accepted(move) for move in accepted])
    return moved, [move for move in moves if move.attempt_id not in moved]


def _departing(move: Move) -> dict[str, Any]:
    return {"id": move.attempt_id, "lease": str(move.lease), "sender": move.sender, "language": move.language}


def _accepted(move: Move) -> dict[str, Any]:
    at: datetime | None = move.at
    return {
        "id": move.attempt_id,
        "wamid": move.wamid,
        "at": at and at.isoformat(),
        "response": move.response,
    }


def _run(statement: str, rows: Sequence[dict[str, Any]], **values: Any) -> dict[int, int]:
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(statement, {"moves": json.dumps(rows), **values})
        return dict(cursor.fetchall())
