from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from sandbox.graph.call import Call
from sandbox.rules.refusal import Refusal

DEFAULT_LIMIT = 25
LARGEST_LIMIT = 1000


def cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"at:{position}".encode()).decode().rstrip("=")


def position(text: str) -> int:
    """Raises `Refusal` 131059 for a cursor that is not ours."""
    try:
        word, _, number = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")
        if word != "at":
            raise ValueError(word)
        return int(number)
    except (ValueError, binascii.Error):
        raise Refusal(131059, "Start again without the cursor.") from None


def page(call: Call, records: Sequence[Any], largest: int = LARGEST_LIMIT) -> dict[str, Any]:
    """`{"data", "paging"}` of one page: `cursors` always, `next` and `previous` only where there is one."""
    try:
        limit = min(max(int(call.query.get("limit", DEFAULT_LIMIT)), 1), largest)
    except ValueError:
        raise Refusal(100, message="(#100) Param limit must be an integer") from None
    start = 0
    if "after" in call.query:
        start = position(call.query["after"])
    elif "before" in call.query:
        start = max(position(call.query["before"]) - limit, 0)
    end = min(start + limit, len(records))
    paging: dict[str, Any] = {"cursors": {"before": cursor(start), "after": cursor(max(end, start))}}
    if end < len(records):
        paging["next"] = address(call, "after", end)
    if start > 0:
        paging["previous"] = address(call, "before", start)
    return {"data": list(records[start:end]), "paging": paging}


def address(call: Call, direction: str, place: int) -> str:
    kept = {name: value for name, value in call.query.items() if name not in {"after", "before", "access_token"}}
    return f"{call.url}?{urlencode(kept | {direction: cursor(place)})}"
