"""`manage.py demo`: starts everything in an empty folder, plays the story, checks it, stops everything."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError

from ovii_backend import processes
from ovii_backend.demo import verdict
from ovii_backend.demo.cast import OPEN_WALLETS, OPERATOR
from ovii_backend.demo.clients import Unexpected
from ovii_backend.demo.scenario import Scenario
from ovii_backend.demo.stage import Refused, Stage, fresh_stage, refuse_the_real_world
from ovii_backend.environment import BASE_DIR
from ovii_backend.supervisor import TAIL_LINES, ProgramFailed, Supervisor
from ovii_backend.terminal import Paint, wants_colour

REFUSED = 2


class Command(BaseCommand):
    help = (
        "Plays the whole way on this machine, from a code asked for over HTTP to the last message read. "
        "Ends with 0 if every message came exactly once, 1 if not, 2 if the environment names something real."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.paint = Paint(wants_colour(sys.stdout) and not options["no_color"])
        begin = time.monotonic()
        try:
            refuse_the_real_world(os.environ)
            with fresh_stage(BASE_DIR / "var" / "demo") as stage:
                self._perform(stage)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from None
        except KeyboardInterrupt:
            raise CommandError("Interrupted; everything is stopped.", returncode=130) from None
        self._say(f"\nEverything came once and is read. Stopped after {time.monotonic() - begin:.1f} s.")

    def _perform(self, stage: Stage) -> None:
        def keep(name: str, line: str) -> None:
            with open(stage.logs / f"{name}.log", "a") as log:
                log.write(line + "\n")

        scenario = Scenario(stage, self._say, self.paint)
        with Supervisor(stage.environment(), BASE_DIR, keep) as supervisor:
            try:
                self._start(stage, scenario, supervisor)
                self._say(f"\n{self.paint.bold('The story')}, over HTTP as an app would")
                scenario.play()
                supervisor.check()
            except ProgramFailed as failure:
                raise self._failed(stage, str(failure)) from failure
            except (Unexpected, requests.RequestException, KeyError) as error:
                raise self._failed(stage, str(error) or repr(error)) from error
            finally:
                self._show(scenario)
            if complaints := verdict.wrong(scenario):
                raise self._failed(stage, "\n".join(complaints))

    def _start(self, stage: Stage, scenario: Scenario, supervisor: Supervisor) -> None:
        self._say(f"{self.paint.bold('The stage')}: {os.path.relpath(stage.folder)}, nothing leaves this machine")
        webhook = f"{stage.web}/api/integrations/webhooks/whatsapp/"
        supervisor.start(processes.sandbox(stage.sandbox_port, webhook))
        scenario.step("database made", lambda: supervisor.run(processes.manage("migrate", "migrate", "--noinput")))
        supervisor.start(processes.web(stage.web_port), processes.worker())
        operator = processes.manage("operator", "createsuperuser", "--noinput")
        scenario.step(
            f"operator made: {OPERATOR} / {self.paint.bold(stage.password)} (for this run only)",
            lambda: supervisor.run(operator),
        )
        scenario.step(
            f"sandbox {stage.sandbox}, web {stage.web}, worker and beat are ready",
            lambda: supervisor.wait_until_ready("sandbox", "web", "worker"),
        )
        scenario.step(
            "three empty wallets opened",
            lambda: supervisor.run(processes.manage("wallets", "open_wallets", *OPEN_WALLETS)),
        )
        scenario.step("templates synced", lambda: supervisor.run(processes.sync_templates()))

    def _show(self, scenario: Scenario) -> None:
        if not scenario.observer.rows:
            return
        self._say(f"\n{self.paint.bold('Who got what')}, seconds from the request until the operator saw it")
        self._say(verdict.who_got_what(scenario.expected, scenario.observer, self.paint))

    def _failed(self, stage: Stage, reason: str) -> CommandError:
        for log in sorted(stage.logs.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
            self._say(f"\n{self.paint.bold(os.path.relpath(log))}, its last lines")
            self._say_lines(lines)
        return CommandError(f"The demo failed. {reason}\nAll logs: {os.path.relpath(stage.logs)}/", returncode=1)

    def _say_lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._say(f"  {line}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
