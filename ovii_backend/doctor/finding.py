from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """UNKNOWN is what could not be examined: it is said, and is no problem by itself."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part: `what` is so, `why` it matters, and what to `do`: a command or a place.

    `repair` names what `--fix` can do about it; empty: a person has to.
    """

    part: str
    verdict: Verdict
    what: str = ""
    why: str = ""
    do: str = ""
    repair: str = ""

    def as_dict(self) -> dict[str, str]:
        words = {"part": self.part, "verdict": self.verdict.value, "what": self.what, "why": self.why, "do": self.do}
        return words | ({"fix": "python manage.py doctor --fix"} if self.repair else {})


def fine(part: str, what: str = "") -> Finding:
    return Finding(part, Verdict.OK, what)


def unknown(part: str, what: str, do: str = "") -> Finding:
    return Finding(part, Verdict.UNKNOWN, what, do=do)


def warning(part: str, what: str, why: str, do: str, repair: str = "") -> Finding:
    return Finding(part, Verdict.WARNING, what, why, do, repair)


def problem(part: str, what: str, why: str, do: str, repair: str = "") -> Finding:
    return Finding(part, Verdict.PROBLEM, what, why, do, repair)
