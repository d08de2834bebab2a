from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.exceptions import WhatsAppNotConfigured
from integrations.services import WhatsAppClient
from integrations.template_sync import SyncReport, TemplateResult, sync
from integrations.whatsapp_templates import get_all_templates

# Meta's own words for an authentication template (Meta, Authentication templates).
META_BODY = "*{{1}}* is your verification code. For your security, do not share this code."
META_FOOTER = "This code expires in %s minutes."
COLUMNS = ("name", "language", "outcome", "status", "category", "template_id")


class Command(BaseCommand):
    help = "Create at Meta the message templates that are missing there, and update the status of all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--template", metavar="NAME", help="only this one")
        parser.add_argument("--check-status", action="store_true", help="create nothing, read the statuses")
        parser.add_argument(
            "--display-only", action="store_true", help="print the texts, ready to copy; needs no credentials"
        )
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument("--plan", action="store_true", help="create nothing, say what would be created")

    def handle(self, *args: Any, **options: Any) -> None:
        structures = _chosen(options["template"])
        if options["display_only"]:
            return self._display(structures, options["format"])
        if options["format"] == "json":
            _log_beside_stdout()
        only = [options["template"]] if options["template"] else None
        try:
            report = sync(WhatsAppClient(), only, plan_only=options["plan"] or options["check_status"])
        except WhatsAppNotConfigured as error:
            raise CommandError(str(error)) from error
        self._print(report, options["format"])
        if report.failed:
            names = ", ".join(result.name for result in report.failed)
            raise CommandError(f"{len(report.failed)} of {len(report.results)} failed: {names}")
        return None

    def _print(self, report: SyncReport, style: str) -> None:
        if style == "json":
            self._print_json(report.as_dict())
            return
        for line in _table(report.results):
            self.stdout.write(line)
        for result in report.results:
            if result.error or result.reason:
                self.stdout.write(f"\n{result.name}: {result.error or result.reason}")
        counts = (f"{report.count(one)} {one}" for one in ("created", "exists", "missing", "failed"))
        self.stdout.write("\n" + ", ".join(counts))

    def _print_json(self, document: Any) -> None:
        self.stdout.write(json.dumps(document, indent=2, ensure_ascii=False))

    def _display(self, structures: dict[str, dict[str, Any]], style: str) -> None:
        shown = [_readable(structure) for structure in structures.values()]
        if style == "json":
            self._print_json(shown)
            return
        for one in shown:
            self.stdout.write("\n".join(_page(one)) + "\n")


def _log_beside_stdout() -> None:
    """Log lines go to stdout by default, where now a program reads JSON."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
            handler.setStream(sys.stderr)


def _chosen(name: str | None) -> dict[str, dict[str, Any]]:
    structures = get_all_templates()
    if name is None:
        return structures
    if name not in structures:
        raise CommandError(f"There is no template {name!r}. Known are: {', '.join(structures)}.")
    return {name: structures[name]}


def _table(results: Iterable[TemplateResult]) -> list[str]:
    rows = [COLUMNS, *([getattr(one, column) or "-" for column in COLUMNS] for one in results)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(COLUMNS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _readable(structure: dict[str, Any]) -> dict[str, Any]:
    """What one types into WhatsApp Manager to create the template by hand."""
    parts = {part["type"]: part for part in structure["components"]}
    fixed = structure["category"] == "AUTHENTICATION"
    footer = parts.get("FOOTER", {})
    return {
        "name": structure["name"],
        "language": structure["language"],
        "category": structure["category"],
        "body": META_BODY if fixed else parts["BODY"]["text"],
        "footer": META_FOOTER % footer["code_expiration_minutes"] if fixed else footer.get("text", ""),
        "buttons": [button.get("text", "") for button in parts.get("BUTTONS", {}).get("buttons", [])],
        "variables": structure["variables"],
        "fixed_by_meta": fixed,
    }


def _page(shown: dict[str, Any]) -> list[str]:
    note = "  (Meta's fixed text: tick security recommendation and expiry)" if shown["fixed_by_meta"] else ""
    variables = (f"{{{{{n}}}}} {name}" for n, name in enumerate(shown["variables"], start=1))
    return [
        f"{shown['name']} ({shown['language']})",
        f"  Category:  {shown['category']}",
        f"  Body:      {shown['body']}{note}",
        f"  Footer:    {shown['footer'] or '-'}",
        f"  Buttons:   {', '.join(shown['buttons']) or '-'}",
        f"  Variables: {', '.join(variables)}",
    ]
