"""Data statements that the workers execute for 200 messages, history included, and connections to the API."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from bench.installation import Installation, installation
from bench.report import Figure, arguments, report

BAR, AIM = 14, 10
MODULE = "bench.statement_counter"
TRANSACTION = ("SAVEPOINT", "RELEASE")
LONGEST_SECONDS = 180


def measure(made: Installation, count: int, latency: float) -> tuple[Counter[str], int]:
    """By kind of statement, while so many messages are sent; and the connections that they went over."""
    from bench import traffic

    folder = Path(made.environment["BENCH_STATEMENTS"])
    made.api.ask(latency=latency)
    with made.beat(), made.worker("-c", "2", modules=(MODULE,)):
        traffic.write(1000)
        traffic.wait(LONGEST_SECONDS)
        made.api.ask(forget=True)
        newest, before = traffic.newest(), counted(folder)
        traffic.write(count, at_commit=lambda: before.update(counted(folder) - before))
        traffic.wait(LONGEST_SECONDS)
        found = counted(folder) - before
    told = traffic.verify(made.api, count, newest)
    return found, told["connections"]


def counted(folder: Path) -> Counter[str]:
    total: Counter[str] = Counter()
    for file in folder.glob("*.json"):
        total.update(json.loads(file.read_text()))
    return total


def main() -> int:
    parser = arguments(__doc__, messages=20_000, latency=200)
    asked = parser.parse_args()
    if asked.quick:
        asked.messages = 2000
    with installation() as made:
        folder = made.folder / "statements"
        folder.mkdir()
        made.environment["BENCH_STATEMENTS"] = str(folder)
        found, connections = measure(made, asked.messages, asked.latency / 1000)
        most = 2 * int(made.environment["DELIVERY_THREADS"])
    for_200 = {kind: 200 * count / asked.messages for kind, count in found.items() if not kind.startswith(TRANSACTION)}
    figures = [
        Figure("statements for 200 messages", [sum(for_200.values())], BAR, AIM, less_is_better=True),
        Figure(f"connections for {asked.messages:,} messages", [connections], most, less_is_better=True),
    ]
    kinds = sorted(for_200.items(), key=lambda item: -item[1])
    figures += [Figure(f"  {kind}", [count]) for kind, count in kinds if count >= 0.05]
    return report(figures, asked)


if __name__ == "__main__":
    sys.exit(main())
