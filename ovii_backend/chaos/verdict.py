"""Lost, twice, wrong? Judged from what the sandbox recorded, and our rows compared with that. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import pairwise

from ovii_backend.chaos.chronicle import Taken
from ovii_backend.chaos.ledger import Row
from ovii_backend.chaos.plan import Planned

#: What the sandbox or a webhook says -> what our row says then.
STATUSES = {"accepted": "SENT", "sent": "SENT", "delivered": "DELIVERED", "read": "READ", "failed": "FAILED"}
BEST_FIRST = ("READ", "DELIVERED", "SENT", "FAILED")
#: What may be known of one message, from nothing to everything.
LADDER = ("UNCERTAIN", "SENT", "FAILED", "DELIVERED", "READ")
KINDS = ("lost", "duplicate", "wrong state", "wrong code", "wrong person", "never said", "twice in the database")


@dataclass(frozen=True, slots=True)
class Violation:
    kind: str
    key: str
    sentence: str


@dataclass(slots=True)
class Verdict:
    """`counts` are facts of the run; a run is good when there is no violation."""

    run: str
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.violations

    def number(self, kind: str) -> int:
        return sum(violation.kind == kind for violation in self.violations)


@dataclass(frozen=True, slots=True)
class Evidence:
    """`committed` and `aborted` from the writer's journal, `taken` from the sandbox, `rows` from our database."""

    run: str
    planned: Mapping[str, Planned]
    committed: AbstractSet[str]
    aborted: AbstractSet[str]
    taken: Sequence[Taken]
    rows: Mapping[str, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class _Case:
    """All that is known of one committed message."""

    run: str
    plan: Planned
    taken: Sequence[Taken]
    row: Row | None

    @property
    def is_code(self) -> bool:
        return self.plan.lane == "otp"


def judge(evidence: Evidence) -> Verdict:
    verdict = Verdict(evidence.run)
    taken: dict[str, list[Taken]] = defaultdict(list)
    for message in sorted(evidence.taken, key=lambda one: one.at):
        taken[message.key].append(message)
    verdict.violations += _never_said(evidence, taken)
    for key in sorted(evidence.committed):
        rows = evidence.rows.get(key, ())
        if len(rows) > 1:
            verdict.violations.append(Violation("twice in the database", key, f"{len(rows)} notifications."))
        case = _Case(evidence.run, evidence.planned[key], taken.get(key, ()), rows[0] if rows else None)
        verdict.violations += [Violation(kind, key, words) for kind, words in _wrongs(case)]
        verdict.counts.update(_facts(case))
    verdict.counts["committed"] = len(evidence.committed)
    verdict.counts["rolled back"] = len(evidence.aborted)
    verdict.counts["taken by Meta"] = len(evidence.taken)
    return verdict


def _never_said(evidence: Evidence, taken: Mapping[str, Sequence[Taken]]) -> Iterator[Violation]:
    """What Meta has and nobody committed."""
    for key, messages in taken.items():
        if key not in evidence.committed:
            why = "Its transaction was rolled back" if key in evidence.aborted else "Nobody committed it"
            yield Violation("never said", key, f"{why}, and Meta has it: {messages[0].wamid} to {messages[0].phone}.")


def _wrongs(case: _Case) -> Iterator[tuple[str, str]]:
    if case.row is None:
        yield "lost", "It was committed, and there is no row."
        return
    strangers = [one.phone for one in case.taken if one.phone != case.plan.phone]
    if strangers:
        yield "wrong person", f"It is for {case.plan.phone} and went to {', '.join(strangers)}."
    if not case.taken:
        yield from _never_taken(case, case.row)
        return
    if case.is_code:
        codes = {one.code for one in case.taken}
        if len(codes) > 1:
            yield "wrong code", f"One request, {len(codes)} different codes."
    else:
        yield from _duplicates(case, case.row)
    yield from _state(case, case.row)


def _never_taken(case: _Case, row: Row) -> Iterator[tuple[str, str]]:
    """Nothing of it arrived: the row has to show that nobody knows, after the rule was followed."""
    if row.status != "UNCERTAIN":
        yield "lost", f"Meta never took it, and its row says {row.status}."
    elif not row.resent_unproven:
        yield "lost", "Meta never took it, and it never went again."


def _duplicates(case: _Case, row: Row) -> Iterator[tuple[str, str]]:
    """A second message is excused in run B alone: nothing of the first one was ever told, and the row says so."""
    standing = [one for one in case.taken if one.status != "failed"]
    for first, second in pairwise(standing):
        heard = first.arrived()
        if case.run == "A":
            yield "duplicate", f"Meta took {first.wamid} and {second.wamid}."
        elif heard:
            yield "duplicate", f"Of {first.wamid} {', '.join(heard)} arrived, and Meta took {second.wamid} too."
        elif not row.resent_unproven:
            yield "duplicate", f"Meta took {first.wamid} and {second.wamid}, and resent_unproven is not set."


def _state(case: _Case, row: Row) -> Iterator[tuple[str, str]]:
    truth = _best([STATUSES[one.status] for one in case.taken])
    if row.status == truth:
        return
    if case.run == "A":
        yield "wrong state", f"The sandbox says {truth}, our row {row.status}."
        return
    # Statuses were dropped: our row may know less than Meta, but all that was told, and nothing that is not so.
    told = _best([STATUSES[status] for one in case.taken for status in one.arrived()]) or "UNCERTAIN"
    if row.status not in LADDER or not LADDER.index(told) <= LADDER.index(row.status) <= LADDER.index(truth):
        yield "wrong state", f"The sandbox says {truth} and has told us {told}; our row says {row.status}."


def _best(statuses: Sequence[str]) -> str:
    return next((status for status in BEST_FIRST if status in statuses), "")


def _facts(case: _Case) -> Iterator[str]:
    """What is counted of a message, right or wrong."""
    repeats = len(case.taken) - 1
    if repeats > 0:
        yield "codes that came again" if case.is_code else "sent again without proof, and twice there"
    if case.row is None:
        return
    yield case.row.status
    if case.row.resent_unproven:
        yield "resent_unproven"
    if case.row.status == "UNCERTAIN":
        yield "left to an operator: Meta has it" if case.taken else "left to an operator: Meta never took it"
    if any(attempt.state == "UNCERTAIN" for attempt in case.row.attempts) or len(case.row.attempts) > 1:
        yield "more than one try, or one in doubt"
