"""After the story: who got what and when, and whether it is what it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ovii_backend.demo.cast import NAMES
from ovii_backend.demo.clients import Phone
from ovii_backend.demo.scenario import Expected, Observer, Scenario
from ovii_backend.terminal import Paint, table

HEADER = ("Who", "Number", "Message", "Status", "SENT", "DELIVERED", "READ")


def wrong(scenario: Scenario) -> list[str]:
    """What is not as it must be, in sentences; empty when everything is."""
    return [*wrong_on_the_phones(scenario.phone, scenario.expected), *wrong_statuses(scenario.observer.rows)]


def wrong_on_the_phones(phone: Phone, expected: Sequence[Expected]) -> Iterator[str]:
    """Each expected message exactly once on the right phone, and nothing else anywhere."""
    record = phone.get("/sandbox/messages")
    wanted = Counter((one.phone_number.removeprefix("+"), one.template) for one in expected)
    got = Counter((message["to"], name_of(message)) for message in record["messages"])
    for key in sorted(wanted.keys() | got.keys()):
        if wanted[key] != got[key]:
            yield f"+{key[0]} should have {key[1]} {wanted[key]} times and has it {got[key]} times."
    for wamids in record["duplicates"].values():
        yield f"One attempt reached the sandbox {len(wamids)} times: {', '.join(wamids)}."


def name_of(message: dict[str, Any]) -> str:
    return message["template"]["name"] if message["template"] else message["type"]


def wrong_statuses(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        if row["status"] != "READ":
            yield f"Notification {row['id']} ({row['template_name']}) is {row['status']}, not READ."


def who_got_what(expected: Sequence[Expected], observer: Observer, paint: Paint) -> str:
    """A table in the order of asking; seconds from the request until the operator saw the status."""
    waiting = sorted(observer.rows, key=lambda row: row["id"])
    lines: list[list[str]] = []
    for one in expected:
        row = next((row for row in waiting if belongs(row, one)), None)
        if row is None:
            continue
        waiting.remove(row)
        shown = paint.good(row["status"]) if row["status"] == "READ" else paint.bad(row["status"])
        times = [seconds(observer, row["id"], one, status) for status in Observer.STATUSES]
        lines.append([NAMES[one.phone_number], one.phone_number, one.template, shown, *times])
    return table(HEADER, lines)


def belongs(row: dict[str, Any], one: Expected) -> bool:
    return row["template_name"] == one.template and row["recipient_phone"][-3:] == one.phone_number[-3:]


def seconds(observer: Observer, pk: int, one: Expected, status: str) -> str:
    seen = observer.first_seen.get((pk, status))
    return f"{max(0.0, seen - one.asked_at):.1f} s" if seen else "-"
