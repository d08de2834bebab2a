"""How long a one-time code takes while many bulk messages are under way, with one worker and with one per lane."""

from __future__ import annotations

import contextlib
import statistics
import sys
import time
from collections.abc import Sequence

from bench.installation import Installation, installation
from bench.report import Figure, arguments, report

#: Seconds from the committed request to the recorded answer, above the latency of the API.
BAR, AIM = 1.0, 0.5
LATENCY = 0.2
BETWEEN_CODES = 0.2
LONGEST_SECONDS = 600
LAYOUTS = {
    "one worker for all": (("-c", "2"),),
    "a worker per lane": (
        ("-c", "1", "-Q", "otp", "-n", "otp@%h"),
        ("-c", "1", "-Q", "transactional,webhooks,periodic", "-n", "transactional@%h"),
        ("-c", "1", "-Q", "bulk", "-n", "bulk@%h"),
    ),
}


def measure(made: Installation, layout: Sequence[Sequence[str]], count: int) -> list[float]:
    """Codes are asked for one by one until the bulk is sent; how long each took to be SENT."""
    from bench import traffic
    from notifications.models import DeliveryAttempt

    made.api.ask(latency=LATENCY, forget=True)
    codes = 0
    with contextlib.ExitStack() as workers:
        workers.enter_context(made.beat())
        for options in layout:
            workers.enter_context(made.worker(*options))
        traffic.write(1000)
        traffic.wait(LONGEST_SECONDS)
        made.api.ask(forget=True)
        before, until = traffic.newest(), time.monotonic() + LONGEST_SECONDS
        traffic.write(count, lane="bulk")
        while traffic.is_busy(lane="bulk") and time.monotonic() < until:
            traffic.ask_for_code()
            codes += 1
            time.sleep(BETWEEN_CODES)
        traffic.wait(until - time.monotonic())
        traffic.verify(made.api, count + codes, before)
    sent = DeliveryAttempt.objects.filter(notification_id__gt=before, lane="otp").values_list("created_at", "sent_at")
    return [(then - asked_at).total_seconds() for asked_at, then in sent]


def main() -> int:
    asked = arguments(__doc__, messages=50_000).parse_args()
    if asked.quick:
        asked.messages = 3000
    figures = []
    with installation() as made:
        for name, layout in LAYOUTS.items():
            took = measure(made, layout, asked.messages)
            p95 = statistics.quantiles(took, n=20)[-1]
            figures += [
                Figure(f"{name}: p95 of a code, s", [p95], BAR + LATENCY, AIM + LATENCY, less_is_better=True),
                Figure(f"{name}: median and span, s", took),
                Figure(f"{name}: codes", [len(took)]),
            ]
    return report(figures, asked)


if __name__ == "__main__":
    sys.exit(main())
