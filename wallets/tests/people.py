"""Two people, a merchant and their wallets, as the tests of this app begin."""

from __future__ import annotations

from decimal import Decimal

from notifications.models import Notification
from users.models import User
from wallets import services
from wallets.models import Entry, Transaction, Wallet


class People:
    """Mixed into test cases; `tariro` has USD 100.00, the others nothing."""

    tariro: Wallet
    rudo: Wallet
    bakery: Wallet

    def open_wallets(self) -> None:
        first, second, third = (
            User.objects.create_user(f"+26377100000{number}", first_name=name)
            for number, name in enumerate(("Tariro", "Rudo", "Farai"), 1)
        )
        self.tariro = services.open_wallet(first, "USD")
        self.rudo = services.open_wallet(second, "USD")
        self.bakery = services.open_wallet(third, "USD", kind=Wallet.Kind.MERCHANT, name="Corner Bakery")
        services.deposit(self.tariro, "100.00")
        self.forget_messages()

    def forget_messages(self) -> None:
        Notification.objects.all().delete()

    def messages(self) -> dict[str, dict[str, str]]:
        """Template name -> variables of every message since the beginning."""
        return {row.template_name: row.template_parameters for row in Notification.objects.all()}


def balance(wallet: Wallet) -> Decimal | None:
    return Wallet.objects.get(pk=wallet.pk).balance


def books_are_straight() -> bool:
    """Both entries of every transaction sum to zero, failed ones have none, balances are sums of entries."""
    by_transaction: dict[int, list[Decimal]] = {}
    by_wallet: dict[int, Decimal] = {}
    # Added up here: SQLite would do it in binary floating point.
    for entry in Entry.objects.all():
        by_transaction.setdefault(entry.transaction_id, []).append(entry.amount)
        by_wallet[entry.wallet_id] = by_wallet.get(entry.wallet_id, Decimal(0)) + entry.amount
    completed = set(Transaction.objects.filter(status=Transaction.Status.COMPLETED).values_list("pk", flat=True))
    return (
        set(by_transaction) == completed
        and all(len(amounts) == 2 and sum(amounts) == 0 for amounts in by_transaction.values())
        and all(wallet.balance == by_wallet.get(wallet.pk, 0) >= 0 for wallet in Wallet.objects.of_people())
    )
