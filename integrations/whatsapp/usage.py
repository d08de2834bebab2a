"""What the headers of Meta's answers tell of limits (Meta, Graph API, Rate limits)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

RETRY_AFTER = "retry-after"
BUSINESS_USAGE = "x-business-use-case-usage"
# What a header asks for is believed up to the longest pause that Meta documents.
LONGEST_PAUSE_SECONDS = 72 * 3600.0
# Percent of the hour's calls or time; Meta refuses at 100.
NEARLY_USED = 95.0
# Meta counts a rolling hour: within a minute some of it is free again.
REST_SECONDS = 60.0
_SHARES = ("call_count", "total_cputime", "total_time")


def told(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that tell of limits, in lower case; nothing else of an answer is kept."""
    found = {name.lower(): value for name, value in headers.items()}
    return {name: found[name] for name in (RETRY_AFTER, BUSINESS_USAGE) if name in found}


def requested_pause(headers: Mapping[str, str]) -> float | None:
    """Seconds that Meta asks to wait: the longer of Retry-After and X-Business-Use-Case-Usage, if any."""
    known = told(headers)
    return _believed(max(_retry_after(known.get(RETRY_AFTER, "")), _regain(known))) or None


def rest_of_account(headers: Mapping[str, str]) -> float:
    """Seconds that calls of the account should rest, refused or not: until it regains access, or before it loses it."""
    known = told(headers)
    if regain := _regain(known):
        return _believed(regain)
    used = max((_number(entry, share) for entry in _entries(known) for share in _SHARES), default=0.0)
    return REST_SECONDS if used >= NEARLY_USED else 0.0


def _believed(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_PAUSE_SECONDS)


def _retry_after(value: str) -> float:
    """RFC 9110, 10.2.3: seconds or a date."""
    try:
        seconds = float(value)
        return seconds if math.isfinite(seconds) else 0.0
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime.now(UTC)).total_seconds()


def _regain(known: Mapping[str, str]) -> float:
    """Minutes until the account regains access, as seconds."""
    return 60.0 * max((_number(entry, "estimated_time_to_regain_access") for entry in _entries(known)), default=0.0)


def _entries(known: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """`{"<id>": [{"type", "call_count", …}]}`: the entries of all ids; none where it is anything else."""
    try:
        usage = json.loads(known.get(BUSINESS_USAGE, ""))
        return [entry for entries in usage.values() for entry in entries if isinstance(entry, Mapping)]
    except (ValueError, TypeError, AttributeError):
        return []


def _number(entry: Mapping[str, Any], name: str) -> float:
    try:
        number = float(entry.get(name) or 0)
    except (ValueError, TypeError):
        return 0.0
    return number if math.isfinite(number) else 0.0
