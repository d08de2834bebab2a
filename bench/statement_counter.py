"""Loaded into a worker by its --include: counts the statements of each process by their beginning.

Nothing in Ovii knows of it. BENCH_STATEMENTS names the folder; a process writes `<pid>.json` there.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created

FOLDER = Path(os.environ["BENCH_STATEMENTS"])
_SPACE = re.compile(r"\s+")
_TABLE = re.compile(r'(?:FROM|UPDATE|INTO) "?(\w+)"?')
_counts: Counter[str] = Counter()
_owner = os.getpid()


def _count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    global _owner
    if _owner != os.getpid():
        _counts.clear()
        _owner = os.getpid()
    text = _SPACE.sub(" ", str(sql)).strip()
    tables = ", ".join(dict.fromkeys(_TABLE.findall(text)))
    _counts[f"{text.split()[0]} {tables}"] += 1
    draft = FOLDER / f"{_owner}.draft"
    draft.write_text(json.dumps(_counts))
    draft.replace(FOLDER / f"{_owner}.json")
    return execute(sql, params, many, context)


def _watch(connection: Any, **_: Any) -> None:
    connection.execute_wrappers.append(_count)


connection_created.connect(_watch)
