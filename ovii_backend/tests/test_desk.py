from __future__ import annotations

from io import StringIO

from django.test import SimpleTestCase

from ovii_backend.desk import has_a_screen


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


class DeskTests(SimpleTestCase):
    def test_a_terminal_under_x11_or_wayland_has_a_screen(self) -> None:
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            with self.subTest(name):
                self.assertTrue(has_a_screen(Terminal(), {name: ":0"}, "linux"))

    def test_a_desk_of_another_make_needs_no_variable(self) -> None:
        for platform in ("darwin", "win32"):
            with self.subTest(platform):
                self.assertTrue(has_a_screen(Terminal(), {}, platform))

    def test_a_server_a_pipe_a_remote_shell_and_ci_have_none(self) -> None:
        screen = {"DISPLAY": ":0"}
        rows = [
            (Terminal(), {}),
            (StringIO(), screen),
            (Terminal(), screen | {"SSH_CONNECTION": "10.0.0.1 22"}),
            (Terminal(), screen | {"CI": "true"}),
        ]
        for stream, environment in rows:
            with self.subTest(environment):
                self.assertFalse(has_a_screen(stream, environment, "linux"))
