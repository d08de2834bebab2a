from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.phone import InvalidPhoneNumber, mask
from notifications.erasing import erase, preview, undrained
from notifications.exceptions import PersonBusy
from notifications.people import Person, find


class Command(BaseCommand):
    help = "Forget a person: texts go, the number becomes a pseudonym, the ledger stays. Cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="In any spelling, such as +263771234567 or 077 123 4567.")
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *args: Any, number: str, yes: bool, **options: Any) -> None:
        try:
            person = find(number)
        except InvalidPhoneNumber as error:
            raise CommandError(str(error)) from error
        if not yes:
            self._confirm(person)
        try:
            counts = erase(person, by=_operator())
        except PersonBusy as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{mask(person.phone)} is forgotten and known as {person.pseudonym} from here on.")
        self._show(counts)
        if waiting := undrained(person):
            self.stdout.write(
                f"{waiting} webhook rows about this number are not processed yet (see Webhook Events in the admin): "
                "run this again once they are."
            )

    def _confirm(self, person: Person) -> None:
        self.stdout.write(f"About to forget {mask(person.phone)}; this cannot be undone. Found so far:")
        self._show(preview(person))
        try:
            answer = input("Write the number once more to go on: ")
            same = find(answer).phone == person.phone
        except (InvalidPhoneNumber, EOFError):
            same = False
        if not same:
            raise CommandError("Nothing was changed. With --yes it does not ask.")

    def _show(self, counts: dict[str, int]) -> None:
        for kind, count in counts.items():
            self.stdout.write(f"  {kind.replace('_', ' '):<20} {count:>6}")


def _operator() -> str:
    """Who runs the command, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
