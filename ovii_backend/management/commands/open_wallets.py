"""`manage.py open_wallets +263771234567="Tariro" --merchant +263733456789="Corner Bakery"`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from integrations.phone import InvalidPhoneNumber, to_e164
from users.models import User
from wallets.models import Wallet
from wallets.services import open_wallet


class Command(BaseCommand):
    help = "Opens empty wallets for people and merchants; who has one already keeps it. Prints each wallet's number."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("people", nargs="*", metavar="PHONE[=NAME]")
        parser.add_argument("--merchant", action="append", default=[], metavar="PHONE=NAME", help="may be repeated")
        parser.add_argument("--currency", default="USD", help="ISO 4217, default %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        kinds = {Wallet.Kind.PERSON: options["people"], Wallet.Kind.MERCHANT: options["merchant"]}
        try:
            with transaction.atomic():
                for kind, given in kinds.items():
                    for text in given:
                        wallet = _open(text, kind, options["currency"])
                        self.stdout.write(f"{wallet.pk} {wallet} {wallet.kind}")
        except ValueError as error:
            raise CommandError(str(error)) from error


def _open(text: str, kind: Wallet.Kind, currency: str) -> Wallet:
    """Raises ValueError for what is no phone number, no currency, or a merchant without name."""
    phone, _, name = text.partition("=")
    if kind == Wallet.Kind.MERCHANT and not name:
        raise ValueError(f'{text}: a merchant needs a name, for example {phone}="Corner Bakery".')
    try:
        phone_number = to_e164(phone)
    except InvalidPhoneNumber as error:
        raise ValueError(f"{phone}: {error}") from error
    owner = User.objects.filter(phone_number=phone_number).first()
    if owner is None:
        owner = User.objects.create_user(phone_number, first_name="" if kind == Wallet.Kind.MERCHANT else name)
    return open_wallet(owner, currency, kind=kind, name=name if kind == Wallet.Kind.MERCHANT else "")
