from __future__ import annotations

import base64
import shutil
from pathlib import Path

from ovii_backend.demo.clients import App
from ovii_backend.tests.installation import Installation

PERSON = "+263771234567"
BY_TASK = "+263772345678"


def spellings(code: str) -> list[bytes]:
    """The code as text, as hex, and as base64 wherever in a group of three bytes it begins."""
    found = [code.encode(), code.encode().hex().encode()]
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + code.encode())
        # Groups of three bytes shared with a neighbour differ: six digits stand in groups of the code's own.
        found.append(encoded[4 if shift else 0 : (len(code) + shift) // 3 * 4])
    return found


class CanaryTestCase(Installation):
    """P5: a one-time code exists nowhere but in the message."""

    settings = {"OTP_LENGTH": "8"}

    def test_a_code_is_in_no_database_log_or_broker_file(self) -> None:
        before = self.stage.folder.parent / "before"
        app = App(self.stage.web, PERSON)
        request_id = app.ask_for_code()
        [by_task] = self.python(
            f"from users.tasks import generate_and_log_otp; print(generate_and_log_otp.delay('{BY_TASK}'))"
        )[-1:]
        # Nobody works yet: what waits in the broker's folder is kept for the search.
        shutil.copytree(self.stage.folder, before)
        self.assertTrue(list((before / "broker").rglob("*.msg")))
        self.start_worker("worker", "-B")
        codes = [self.until(lambda number=number: self.phone.code(number)) for number in (PERSON, BY_TASK)]
        self.assertEqual([len(code) for code in codes], [8, 8])
        app.sign_in(request_id, codes[0])
        App(self.stage.web, BY_TASK).sign_in(by_task, codes[1])
        self.until(lambda: self.statuses() == ["READ", "READ"])
        self.search(codes, before)
        self.search(codes, self.stage.folder)

    def search(self, codes: list[str], folder: Path) -> None:
        files = [path for path in folder.rglob("*") if path.is_file()]
        self.assertIn("ovii.sqlite3", {path.name for path in files})
        for path in files:
            content = path.read_bytes()
            for code in codes:
                for spelling in spellings(code):
                    self.assertNotIn(spelling, content, f"{path.relative_to(folder)} holds a code")

    def test_the_search_finds_what_it_looks_for(self) -> None:
        for neighbour in (b"", b"x", b"xy"):
            hidden = base64.b64encode(neighbour + b"code 73194628 and more")
            self.assertTrue(any(spelling in hidden for spelling in spellings("73194628")), neighbour)
        self.assertIn(spellings("73194628")[1], b"37333139343632380a")

    def test_no_spelling_is_so_short_that_chance_would_find_it(self) -> None:
        self.assertGreaterEqual(min(map(len, spellings("73194628"))), 8)
