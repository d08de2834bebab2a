"""Whether a worker's memory stays as it is while it sends: resident bytes at a fifth of the messages and at the end."""

from __future__ import annotations

import sys
import time

from bench.installation import Installation, installation
from bench.processes import children_memory
from bench.report import Figure, arguments, report

#: Growth between a fifth and the end that counts as flat.
BAR = 1.05
LONGEST_SECONDS = 900
PARTS = 10


def measure(made: Installation, count: int) -> tuple[int, int]:
    """Resident bytes of the sending processes after a fifth and after all; written in parts, as in a long day."""
    from bench import traffic

    made.api.ask(latency=0, forget=True)
    with made.beat(), made.worker() as worker:
        before, until = traffic.newest(), time.monotonic() + LONGEST_SECONDS
        seen = []
        for _ in range(PARTS):
            traffic.write(count // PARTS)
            traffic.wait(until - time.monotonic())
            seen.append(children_memory(worker))
        traffic.verify(made.api, count, before)
    return seen[PARTS // 5 - 1], seen[-1]


def main() -> int:
    asked = arguments(__doc__, messages=100_000).parse_args()
    if asked.quick:
        asked.messages = 5000
    with installation() as made:
        early, late = measure(made, asked.messages)
    figures = [
        Figure("memory at the end over memory at a fifth", [late / early], BAR, 1.0, less_is_better=True),
        Figure("MB of both processes at a fifth", [early / 1e6]),
        Figure("MB of both processes at the end", [late / 1e6]),
    ]
    return report(figures, asked)


if __name__ == "__main__":
    sys.exit(main())
