"""How long a run takes and how its leases and windows are shortened."""

from __future__ import annotations

from dataclasses import dataclass

SHORT_RUN = 1000
# MARGIN_SECONDS of claims.py, which is no setting: a lease has to be longer than a request and this.
MARGIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """`storm` seconds of writing and breaking; the rest are Ovii's settings and how often what is broken.

    In the first `bulk_in_doubt` of the storm a bulk message may meet what leaves it uncertain for its long window.
    """

    storm: float
    per_second: int
    lease: float
    read_timeout: float
    window: float
    longest_delay: float
    bulk_in_doubt: float
    worker_kills: int
    worker_stops: int
    flushes: int
    redis_kills: int
    postgres_kills: int
    web_kills: int

    @property
    def bulk_window(self) -> float:
        """After so long an uncertain bulk message may go again: uncertain.WINDOWS."""
        return 4 * self.window

    @property
    def patience(self) -> float:
        """Seconds after the storm in which everything has to come to rest."""
        return 60 + 3 * self.lease + 2 * self.bulk_window

    def settings(self) -> dict[str, str]:
        """For the processes of Ovii."""
        return {
            "DELIVERY_LEASE_SECONDS": str(self.lease),
            "WHATSAPP_READ_TIMEOUT_SECONDS": str(self.read_timeout),
            "WHATSAPP_CONNECT_TIMEOUT_SECONDS": "0.5",
            "DELIVERY_UNCERTAIN_SECONDS": str(self.window),
            "SWEEP_WITHOUT_BEAT_SECONDS": "5",
            "WHATSAPP_MESSAGES_PER_SECOND": str(self.per_second),
        }


def pace_for(messages: int) -> Pace:
    """Raises ValueError for fewer messages than a run can tell anything by."""
    if messages < 50:
        raise ValueError("--messages: at least 50")
    if messages <= SHORT_RUN:
        return Pace(
            storm=max(8.0, messages / 30), per_second=80, lease=11.5, read_timeout=1, window=6, longest_delay=1.5,
            bulk_in_doubt=0.3, worker_kills=3, worker_stops=1, flushes=1, redis_kills=1, postgres_kills=1, web_kills=0,
        )  # fmt: skip
    storm = messages / 85
    often = max(1, round(storm / 30))
    return Pace(
        storm=storm, per_second=150, lease=14, read_timeout=3, window=24, longest_delay=3, bulk_in_doubt=1,
        worker_kills=2 * often, worker_stops=max(1, often // 2), flushes=often, redis_kills=often, postgres_kills=often,
        web_kills=max(1, often // 2),
    )  # fmt: skip
