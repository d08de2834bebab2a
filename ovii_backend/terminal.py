"""Words for a person at a terminal: colours where they are wanted, columns, a box."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TextIO

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
PROGRAM_COLOURS = ("36", "35", "33", "34", "32")


def wants_colour(stream: TextIO) -> bool:
    """True on a terminal, unless NO_COLOR is set (https://no-color.org) or the terminal is `dumb`."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Paint:
    """Wraps text in ANSI colours, or leaves it as it is."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.enabled else text

    def bold(self, text: str) -> str:
        return self._in("1", text)

    def dim(self, text: str) -> str:
        return self._in("2", text)

    def good(self, text: str) -> str:
        return self._in("32", text)

    def bad(self, text: str) -> str:
        return self._in("31", text)

    def program(self, name: str, index: int) -> str:
        return self._in(PROGRAM_COLOURS[index % len(PROGRAM_COLOURS)], f"{name:<8}│")


def width(text: str) -> int:
    return len(_ESCAPE.sub("", text))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the last one is not padded."""
    lines = [header, *rows]
    widths = [max(width(line[column]) for line in lines) for column in range(len(header))]
    rule = ["─" * size for size in widths]
    return "\n".join(_row(line, widths) for line in [header, rule, *rows])


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell + " " * (size - width(cell)) for cell, size in zip(cells, widths, strict=True)]
    return "  ".join(padded).rstrip()


def box(lines: Sequence[str]) -> str:
    inner = max(width(line) for line in lines)
    body = [f"│ {line}{' ' * (inner - width(line))} │" for line in lines]
    return "\n".join([f"╭{'─' * (inner + 2)}╮", *body, f"╰{'─' * (inner + 2)}╯"])
