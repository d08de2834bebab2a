"""What the faults of webhooks do to an update before it is queued."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.chaos import Chaos, Fault, Occasion
from sandbox.envelopes import Update
from sandbox.lane import Bundle, person_of

Later = Callable[..., None]


class Tampering:
    """Sits between what is told and the queue; what it keeps back counts as waiting."""

    def __init__(
        self,
        chaos: Chaos,
        later: Later,
        queue: Callable[[Update | Bundle], None],
        dropped: Callable[[Update], None],
    ) -> None:
        self.chaos, self._later, self._queue, self._dropped = chaos, later, queue, dropped
        self.clear()

    def clear(self) -> None:
        #: By the id of the fault that collected them.
        self._collected: dict[int, list[Update]] = {}
        self._delayed: set[int] = set()
        self._last_delay = 0

    @property
    def kept_back(self) -> int:
        return len(self._delayed) + sum(map(len, self._collected.values()))

    def tell(self, update: Update) -> None:
        fault = self._take("webhooks", update)
        if fault is None:
            self._pass(update)
        else:
            ACTS[fault.kind](self, fault, update)

    def release(self, faults: Iterable[Fault]) -> None:
        """Sends what these collected."""
        for fault in faults:
            self._flush(fault, self._collected.get(fault.id, []))

    def _take(self, stage: str, update: Update) -> Fault | None:
        number_id = update.number.id if update.number else ""
        occasion = Occasion(stage, "webhooks", person_of(update), number_id, update.event)
        return next(iter(self.chaos.take(occasion)), None)

    def _pass(self, item: Update | Bundle) -> None:
        """To the queue, unless a `hold` keeps it; what was held goes on as ordinary updates."""
        updates = item.updates if isinstance(item, Bundle) else (item,)
        held = self._take("hold", updates[0])
        if held is None:
            self._queue(item)
        else:
            self._collected.setdefault(held.id, []).extend(updates)

    def drop(self, fault: Fault, update: Update) -> None:
        self._dropped(update)

    def duplicate(self, fault: Fault, update: Update) -> None:
        for _ in range(fault["count"]):
            self._pass(Bundle((update,)))

    def forge(self, fault: Fault, update: Update) -> None:
        self._pass(Bundle((update,), "wrong"))

    def delay(self, fault: Fault, update: Update) -> None:
        self._last_delay += 1
        self._delayed.add(self._last_delay)
        self._later(fault.seconds(), self._delay_ends, update, self._last_delay)

    def _delay_ends(self, update: Update, delay: int) -> None:
        if delay in self._delayed:
            self._delayed.remove(delay)
            self._pass(Bundle((update,)))

    def collect(self, fault: Fault, update: Update) -> None:
        """Until there are enough, the fault is used up, or the first has waited long enough."""
        collected = self._collected.setdefault(fault.id, [])
        collected.append(update)
        if len(collected) >= fault["count"] or fault.over:
            self._flush(fault, collected)
        elif len(collected) == 1:
            self._later(fault["longest_wait"], self._flush, fault, collected)

    def _flush(self, fault: Fault, collected: list[Update]) -> None:
        if self._collected.get(fault.id) is not collected:
            return  # these have gone already
        del self._collected[fault.id]
        if fault.kind == "batch":
            self._pass(Bundle(collected))
        elif fault.kind == "hold":
            for update in collected:
                self._queue(update)
        else:
            for update in in_disorder(fault, collected):
                self._pass(Bundle((update,)))


def in_disorder(fault: Fault, updates: list[Update]) -> list[Update]:
    if fault.rng is None:
        return updates[::-1]
    shuffled = list(updates)
    fault.rng.shuffle(shuffled)
    return shuffled


#: Kind of fault -> what it does with one update.
ACTS: dict[str, Callable[[Tampering, Fault, Update], Any]] = {
    "duplicate": Tampering.duplicate,
    "delay": Tampering.delay,
    "reorder": Tampering.collect,
    "batch": Tampering.collect,
    "drop": Tampering.drop,
    "wrong_signature": Tampering.forge,
}
