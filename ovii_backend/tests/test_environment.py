from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase, override_settings

from ovii_backend import environment
from ovii_backend.processes import free_ports, is_free
from ovii_backend.terminal import Paint, box, table, width


def python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A fresh process with nothing but these variables."""
    given = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, **variables}
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=given, capture_output=True, text=True, check=False)


class KeysTestCase(SimpleTestCase):
    def test_processes_that_start_together_get_the_same_development_keys(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        code = "from ovii_backend import environment; print(environment.keys(debug=True)[0]['OTP_SECRET_KEY'])"
        keys = {python(code, VAR_DIR=folder).stdout for _ in range(2)}
        self.assertEqual(len(keys), 1)
        file = Path(folder, "keys.json")
        self.assertEqual(json.loads(file.read_text())["OTP_SECRET_KEY"], keys.pop().strip())
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertEqual([path.name for path in Path(folder).iterdir() if path.is_file()], ["keys.json"])

    def test_a_server_without_keys_refuses_and_says_what_to_do(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        ended = python("import ovii_backend.wsgi", VAR_DIR=folder, LOG_FILE="")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("Set DJANGO_SECRET_KEY, FIELD_ENCRYPTION_KEYS, OTP_SECRET_KEY", ended.stderr)
        self.assertIn("DEBUG=true", ended.stderr)

    @override_settings(MISSING_KEYS=["OTP_SECRET_KEY"])
    def test_the_missing_key_is_named(self) -> None:
        with self.assertRaisesMessage(ImproperlyConfigured, "OTP_SECRET_KEY"):
            environment.require_keys()

    def test_a_test_run_ignores_the_env_file(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".env") as file:
            file.write("DATABASE_NAME=from-the-file\n")
            file.flush()
            read = "import sys; sys.argv = ['manage.py', {!r}]; from ovii_backend.environment import env; "
            read += "print(env.str('DATABASE_NAME', default='none'))"
            self.assertEqual(python(read.format("test"), ENV_FILE=file.name).stdout.strip(), "none")
            self.assertEqual(python(read.format("check"), ENV_FILE=file.name).stdout.strip(), "from-the-file")


class PortsTestCase(SimpleTestCase):
    def test_free_ports_are_distinct_and_free(self) -> None:
        ports = free_ports(3)
        self.assertEqual(len(set(ports)), 3)
        self.assertTrue(all(map(is_free, ports)))

    def test_a_port_that_somebody_listens_on_is_not_free(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.assertFalse(is_free(server.getsockname()[1]))


class TerminalTestCase(SimpleTestCase):
    def test_colours_do_not_count_as_width(self) -> None:
        painted = Paint(True).good("READ")
        self.assertEqual(width(painted), 4)
        lines = table(("A", "B"), [(painted, "x"), ("PENDING", "y")]).splitlines()
        self.assertEqual([width(line) for line in lines[1:]], [10, 10, 10])

    def test_without_colours_there_is_no_escape(self) -> None:
        self.assertEqual(Paint(False).bad("no"), "no")

    def test_every_line_of_a_box_is_as_wide_as_its_frame(self) -> None:
        lines = box(["one", Paint(True).bold("three")]).splitlines()
        self.assertEqual({width(line) for line in lines}, {9})
