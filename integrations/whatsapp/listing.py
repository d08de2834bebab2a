"""Graph's lists: one page after the other, by cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from integrations.exceptions import TemporaryFailure

_EXPIRED_CURSOR = 131059


def pages(fetch: Callable[[dict[str, str]], Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every item of a list. `fetch` is called with {} for the first page, then with {"after": cursor}.

    An expired cursor begins the list again, once; an item then comes twice. `paging.next` only tells
    that there is more: as an address it may carry the access token.
    """
    cursor: dict[str, str] = {}
    restarted = False
    while True:
        try:
            page = fetch(cursor)
        except TemporaryFailure as error:
            if error.code != _EXPIRED_CURSOR or not cursor or restarted:
                raise
            cursor, restarted = {}, True
            continue
        yield from page.get("data") or ()
        paging = page.get("paging") or {}
        after = (paging.get("cursors") or {}).get("after")
        if not paging.get("next") or not after or cursor.get("after") == after:
            return
        cursor = {"after": after}
