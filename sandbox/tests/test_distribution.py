"""The sandbox can be installed alone (`pip install ./sandbox`)."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parents[1]
#: Only the plugin imports it, which nobody but pytest loads.
ONLY_IN_PYTEST = {"pytest"}


def imported() -> Iterator[str]:
    """The top names of what the sandbox imports beyond itself and Python."""
    for path in FOLDER.rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            yield from (name.partition(".")[0] for name in names)


def test_dependencies_are_what_is_imported() -> None:
    declared = tomllib.loads((FOLDER / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[<>=\[]", requirement)[0] for requirement in declared}
    # Starlette imports it when a form with a file is read.
    needed = {"python-multipart"} | set(imported()) - sys.stdlib_module_names - {"sandbox"} - ONLY_IN_PYTEST
    assert names == needed


def test_root_project_installs_the_same() -> None:
    root = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text())["project"]["dependencies"]
    own = tomllib.loads((FOLDER / "pyproject.toml").read_text())["project"]["dependencies"]
    assert set(own) <= set(root)
