"""python .ci/skipped.py SUITE REPORT.xml: ends with 1 and names each skipped test without a reason."""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase
from pathlib import Path
from xml.etree import ElementTree

ALLOWED = Path(__file__).with_name("allowed-skips")


def allowed_patterns() -> list[str]:
    patterns = []
    for line in ALLOWED.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            pattern, _, reason = line.strip().partition(" ")
            if not reason.strip():
                sys.exit(f"{ALLOWED}: {pattern} has no reason.")
            patterns.append(pattern)
    return patterns


def main(suite: str, report: str) -> int:
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 - written by our own pytest
    skipped = [case for case in cases if case.find("skipped") is not None]
    names = [f"{suite}:{case.get('classname')}.{case.get('name')}" for case in skipped]
    patterns = allowed_patterns()
    unexplained = [name for name in names if not any(fnmatchcase(name, pattern) for pattern in patterns)]
    for name in unexplained:
        print(f"skipped without a reason in .ci/allowed-skips: {name}")
    print(f"{len(cases) - len(skipped)} run, {len(skipped)} skipped, {len(unexplained)} without a reason")
    return 1 if unexplained or not cases else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
