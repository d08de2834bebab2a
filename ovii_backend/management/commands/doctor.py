"""`manage.py doctor`: what works, what does not, why, and what to do."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ovii_backend.health import readiness
from ovii_backend.terminal import Paint, wants_colour
from ovii_backend.whatsapp_health import report


class Command(BaseCommand):
    help = "Says what works, what does not and what to do. Ends with 1 if something needs attention."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        parts = {finding.part: finding.problem for finding in readiness()}
        whatsapp: dict[str, Any] = {}
        if not parts["database"] and not parts["migrations"]:
            whatsapp = report()
            parts |= dict.fromkeys(whatsapp["works"], "")
            parts |= {one["what"]: one["why"] for one in whatsapp["does_not_work"]}
        if options["format"] == "json":
            self.stdout.write(json.dumps({"parts": parts, "whatsapp": whatsapp}, indent=2))
        else:
            self._show(parts, whatsapp, Paint(wants_colour(sys.stdout) and not options["no_color"]))
        if ill := [name for name, problem in parts.items() if problem]:
            raise CommandError(f"Needs attention: {', '.join(ill)}.", returncode=1)

    def _show(self, parts: dict[str, str], whatsapp: dict[str, Any], paint: Paint) -> None:
        for name, problem in parts.items():
            sign = paint.bad("✗") if problem else paint.good("✓")
            self.stdout.write(f"{sign} {name:<11} {problem}".rstrip())
        if not whatsapp.get("credentials"):
            return
        credentials, queue = whatsapp["credentials"], whatsapp["queue"]
        where = f"{whatsapp['graph_url']}, API {credentials['api_version']}"
        self.stdout.write(
            f"\nCredentials from the {credentials['source']}, number {credentials['phone_number_id'] or '-'}"
        )
        self.stdout.write(f"Meta at {where}" + (" (not Meta itself)" if whatsapp["sandbox"] else ""))
        self.stdout.write(f"WhatsApp is switched {'on' if whatsapp['enabled'] else 'off'}")
        self.stdout.write("Templates: " + (_counts(whatsapp["templates"]) or "none known"))
        held = _counts(queue["held"])
        self.stdout.write(
            f"Queue: {queue['due']} due, {queue['uncertain']} uncertain" + (f"; waiting for {held}" if held else "")
        )


def _counts(by_name: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in by_name.items())
