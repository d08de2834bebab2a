"""Who posts to the webhook: whose bad posts have been too many, and who has shown to be Meta. In memory, bounded.

An address that keeps posting what is not authentic is answered at once, without reading or checking anything; one
that has posted something authentic within the last hour never is, however much is forged in its name.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from django.http import HttpRequest
from rest_framework.settings import api_settings

# A guide followed wrongly costs a handful; then one every two seconds is still answered with its reason.
BURST = 30
PER_SECOND = 0.5
TRUST_SECONDS = 3600.0
ASK_SECONDS = 10.0
KNOWN = 4096


def source_of(request: HttpRequest) -> str:
    """The client's address as the outermost of TRUSTED_PROXIES saw it; of IPv6 the /64. Empty when unknown."""
    proxies = api_settings.NUM_PROXIES or 0
    address = str(request.META.get("REMOTE_ADDR") or "")
    # The header is the client's own word beyond what trusted proxies wrote.
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")[-proxies:] if proxies else []
    if forwarded and forwarded[0].strip():
        address = forwarded[0].strip()
    return _of_ipv6(address) if ":" in address else address[:64]


def _of_ipv6(address: str) -> str:
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False).network_address)
    except ValueError:
        return address[:64]


class Sources:
    """What this process knows of addresses; `shared` gives those that other processes trust, and may be slow."""

    def __init__(
        self, shared: Callable[[], Iterable[str]] = tuple, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shared, self._clock = shared, clock
        self._lock = threading.Lock()
        self._bad: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._trusted: OrderedDict[str, float] = OrderedDict()
        self._asked_at = float("-inf")

    def sheds(self, address: str) -> bool:
        """Whether to answer without looking. An unknown address cannot be told from Meta's: never."""
        if not address or not self._spent(address):
            return False
        self._ask()
        return self._spent(address)

    def refused(self, address: str) -> None:
        """It posted something that is not authentic."""
        now = self._clock()
        with self._lock:
            if not address or self._is_trusted(address, now):
                return
            self._bad[address] = (self._left(address, now) - 1, now)
            self._bad.move_to_end(address)
            if len(self._bad) > KNOWN:
                self._bad.popitem(last=False)

    def authentic(self, address: str) -> bool:
        """It posted something authentic. True when that was not known for the last tenth of the time it counts."""
        now = self._clock()
        with self._lock:
            news = now - self._trusted.get(address, float("-inf")) > TRUST_SECONDS / 10
            if news and address:
                self._trust(address, now)
            return news and bool(address)

    def forget(self) -> None:
        with self._lock:
            self._bad.clear()
            self._trusted.clear()
            self._asked_at = float("-inf")

    def __len__(self) -> int:
        return len(self._bad) + len(self._trusted)

    def _ask(self) -> None:
        now = self._clock()
        with self._lock:
            if now - self._asked_at < ASK_SECONDS:
                return
            self._asked_at = now
        for address in self._shared():
            with self._lock:
                self._trust(address, now)

    def _trust(self, address: str, now: float) -> None:
        self._trusted[address] = now
        self._trusted.move_to_end(address)
        self._bad.pop(address, None)
        if len(self._trusted) > KNOWN:
            self._trusted.popitem(last=False)

    def _spent(self, address: str) -> bool:
        now = self._clock()
        with self._lock:
            return self._left(address, now) < 1 and not self._is_trusted(address, now)

    def _is_trusted(self, address: str, now: float) -> bool:
        return now - self._trusted.get(address, float("-inf")) < TRUST_SECONDS

    def _left(self, address: str, now: float) -> float:
        left, since = self._bad.get(address, (float(BURST), now))
        return min(left + (now - since) * PER_SECOND, BURST)
