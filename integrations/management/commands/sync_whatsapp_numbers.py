from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.exceptions import Misconfigured, WhatsAppError
from integrations.models import PhoneNumber
from integrations.number_sync import refresh_numbers
from integrations.services import WhatsAppClient

COLUMNS = (
    "phone_number_id", "display_phone_number", "verified_name", "status", "quality_rating", "throughput_level",
    "messaging_limit",
)  # fmt: skip


class Command(BaseCommand):
    help = "Read the account's sending numbers from Meta: status, quality, throughput and daily limit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = refresh_numbers(WhatsAppClient())
        except (Misconfigured, WhatsAppError) as error:
            raise CommandError(str(error)) from error
        told = [_told(row) for row in rows]
        if options["format"] == "json":
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
            return
        widths = [max(len(name), *(len(one[name]) for one in told), 0) for name in COLUMNS]
        for line in ({name: name for name in COLUMNS}, *told):
            cells = (line[name].ljust(width) for name, width in zip(COLUMNS, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _told(row: PhoneNumber) -> dict[str, str]:
    return {name: getattr(row, name) for name in COLUMNS}
