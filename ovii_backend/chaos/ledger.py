"""Our own rows, read with SQL: to be compared with the sandbox's record, never to be believed alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ovii_backend.chaos.plan import Planned

NOTIFICATIONS, ATTEMPTS = "notifications_notification", "notifications_deliveryattempt"
EVENTS, INBOX = "notifications_deliveryevent", "integrations_webhookevent"
ROWS = f"""
    SELECT n.id, n.status, n.lane, n.resent_unproven, n.template_parameters ->> 'transaction_id' AS key,
           n.secrets -> 'code' ->> 1 AS request_id,
           (SELECT json_agg(json_build_array(a.number, a.state, a.token, a.wamid) ORDER BY a.number)
            FROM {ATTEMPTS} a WHERE a.notification_id = n.id) AS attempts
    FROM {NOTIFICATIONS} n WHERE n.event IN ('chaos', 'otp_requested')
"""  # noqa: S608 (names of our own)
# What is still to move by itself: work, webhooks to understand, and uncertain messages that will go once more.
UNREST = f"""
    SELECT (SELECT count(*) FROM {ATTEMPTS} WHERE state IN ('PENDING', 'CLAIMED', 'SENDING'))
         + (SELECT count(*) FROM {INBOX} WHERE status <> 'DONE')
         + (SELECT count(*) FROM {NOTIFICATIONS}
            WHERE status = 'UNCERTAIN' AND NOT resent_unproven AND lane <> 'otp')
"""  # noqa: S608 (names of our own)

STORY = (
    f"""
    SELECT created_at AS at, 'attempt ' || number || ' ' || state AS what, token, wamid, departed_at, uncertain_at,
           sent_at, lease_until, reason
    FROM {ATTEMPTS} WHERE notification_id = %s
    """,  # noqa: S608 (names of our own)
    f"""
    SELECT e.at, e.source || ' ' || e.kind AS what, a.number AS attempt, e.recorded_at, e.details
    FROM {EVENTS} e JOIN {ATTEMPTS} a ON a.id = e.attempt_id WHERE a.notification_id = %s
    """,  # noqa: S608 (names of our own)
)


@dataclass(frozen=True, slots=True)
class Attempt:
    number: int
    state: str
    token: str
    wamid: str


@dataclass(frozen=True, slots=True)
class Row:
    """A notification, by the key of its plan."""

    id: int
    key: str
    status: str
    resent_unproven: bool = False
    attempts: tuple[Attempt, ...] = field(default=())


class Ledger:
    """Each call opens its own connection and raises psycopg.Error when the database is away."""

    def __init__(self, url: str) -> None:
        self.url = url

    def _select(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.url, connect_timeout=3, row_factory=dict_row) as connection:
            return connection.execute(query, values).fetchall()

    def counts(self) -> Counter[str]:
        """Notifications by status."""
        found = self._select(f"SELECT status, count(*) AS n FROM {NOTIFICATIONS} GROUP BY status")  # noqa: S608
        return Counter({row["status"]: row["n"] for row in found})

    def approved(self) -> int:
        """Templates that may be sent."""
        return self._select("SELECT count(*) AS n FROM integrations_whatsapptemplate WHERE status = 'APPROVED'")[0]["n"]

    def unrest(self) -> int:
        return next(iter(self._select(UNREST)[0].values()))

    def rows(self, planned: Mapping[str, Planned]) -> dict[str, list[Row]]:
        """By key; there should be one for each."""
        of_request = {str(one.request_id): one.key for one in planned.values() if one.lane == "otp"}
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self._select(ROWS):
            key = row["key"] or of_request.get(row["request_id"] or "", "")
            attempts = tuple(Attempt(*fields) for fields in row["attempts"] or ())
            found[key].append(Row(row["id"], key, row["status"], row["resent_unproven"], attempts))
        return dict(found)

    def story(self, notification_id: int) -> list[dict[str, Any]]:
        """Every attempt and event of a notification, in the order in which we came to know of it."""
        attempts, events = (self._select(query, notification_id) for query in STORY)
        return sorted(attempts + events, key=lambda line: line.get("recorded_at") or line["at"])
