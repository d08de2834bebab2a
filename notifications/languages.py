from __future__ import annotations

from collections.abc import Collection, Sequence


def choose(wanted: Sequence[str], approved: Collection[str]) -> str | None:
    """The first wanted language that has an approved template; `xx` and `xx_YY` count as near. Pure."""
    for language in wanted:
        if language in approved:
            return language
        near = sorted(one for one in approved if one.partition("_")[0] == language.partition("_")[0])
        if near:
            return near[0]
    return None
