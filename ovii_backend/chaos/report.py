"""What somebody at a terminal sees: a live line, a table of the runs, and the stories of what went wrong."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TextIO

from ovii_backend.chaos.verdict import KINDS, Verdict
from ovii_backend.terminal import Paint, table, wants_colour

LINE_SECONDS, LOGGED_SECONDS = 0.5, 10.0
STATUSES = ("PENDING", "SENDING", "SENT", "DELIVERED", "READ", "UNCERTAIN", "FAILED")
FACTS = (
    "committed", "rolled back", "taken by Meta", "READ", "DELIVERED", "SENT", "FAILED", "UNCERTAIN", "resent_unproven",
    "sent again without proof, and twice there", "codes that came again", "more than one try, or one in doubt",
    "left to an operator: Meta has it", "left to an operator: Meta never took it",
)  # fmt: skip
BLOWS = ("kill worker", "stop worker", "flush redis", "kill redis", "kill postgres", "kill web")


class LiveLine:
    """One line that is written over on a terminal; elsewhere a line now and then."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self.stream, self.is_live = stream, stream.isatty()
        self._shown_at = 0.0

    def show(self, text: str) -> None:
        if time.monotonic() - self._shown_at < (LINE_SECONDS if self.is_live else LOGGED_SECONDS):
            return
        self._shown_at = time.monotonic()
        self._write(f"\r\x1b[2K{text}" if self.is_live else f"{text}\n")

    def say(self, text: str) -> None:
        """A line that stays."""
        self._write(f"\r\x1b[2K{text}\n" if self.is_live else f"{text}\n")

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def progress(seconds: float, committed: int, taken: int, statuses: Counter[str], blows: Counter[str]) -> str:
    told = "  ".join(f"{status.lower()} {statuses[status]}" for status in STATUSES if statuses[status])
    return f"  {seconds:5.0f} s  written {committed}  at Meta {taken}  {told}  blows {blows.total()}"


def results(verdicts: Sequence[Verdict], blows: Mapping[str, Counter[str]], seconds: Mapping[str, float]) -> str:
    """The table of the runs; a column for each."""
    paint = Paint(wants_colour(sys.stdout))
    rows = [[kind, *(_judged(paint, verdict.number(kind)) for verdict in verdicts)] for kind in KINDS]
    rows += [[fact, *(str(verdict.counts[fact]) for verdict in verdicts)] for fact in FACTS]
    rows += [[blow, *(str(blows[verdict.run][blow]) for verdict in verdicts)] for blow in BLOWS]
    rows.append(["seconds", *(f"{seconds[verdict.run]:.0f}" for verdict in verdicts)])
    words = {True: paint.good("holds"), False: paint.bad("BROKEN")}
    rows.append([paint.bold("verdict"), *(words[verdict.good] for verdict in verdicts)])
    return table(["", *(f"run {verdict.run}" for verdict in verdicts)], rows)


def _judged(paint: Paint, number: int) -> str:
    return paint.bad(str(number)) if number else paint.good("0")
