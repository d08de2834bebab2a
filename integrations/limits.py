"""Meta's limits in numbers, and the wishes for tokens of their buckets.

A bucket grants up to `burst + rate * time` in any stretch of time. Where Meta counts a stretch (an hour), the burst
is taken out of the rate, so that no hour holds more than Meta allows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.conf import settings

from integrations import buckets
from integrations.buckets import Wish
from integrations.exceptions import WhatsAppError

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` in tokens per second, `burst` the capacity."""

    rate: float
    burst: float


@dataclass(frozen=True, slots=True)
class LaneRule:
    """`floor` is the share of the burst that is left for more urgent lanes."""

    floor: float
    degraded_ok: bool


def per_hour(count: int, burst: int) -> Limit:
    """At most `count` in any hour, `burst` of them at once."""
    return Limit((count - burst) / HOUR, burst)


# Half a second's worth at once: a worker that takes tokens twice a second keeps the whole rate, and a number that
# rested does not send its second's quota twice in one of Meta's seconds.
NUMBER_BURST_SECONDS = 0.5
# Meta, Cloud API, Throughput: messages per second of one number, by the level that its `throughput` names.
NUMBER_RATES = {"STANDARD": 80.0, "HIGH": 1000.0, "COEXISTENCE": 20.0}

# Meta, WhatsApp Business Management API, Rate limits: calls per hour, app and account. A sync of all templates in
# several languages makes some dozens of calls at once.
ACCOUNT_CALLS = {True: per_hour(5000, burst=500), False: per_hour(200, burst=50)}
# Meta, Message templates: 100 creations per hour and account. Ovii's own fit into one burst.
TEMPLATE_CREATIONS = per_hour(100, burst=50)
# Meta, Graph API, Rate limits: the app's limit grows with its users and is told to nobody. It is only ever paused.
APP = Limit(100_000.0, 100_000.0)

# A code may have the last token.
LANES = {
    "otp": LaneRule(0.0, degraded_ok=True),
    "transactional": LaneRule(0.1, degraded_ok=True),
    "bulk": LaneRule(0.3, degraded_ok=False),
}


def number_wish(phone_number_id: str, level: str, want: int, lane: str) -> Wish:
    """Messages of one number. A level that is not in NUMBER_RATES counts as WHATSAPP_MESSAGES_PER_SECOND."""
    rate = NUMBER_RATES.get(level) or max(1.0, settings.WHATSAPP_MESSAGES_PER_SECOND)
    return _wish(number_key(phone_number_id), Limit(rate, max(1.0, rate * NUMBER_BURST_SECONDS)), want, lane)


def pair_wish(phone_number_id: str, recipient: str, want: int, lane: str) -> Wish:
    """Messages of one number to one person: Meta, Cloud API, Pair rate limits: one per 6 s, 45 at once.

    No floor: whoever the person is, their code is not kept waiting by other people's messages.
    """
    limit = Limit(1 / max(0.001, settings.WHATSAPP_PAIR_SECONDS), max(1.0, settings.WHATSAPP_PAIR_BURST))
    rule = LANES[lane]
    key = pair_key(phone_number_id, recipient)
    return Wish(key, limit.rate, limit.burst, want, degraded_ok=rule.degraded_ok)


def tenant_wish(tenant_id: int, rate: float, burst: float, want: int, lane: str) -> Wish:
    """Messages of one tenant, whatever its numbers: a limit of the operator's own, in messages per second."""
    return _wish(tenant_key(tenant_id), Limit(rate, burst), want, lane)


def waba_wish(waba_id: str, want: int = 1, *, registered: bool = True) -> Wish:
    """Management calls of one account. `registered`: it has a number that is registered at the Cloud API."""
    limit = ACCOUNT_CALLS[registered]
    return Wish(waba_key(waba_id), limit.rate, limit.burst, want)


def creation_wish(waba_id: str, want: int = 1) -> Wish:
    """Templates created in one account."""
    return Wish(f"templates:{waba_id}", TEMPLATE_CREATIONS.rate, TEMPLATE_CREATIONS.burst, want)


def app_wish(want: int = 1) -> Wish:
    """Any call of the app: granted unless Meta asked for a pause."""
    return Wish(APP_KEY, APP.rate, APP.burst, want)


APP_KEY = "app"


def number_key(phone_number_id: str) -> str:
    return f"number:{phone_number_id}"


def pair_key(phone_number_id: str, recipient: str) -> str:
    """However the number is spelt, with plus and spaces or without, it is one person; other ids stay as they are."""
    digits = re.sub(r"[\s+()-]", "", recipient)
    return f"pair:{phone_number_id}:{digits if digits.isdecimal() else recipient}"


def campaign_key(phone_number_id: str) -> str:
    """Bulk messages of one number: it is only ever paused, when Meta finds the number's quality too low."""
    return f"campaign:{phone_number_id}"


def waba_key(waba_id: str) -> str:
    return f"waba:{waba_id}"


def tenant_key(tenant_id: int) -> str:
    return f"tenant:{tenant_id}"


# Meta's limits of a flow, of PIN guesses, of registrations and of code requests: messages and calls go on.
NO_BUCKETS_LIMITS = frozenset({100, 132069, 133008, 133009, 133016, 136024})


def pause_for(error: WhatsAppError, *, waba_id: str = "", phone_number_id: str = "", recipient: str = "") -> str:
    """Pause the bucket that `error` says is throttled, for as long as Meta asks. Returns its key, or nothing.

    Nothing is paused for errors that are no throttle, nor where the id that the bucket is named by is not given.
    """
    keys = {
        "number": number_key(phone_number_id) if phone_number_id else "",
        "campaign": campaign_key(phone_number_id) if phone_number_id else "",
        "pair": pair_key(phone_number_id, recipient) if phone_number_id and recipient else "",
        "waba": waba_key(waba_id) if waba_id else "",
        "app": APP_KEY,
    }
    key = keys.get(error.bucket, "")
    if key and error.retry_after and error.code not in NO_BUCKETS_LIMITS:
        buckets.pause(key, error.retry_after)
        return key
    return ""


def _wish(key: str, limit: Limit, want: int, lane: str) -> Wish:
    rule = LANES[lane]
    return Wish(key, limit.rate, limit.burst, want, rule.floor * limit.burst, rule.degraded_ok)
