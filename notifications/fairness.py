"""Who gets how many of what may be sent now. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from notifications.claims import Group, Share
from notifications.states import Lane

LaneOfNumber = tuple[str, str]


def shares(
    groups: Sequence[Group],
    tokens: Mapping[LaneOfNumber, int],
    room: int,
    tenant_tokens: Mapping[int, int] | None = None,
) -> list[Share]:
    """How many each group may take: codes first, then lane by lane; in a lane numbers share the room evenly, and
    tenants what their number may send.

    `groups` come in the order in which they have waited, `tokens` by (lane, sender), `tenant_tokens` for tenants
    that have a limit of their own, which does not count codes; `room` is how many may be taken in all. What a group
    has no use for the others get at the next claim.
    """
    limited = dict(tenant_tokens or {})
    found: list[Share] = []
    for lane in Lane:
        left = {} if lane == Lane.OTP else limited
        senders: dict[str, list[Group]] = defaultdict(list)
        for group in groups:
            if group.lane == lane:
                senders[group.sender].append(group)
        amounts = fill(room, [tokens.get((lane, sender), 0) for sender in senders])
        for waiting, amount in zip(senders.values(), amounts, strict=True):
            counts = fill(amount, [left.get(group.tenant_id, amount) for group in waiting])
            for group, count in zip(waiting, counts, strict=True):
                if group.tenant_id in left:
                    left[group.tenant_id] -= count
                if count:
                    found.append(Share(group, count))
                    room -= count
    return found


def fill(amount: int, most: Sequence[int]) -> list[int]:
    """Even parts of an amount, none above what it can take; the first ones get what remains.

    >>> fill(10, [1, 9, 9])
    [1, 5, 4]
    """
    parts = [0] * len(most)
    open_ = [place for place, limit in enumerate(most) if limit > 0]
    while amount > 0 and open_:
        each = max(amount // len(open_), 1)
        for place in open_:
            given = min(each, most[place] - parts[place], amount)
            parts[place] += given
            amount -= given
        open_ = [place for place in open_ if parts[place] < most[place]]
    return parts
