"""`manage.py chaos`: everything breaks, and nothing is lost, sent twice or told wrongly."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

import psycopg
import requests
from django.core.management.base import BaseCommand, CommandError

from ovii_backend.chaos import report
from ovii_backend.chaos.ground import Ground, Missing, new_ground
from ovii_backend.chaos.pace import pace_for
from ovii_backend.chaos.plan import make_plan
from ovii_backend.chaos.report import LiveLine
from ovii_backend.chaos.storm import Storm, Unready, log_sink, prepare
from ovii_backend.chaos.verdict import Verdict
from ovii_backend.environment import BASE_DIR
from ovii_backend.supervisor import ProgramFailed, Supervisor

RUNS = {"A": ("A",), "B": ("B",), "both": ("A", "B")}
STORIES = 10


class Command(BaseCommand):
    help = (
        "Writes messages while workers, Redis, PostgreSQL and Meta's stand-in fail, and judges by what Meta's side "
        "recorded. Ends with 0 if the promises held, 1 if one was broken, 2 if the run could not be made."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, help="the same seed, the same messages, faults and blows")
        parser.add_argument("--messages", type=int, default=10_000, help="how many a run writes (10000)")
        parser.add_argument("--run", choices=RUNS, default="both", help="A: no webhook is dropped; B: some are")
        parser.add_argument("--keep", action="store_true", help="leave the folder with logs and database")
        parser.add_argument("--verbose", action="store_true", help="show what each program says")

    def handle(self, *args: Any, **options: Any) -> None:
        seed = secrets.randbelow(10_000) if options["seed"] is None else options["seed"]
        self.line, self.verbose = LiveLine(), options["verbose"]
        try:
            ground = new_ground()
            good = self._play(ground, seed, options)
        except (Missing, ValueError) as problem:
            raise CommandError(str(problem), returncode=2) from None
        if good and not options["keep"]:
            ground.remove()
        else:
            self.line.say(f"Logs, database, plans and journals: {ground.folder}")
        if not good:
            raise CommandError(f"A promise was broken. Again with --seed {seed}.", returncode=1)

    def _play(self, ground: Ground, seed: int, options: dict[str, Any]) -> bool:
        pace = pace_for(options["messages"])
        self.line.say(f"Chaos with seed {seed}: {options['messages']} messages a run, {pace.storm:.0f} s of storm.")
        verdicts, blows, seconds = [], {}, {}
        sink = log_sink(ground.folder / "logs", self.line.say if self.verbose else None)
        try:
            with Supervisor(ground.environment(), BASE_DIR, sink) as servers:
                prepare(ground, servers)
                for run in RUNS[options["run"]]:
                    self.line.say(f"Run {run}")
                    storm = Storm(make_plan(run, seed, options["messages"], pace), ground, servers, sink, self.line)
                    verdict = storm.run()
                    self.line.say(f"Run {run}: {'holds' if verdict.good else 'BROKEN'} after {storm.seconds:.0f} s")
                    self._tell(storm, verdict)
                    verdicts.append(verdict)
                    blows[run], seconds[run] = storm.blows, storm.seconds
        except ProgramFailed as failure:
            tail = "\n".join(f"  {text}" for text in failure.tail)
            raise CommandError(f"{failure}. Its last lines:\n{tail}\n{ground.folder}", returncode=2) from None
        except (Unready, psycopg.Error, requests.RequestException) as problem:
            raise CommandError(f"{problem}\nLogs: {ground.folder}", returncode=2) from problem
        except KeyboardInterrupt:
            raise CommandError(f"Interrupted; everything is stopped. {ground.folder}", returncode=130) from None
        self.line.say("\n" + report.results(verdicts, blows, seconds))
        return all(verdict.good for verdict in verdicts)

    def _tell(self, storm: Storm, verdict: Verdict) -> None:
        """The whole story of each violation, while the database still runs."""
        for violation in verdict.violations[:STORIES]:
            self.line.say(f"\n{violation.kind}: {violation.key}. {violation.sentence}")
            for text in storm.story_of(violation.key):
                self.line.say(f"  {text}")
        if hidden := verdict.violations[STORIES:]:
            self.line.say(f"\nand {len(hidden)} more: {', '.join(sorted({one.key for one in hidden})[:50])}")
