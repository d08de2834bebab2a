"""Time per message beside five million finished ones, over the time beside ten thousand."""

from __future__ import annotations

import argparse
import sys

from bench.installation import Installation, fresh_database, installation
from bench.processes import PostgreSQL
from bench.report import Figure, arguments, report

BAR, AIM = 1.2, 1.05
FEW = 10_000
WARM_UP = 1000
LONGEST_SECONDS = 180

# Constraints and indexes are kept up as in use; only foreign keys are not looked up for every row.
AT_ONCE = "SET session_replication_role = replica; SET synchronous_commit = off"
# Messages of the last year, read a few seconds after they were sent.
MESSAGES = """
    INSERT INTO notifications_notification (tenant_id, event, lane, channel, channels, message_type, recipient_phone,
        recipient_bsuid, recipient_email, template_name, template_language, template_parameters, secrets, body, content,
        reply_to, sender, status, error_message, whatsapp_message_id, provider_response, metadata, resent_unproven,
        expires_at, sent_at, delivered_at, read_at, created_at, updated_at)
    SELECT (SELECT min(id) FROM tenants_tenant), 'transaction_completed', 'transactional', 'WHATSAPP', '["WHATSAPP"]',
        'template', '+26371' || lpad((n %% 2000000)::text, 7, '0'), '', '', 'transaction_received', 'en_US',
        '{"amount_with_currency": "USD 25.00", "sender_name": "Tariro", "new_balance_with_currency": "USD 140.50",
          "transaction_id": "TX-2048"}', '{}', '', '{}', '', '', 'READ', '', wamid,
        jsonb_build_object('messages', jsonb_build_array(jsonb_build_object('id', wamid))), '{}', false,
        at + interval '1 day', at, at + interval '1 second', at + interval '5 seconds', at, at + interval '5 seconds'
    FROM generate_series(1, %(count)s) AS n,
        LATERAL (SELECT now() - interval '1 year' + n * interval '1 year' / %(count)s AS at,
                        'wamid.HBgM' || lpad(n::text, 24, '0') || 'FQIAERgSAAAAAAAAAAAA' AS wamid) AS facts
"""
ATTEMPTS = """
    INSERT INTO notifications_deliveryattempt (notification_id, tenant_id, number, channel, provider, sender, lane,
        token, wamid, state, hold, hold_ref, reason, departed_at, sent_at, delivered_at, read_at, lease_token,
        lease_until, due_at, created_at)
    SELECT id, tenant_id, 1, channel, 'meta', '106540352242922', lane, lpad(to_hex(id), 32, '0')::uuid,
        whatsapp_message_id, 'READ', '', '', '', sent_at, sent_at, delivered_at, read_at, gen_random_uuid(), sent_at,
        created_at, created_at
    FROM notifications_notification WHERE status = 'READ' ORDER BY id
"""
EVENTS = """
    INSERT INTO notifications_deliveryevent (attempt_id, source, kind, at, details, recorded_at)
    SELECT a.id, 'provider', e.kind, e.at, '{}', e.at
    FROM notifications_deliveryattempt a, LATERAL (VALUES ('accepted', a.sent_at), ('sent', a.sent_at),
        ('delivered', a.delivered_at), ('read', a.read_at)) AS e(kind, at)
    WHERE a.state = 'READ' ORDER BY a.id
"""


def fill(made: Installation, count: int) -> None:
    with made.watch() as server:
        server.execute(AT_ONCE)
        server.execute(MESSAGES, {"count": count})
        server.execute(ATTEMPTS)
        server.execute(EVENTS)
        server.execute("VACUUM ANALYZE")


def measure(made: Installation, count: int) -> tuple[float, float]:
    """Milliseconds per message, and of PostgreSQL's CPU."""
    from bench import traffic

    made.use()
    made.api.ask(latency=0, forget=True)
    with made.worker(), made.watch() as watch:
        traffic.write(WARM_UP)
        traffic.wait(LONGEST_SECONDS)
        made.api.ask(forget=True)
        before, without = traffic.newest(), [traffic.own_backend()]
        meters: list[PostgreSQL] = []
        committed = traffic.write(count, at_commit=lambda: meters.append(PostgreSQL(watch, without=without)))
        traffic.wait(LONGEST_SECONDS)
        database = meters[0].cpu_seconds()
        seconds = traffic.last_recorded(before) - committed
        traffic.verify(made.api, count, before)
    return seconds / count * 1000, database / count * 1000


def compared(made: Installation, asked: argparse.Namespace) -> list[Figure]:
    made.use()
    with fresh_database("ovii_bench_large", made.database) as name:
        large = made.on(name)
        fill(made, FEW)
        fill(large, asked.rows)
        rounds = [(measure(made, asked.messages), measure(large, asked.messages)) for _ in range(asked.rounds)]
        made.use()
    ratios = [after[0] / before[0] for before, after in rounds]
    return [
        Figure(f"time beside {asked.rows:,} rows over {FEW:,}", ratios, BAR, AIM, less_is_better=True),
        Figure(f"ms per message beside {FEW:,}", [before[0] for before, _ in rounds]),
        Figure(f"ms per message beside {asked.rows:,}", [after[0] for _, after in rounds]),
        Figure(f"ms of PostgreSQL beside {FEW:,}", [before[1] for before, _ in rounds]),
        Figure(f"ms of PostgreSQL beside {asked.rows:,}", [after[1] for _, after in rounds]),
    ]


def main() -> int:
    asked = arguments(__doc__, messages=10_000, rows=5_000_000, rounds=3).parse_args()
    if asked.quick:
        asked.messages, asked.rows, asked.rounds = 2000, 50_000, 1
    with installation() as made:
        figures = compared(made, asked)
    return report(figures, asked)


if __name__ == "__main__":
    sys.exit(main())
