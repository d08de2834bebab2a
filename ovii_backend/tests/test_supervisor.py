from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

from ovii_backend.supervisor import Program, ProgramFailed, Supervisor

ROOT = Path(settings.BASE_DIR)
IDLE = "print('idling', flush=True)\nimport time\ntime.sleep(600)"
# Starts a child that ignores SIGTERM, tells its pid, and goes away on SIGTERM itself.
PARENT = """
import subprocess, sys, time
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('armed', flush=True); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
child.stdout.readline()
print("child", child.pid, flush=True)
time.sleep(600)
"""
SUPERVISED = """
import sys
from pathlib import Path
from ovii_backend.supervisor import Program, Supervisor
with Supervisor({{}}, Path("."), lambda name, line: print(line, flush=True)) as supervisor:
    supervisor.start(Program("idle", (sys.executable, "-c", {code!r})))
    print("child", supervisor.children["idle"].process.pid, flush=True)
    try:
        supervisor.watch()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def python(name: str, code: str, **ready: str) -> Program:
    return Program(name, (sys.executable, "-c", code), **ready)


def exists(pid: int) -> bool:
    """True while a process runs; one that has ended and waits to be reaped does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


CHILD = re.compile(r"child (\d+)")


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class SupervisorTestCase(SimpleTestCase):
    def setUp(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def supervisor(self) -> Supervisor:
        return Supervisor(os.environ, ROOT, lambda name, line: self.lines.append((name, line)))

    def test_a_program_is_ready_once_it_says_so(self) -> None:
        with self.supervisor() as supervisor:
            supervisor.start(python("idle", IDLE, ready_text="idling"))
            supervisor.wait_until_ready("idle")
        self.assertIn(("idle", "idling"), self.lines)

    def test_nothing_is_left_when_it_ends_not_even_a_grandchild_that_ignores_sigterm(self) -> None:
        with self.supervisor() as supervisor:
            supervisor.start(python("parent", PARENT, ready_text="child"))
            supervisor.wait_until_ready("parent")
            parent = supervisor.children["parent"].process.pid
            grandchild = int(self.lines[-1][1].split()[1])
            self.assertTrue(exists(grandchild))
        self.assertTrue(eventually(lambda: not exists(parent) and not exists(grandchild)))

    def test_a_program_that_ends_before_it_is_ready_is_reported_with_its_last_lines(self) -> None:
        with self.supervisor() as supervisor, self.assertRaises(ProgramFailed) as caught:
            supervisor.start(python("broken", "print('no luck'); raise SystemExit(3)", ready_text="ready"))
            supervisor.wait_until_ready("broken")
        self.assertEqual(str(caught.exception), "broken ended with exit code 3")
        self.assertEqual(caught.exception.tail, ["no luck"])

    def test_a_command_that_fails_is_reported(self) -> None:
        with self.supervisor() as supervisor, self.assertRaisesMessage(ProgramFailed, "once ended with exit code 1"):
            supervisor.run(python("once", "raise SystemExit(1)"))

    def test_a_program_that_dies_later_is_noticed(self) -> None:
        with self.supervisor() as supervisor:
            supervisor.start(python("idle", IDLE, ready_text="idling"))
            supervisor.wait_until_ready("idle")
            supervisor.children["idle"].process.kill()
            supervisor.children["idle"].process.wait()
            with self.assertRaisesMessage(ProgramFailed, "idle ended with exit code -9"):
                supervisor.check()


class SupervisingProcessTestCase(SimpleTestCase):
    """The supervisor as a process, because signals are its subject."""

    def start(self) -> tuple[Supervisor, int, int]:
        outer = Supervisor(os.environ, ROOT, lambda name, line: self.lines.append(line))
        self.lines: list[str] = []
        outer.start(python("outer", SUPERVISED.format(code=IDLE), ready_text="idling"))
        self.addCleanup(outer.stop)
        outer.wait_until_ready("outer")
        # The two lines come from two threads, in any order, and now and then as one.
        self.assertTrue(eventually(lambda: CHILD.search(self.said()) is not None))
        child = int(CHILD.findall(self.said())[0])
        return outer, outer.children["outer"].process.pid, child

    def said(self) -> str:
        return "\n".join(self.lines)

    def test_sigterm_and_ctrl_c_stop_the_programs_and_end_in_order(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(signal=number.name):
                outer, pid, child = self.start()
                os.kill(pid, number)
                self.assertEqual(outer.children["outer"].process.wait(30), 0)
                self.assertTrue(eventually(lambda child=child: not exists(child)))

    def test_a_killed_program_is_started_again(self) -> None:
        _, _, child = self.start()
        os.kill(child, signal.SIGKILL)
        self.assertTrue(eventually(lambda: self.said().count("idling") == 2))
        self.assertIn("idle ended with exit code -9; starting again in 1 s", self.said())

    def test_programs_end_even_if_their_supervisor_is_killed(self) -> None:
        _, pid, child = self.start()
        os.kill(pid, signal.SIGKILL)
        self.assertTrue(eventually(lambda: not exists(child)))
