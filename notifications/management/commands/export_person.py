from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.phone import InvalidPhoneNumber
from notifications.archive_models import ExactEncoder
from notifications.exporting import export
from notifications.people import find


class Command(BaseCommand):
    help = "Everything that is held about a number, as one JSON document."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="In any spelling, such as +263771234567 or 077 123 4567.")
        parser.add_argument("--output", help="A file to write, readable by you alone; it must not exist yet.")

    def handle(self, *args: Any, number: str, output: str | None, **options: Any) -> None:
        try:
            person = find(number)
        except InvalidPhoneNumber as error:
            raise CommandError(str(error)) from error
        text = json.dumps(export(person), cls=ExactEncoder, indent=2, ensure_ascii=False)
        if output is None:
            self.stdout.write(text)
            return
        try:
            descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        self.stderr.write(f"Written to {output}.")
