"""How many messages may be taken up now, and which of them their person's limit lets through."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from integrations import buckets
from integrations.buckets import Grant, Wish
from integrations.limits import (
    APP_KEY,
    campaign_key,
    number_key,
    number_wish,
    pair_wish,
    tenant_key,
    tenant_wish,
    waba_key,
)
from integrations.models import WhatsAppConfig
from integrations.numbers import levels
from notifications.claims import Claim, Group
from notifications.fairness import LaneOfNumber
from notifications.states import Lane
from tenants.services import send_rates

# Whoever waits for a shorter time would come back for a single token.
SHORTEST_WAIT_SECONDS = 0.2


@dataclass(slots=True)
class Budget:
    """Tokens taken, by lane and number and by tenant where it has a limit; `wait` seconds until there are more."""

    by_number: dict[LaneOfNumber, int] = field(default_factory=dict)
    by_tenant: dict[int, int] = field(default_factory=dict)
    wait: float = 0.0

    def settle(self, taken: Claim) -> None:
        """Give back what no message was found for."""
        unused: dict[str, int] = defaultdict(int)
        for (_, sender), tokens in self.by_number.items():
            unused[number_key(actual(sender))] += tokens
        for tenant_id, tokens in self.by_tenant.items():
            unused[tenant_key(tenant_id)] += tokens
        for group, count in taken.groups.items():
            unused[number_key(actual(group.sender))] -= count
            if group.tenant_id in self.by_tenant and group.lane != Lane.OTP:
                unused[tenant_key(group.tenant_id)] -= count
        buckets.give_back(unused)


def budget(groups: Sequence[Group], room: int) -> Budget:
    """Take tokens for up to `room` messages of these groups; all that are not used go back."""
    groups, rest = _not_resting(groups)
    if not groups:
        return Budget(wait=rest)
    numbers = _number_wishes(groups, room)
    tenants = _tenant_wishes(groups, room)
    granted = buckets.take([*numbers.values(), *tenants.values()])
    keys: list[LaneOfNumber | int] = [*numbers, *tenants]
    grants = dict(zip(keys, granted, strict=True))
    by_number = {key: grants[key].granted for key in numbers}
    # Enough for this look: that another process holds tokens for a moment is no limit.
    enough = sum(by_number.values()) >= room and not tenants
    return Budget(
        by_number,
        {key: grants[key].granted for key in tenants},
        rest if enough else _wait(groups, grants) or rest,
    )


def _not_resting(groups: Sequence[Group]) -> tuple[list[Group], float]:
    """Those that no pause of Meta's concerns, and after how many seconds the first of the others may go on."""
    account = (APP_KEY, waba_key(WhatsAppConfig.objects.usable_credentials().waba_id))
    campaigns = {group: campaign_key(actual(group.sender)) for group in groups if group.lane == Lane.BULK}
    paused = buckets.paused([*account, *dict.fromkeys(campaigns.values())])
    if whole := [paused[key] for key in account if key in paused]:
        return [], max(whole)
    resting = {group: paused[key] for group, key in campaigns.items() if key in paused}
    return [group for group in groups if group not in resting], min(resting.values(), default=0.0)


def _number_wishes(groups: Sequence[Group], room: int) -> dict[LaneOfNumber, Wish]:
    known = levels()
    pairs = dict.fromkeys((group.lane, group.sender) for group in groups)
    return {
        (lane, sender): number_wish(actual(sender), known.get(actual(sender), ""), room, lane) for lane, sender in pairs
    }


def _tenant_wishes(groups: Sequence[Group], room: int) -> dict[int, Wish]:
    """Codes are not counted against a tenant's budget: nobody's login waits for an operator's arithmetic."""
    lanes = {group.tenant_id: group.lane for group in groups if group.lane != Lane.OTP}
    rates = send_rates() if lanes else {}
    return {
        tenant_id: tenant_wish(tenant_id, rates[tenant_id], max(rates[tenant_id], 1.0), room, lane)
        for tenant_id, lane in lanes.items()
        if tenant_id in rates
    }


def _wait(groups: Sequence[Group], grants: Mapping[LaneOfNumber | int, Grant]) -> float:
    """Until the first group that got nothing may have something; 0 where every group got something."""
    waits = []
    for group in groups:
        concerned = [grants[group.lane, group.sender]]
        if group.tenant_id in grants:
            concerned.append(grants[group.tenant_id])
        if any(grant.granted == 0 or grant.wait for grant in concerned):
            waits.append(max(grant.wait for grant in concerned))
    return max(min(waits), SHORTEST_WAIT_SECONDS) if waits else 0.0


def actual(sender: str) -> str:
    """The phone number id behind what an attempt names; empty is the configured one."""
    return sender or WhatsAppConfig.objects.usable_credentials().phone_number_id


def pair_waits(pairs: Sequence[tuple[str, str, str]]) -> list[float]:
    """For each (number, person, lane): 0.0 where a message may go now, else the seconds until one may."""
    grants = buckets.take([pair_wish(number, person, 1, lane) for number, person, lane in pairs])
    return [0.0 if grant.granted else (grant.wait if grant.wait < math.inf else 3600.0) for grant in grants]
