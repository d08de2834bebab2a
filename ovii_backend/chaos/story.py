"""All that is known of one message that went wrong, so that somebody can find out why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ovii_backend.chaos.chronicle import Taken
from ovii_backend.chaos.ledger import Ledger, Row
from ovii_backend.chaos.plan import Planned

DULL: tuple[object, ...] = (None, "", {}, [])


def tell(plan: Planned | None, rows: Iterable[Row], taken: Iterable[Taken], ledger: Ledger) -> Iterator[str]:
    """Lines: what was planned, what our rows say, what the sandbox recorded."""
    if plan:
        yield f"planned   {_fields(asdict(plan))}"
    for row in rows:
        yield f"our row   {row.id}: {row.status}{', resent_unproven' if row.resent_unproven else ''}"
        for line in ledger.story(row.id):
            yield f"  {_time(line['at'])}  {line['what']:<20} {_fields(line, leave_out=('at', 'what'))}"
    for message in taken:
        yield f"Meta took {message.wamid} at {_time(message.at)}, now {message.status}; {message.callback_data}"
        for told in message.told:
            yield f"  {_time(told.at)}  {told.status:<20} {told.outcome}"


def _fields(fields: Mapping[str, Any], leave_out: tuple[str, ...] = ()) -> str:
    shown = ((name, value) for name, value in fields.items() if name not in leave_out and value not in DULL)
    return "  ".join(f"{name}={_time(value) if isinstance(value, datetime) else value}" for name, value in shown)


def _time(moment: datetime | float) -> str:
    when = moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC)
    return when.astimezone(UTC).strftime("%H:%M:%S.%f")[:-3]
