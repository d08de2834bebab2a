"""A process that writes a plan's messages in transactions, and a journal of what was committed.

    python -m ovii_backend.chaos.writer PLAN JOURNAL

It is the host platform: it calls `notify()` and `request_code()` as a domain would, and after an error of the
database it says everything again under the same keys. The journal has one line for each transaction whose commit
was answered; it is what the run is judged by.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO

import django
from django.db import Error as DatabaseError
from django.db import connection, transaction

from ovii_backend.chaos.plan import Planned

THREADS = 2
BEGINS = "The writing begins."
PAUSE_SECONDS = 0.2
LONGEST_SECONDS = 120


class CalledOff(RuntimeError):
    """The fact is not true after all: what was written with it must never be heard of."""


def save_plan(path: Path, messages: Iterable[Planned]) -> None:
    path.write_text(json.dumps([asdict(one) for one in messages]))


def load_plan(path: Path) -> list[Planned]:
    return [Planned(**fields) for fields in json.loads(path.read_text())]


@dataclass
class Journal:
    """One line for each transaction, written when its end is known."""

    file: TextIO
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, keys: Sequence[str], *, committed: bool) -> None:
        with self.lock:
            self.file.write(json.dumps({"keys": keys, "committed": committed}) + "\n")
            self.file.flush()


def read_journal(path: Path) -> tuple[set[str], set[str]]:
    """Keys that were committed and keys that were rolled back; a last line that is cut short does not count."""
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        found[entry["committed"]] |= set(entry["keys"])
    return found[True], found[False]


class Writer:
    def __init__(self, messages: Iterable[Planned], journal: Journal, tenants: dict[str, Any]) -> None:
        self.journal, self.tenants = journal, tenants
        self.groups = iter([list(group) for _, group in groupby(messages, lambda one: one.group)])
        self.taking = threading.Lock()
        self.began = 0.0
        self.problems: list[str] = []

    def run(self) -> None:
        self.began = time.monotonic()
        threads = [threading.Thread(target=self._work, name=f"writing-{place}") for place in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        while group := self._next():
            time.sleep(max(0.0, self.began + group[0].at - time.monotonic()))
            try:
                self._write(group)
            except Exception as problem:  # the outer edge of a thread: the run fails with these words
                self.problems.append(f"{group[0].key}: {problem!r}")
                raise

    def _next(self) -> list[Planned]:
        with self.taking:
            return next(self.groups, [])

    def _write(self, group: Sequence[Planned]) -> None:
        """Once committed, whatever the database does meanwhile."""
        keys, until = [one.key for one in group], time.monotonic() + LONGEST_SECONDS
        while True:
            try:
                with transaction.atomic():
                    for one in group:
                        self._say(one)
                    if group[0].aborted:
                        raise CalledOff
            except CalledOff:
                return self.journal.note(keys, committed=False)
            except DatabaseError:
                # Even a COMMIT that was carried out may end like this: the same keys make the repeat safe.
                connection.close()
                if time.monotonic() > until:
                    raise
                time.sleep(PAUSE_SECONDS)
            else:
                return self.journal.note(keys, committed=True)

    def _say(self, one: Planned) -> None:
        from notifications.services import notify
        from users.services import request_code

        tenant = self.tenants[one.tenant]
        if one.lane == "otp":
            request_code(one.phone, new_id=one.request_id, tenant=tenant)
            return
        notify(
            "chaos",
            tenant=tenant,
            phone_number=one.phone,
            template_name=one.template,
            variables=_variables(one),
            lane=one.lane,
            idempotency_key=one.key,
        )


def _variables(one: Planned) -> dict[str, str]:
    from integrations.whatsapp_templates import get_template_structure

    known = {"transaction_id": one.key, "sender_name": "Tariro", "recipient_name": "Rudo", "customer_name": "Chipo"}
    structure = get_template_structure(one.template) or {"variables": ()}
    return {name: known.get(name, "USD 25.00") for name in structure["variables"]}


def _tenants(slugs: Iterable[str]) -> dict[str, Any]:
    from tenants.models import Tenant

    return {slug: Tenant.objects.get_or_create(slug=slug, defaults={"name": slug})[0] for slug in slugs}


def main(plan: str, journal: str) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ovii_backend.settings")
    django.setup()
    messages = load_plan(Path(plan))
    tenants = _tenants(sorted({one.tenant for one in messages}))
    with open(journal, "a") as file:
        writer = Writer(messages, Journal(file), tenants)
        print(BEGINS, flush=True)
        writer.run()
    for problem in writer.problems:
        print(problem, file=sys.stderr)
    return 1 if writer.problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
