"""`manage.py doctor`: what works, what does not, why, and what to do."""

from __future__ import annotations

import json
import logging
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ovii_backend.doctor.examination import Examination, examine, repair
from ovii_backend.doctor.finding import Finding, Verdict
from ovii_backend.terminal import Paint, wants_colour

SIGNS = {Verdict.OK: "✓", Verdict.UNKNOWN: "?", Verdict.WARNING: "!", Verdict.PROBLEM: "✗"}
PART_WIDTH = 16
WIDEST = 110


class Command(BaseCommand):
    help = "Says what works, what does not and what to do. Ends with 1 if something needs attention."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument("--offline", action="store_true", help="Ask neither Meta nor the webhook's address.")
        parser.add_argument("--fix", action="store_true", help="Mend what needs nobody: subscription, statuses.")

    def handle(self, *args: Any, **options: Any) -> None:
        with _quiet():
            found, done = examine(offline=options["offline"]), list[str]()
            if options["fix"] and (done := repair(found)):
                found = examine(offline=options["offline"])
        if options["format"] == "json":
            self.stdout.write(json.dumps(_document(found, done), indent=2))
        else:
            self._show(found, done, Paint(wants_colour(sys.stdout) and not options["no_color"]))
        if ill := dict.fromkeys(one.part for one in found.findings if one.verdict is Verdict.PROBLEM):
            raise CommandError(f"Needs attention: {', '.join(ill)}.", returncode=1)

    def _show(self, found: Examination, done: list[str], paint: Paint) -> None:
        for words in done:
            self.stdout.write(words)
        for title, findings in found.sections:
            self.stdout.write(f"\n{paint.bold(title)}")
            for finding in findings:
                self.stdout.write(_lines(finding, paint))
        if found.whatsapp.get("credentials"):
            self.stdout.write("\n" + _summary(found.whatsapp))
        self.stdout.write(f"\n{_verdict(found)}")


@contextmanager
def _quiet() -> Iterator[None]:
    """What the parts log while they are tried is found and said here; the log goes where this report goes."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)


def _document(found: Examination, done: list[str]) -> dict[str, Any]:
    ill = {one.part: one.what for one in reversed(found.findings) if one.verdict is Verdict.PROBLEM}
    return {
        "ok": not ill,
        "parts": {one.part: ill.get(one.part, "") for one in found.findings},
        "findings": [{"section": title} | one.as_dict() for title, findings in found.sections for one in findings],
        "done": done,
        "whatsapp": found.whatsapp,
    }


def _lines(finding: Finding, paint: Paint) -> str:
    colours = {Verdict.OK: paint.good, Verdict.PROBLEM: paint.bad, Verdict.WARNING: paint.bold}
    sign = colours.get(finding.verdict, paint.dim)(SIGNS[finding.verdict])
    lines = [f"  {sign} {finding.part:<{PART_WIDTH}} {_wrapped(finding.what)}".rstrip()]
    indent = " " * (PART_WIDTH + 5)
    if finding.why:
        lines.append(indent + paint.dim(_wrapped(finding.why)))
    if finding.do:
        repairable = " (or: python manage.py doctor --fix)" if finding.repair else ""
        lines.append(indent + _wrapped(f"→ {finding.do}{repairable}"))
    return "\n".join(lines)


def _wrapped(text: str) -> str:
    indent = PART_WIDTH + 5
    room = max(40, min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns) - indent)
    # A command or an address is copied: it stays in one piece.
    wrapped = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * indent).join(wrapped)


def _summary(whatsapp: Any) -> str:
    credentials, queue = whatsapp["credentials"], whatsapp["queue"]
    held = _counts(queue["held"])
    elsewhere = " (not Meta itself)" if whatsapp["sandbox"] else ""
    return "\n".join(
        (
            f"Credentials from the {credentials['source']}, number {credentials['phone_number_id'] or '-'}",
            f"Meta at {whatsapp['graph_url']}, API {credentials['api_version']}{elsewhere}",
            f"WhatsApp is switched {'on' if whatsapp['enabled'] else 'off'}",
            f"Templates: {_counts(whatsapp['templates']) or 'none known'}",
            f"Queue: {queue['due']} due, {queue['uncertain']} uncertain{f'; waiting for {held}' if held else ''}",
        )
    )


def _verdict(found: Examination) -> str:
    problems, warnings, unsure = map(found.count, (Verdict.PROBLEM, Verdict.WARNING, Verdict.UNKNOWN))
    if not (problems or warnings):
        return "All is well." + (f" {unsure} not known." if unsure else "")
    return f"Problems: {problems}, warnings: {warnings}, not known: {unsure}."


def _counts(by_name: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in by_name.items())
