"""Figures with their bars: a table or JSON, and the exit status of a check."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure over the rounds. `must` is its bar: a floor, or a ceiling where less is better."""

    name: str
    values: Sequence[float] = field(repr=False)
    must: float | None = None
    aim: float | None = None
    less_is_better: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def holds(self) -> bool:
        if self.must is None:
            return True
        return self.median <= self.must if self.less_is_better else self.median >= self.must

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "median": self.median,
            "values": list(self.values),
            "must": self.must,
            "aim": self.aim,
            "holds": self.holds,
        }


def arguments(description: str | None, **counts: int) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    for name, count in counts.items():
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--quick", action="store_true", help="few messages, one round: whether it runs, no figures")
    parser.add_argument("--check", action="store_true", help="end with status 1 if a figure misses its bar")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    return parser


def report(figures: Sequence[Figure], asked: argparse.Namespace) -> int:
    """Prints the figures; the exit status."""
    if asked.json:
        print(json.dumps([figure.as_json() for figure in figures], indent=2))
    else:
        width = max(len(figure.name) for figure in figures)
        print(f"{'':{width}}  {'median':>9}  {'min – max':>19}  {'must':>9}  {'aim':>9}")
        for one in figures:
            span = f"{_shown(min(one.values))} – {_shown(max(one.values))}"
            sign = "≤" if one.less_is_better else "≥"
            must = f"{sign} {_shown(one.must)}" if one.must is not None else ""
            verdict = "" if one.holds else "  missed"
            aim = _shown(one.aim) if one.aim is not None else ""
            print(f"{one.name:{width}}  {_shown(one.median):>9}  {span:>19}  {must:>9}  {aim:>9}{verdict}")
    return int(asked.check and not all(figure.holds for figure in figures))


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
