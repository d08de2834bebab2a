"""What is held about a person here, told and erased when notifications ask. Entries of the ledger stay."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from notifications.archive import plain
from notifications.people import Person
from notifications.signals import person_erased, person_exported
from wallets.models import Entry, Transaction, Wallet

# Keys of callers and hashes of requests are no facts about the person.
_INTERNAL = ("idempotency_key", "payload_hash", "service_key_id", "announced_at")


def tell(person: Person, **_: Any) -> dict[str, Any]:
    """Wallets, the movements in and out of them, and their entries."""
    wallets = Wallet.objects.filter(owner_id__in=person.user_ids).order_by("pk")
    return {
        "wallets": [plain(one) for one in wallets],
        "transactions": [
            {name: value for name, value in plain(one).items() if name not in _INTERNAL} for one in _moved(person)
        ],
        "entries": [plain(one) for one in Entry.objects.filter(wallet__in=wallets).order_by("pk")],
    }


def erase(person: Person, **_: Any) -> dict[str, int]:
    """Names and notes go and the wallets close; amounts and balances are the ledger's and stay.

    `wallets_with_money` counts those that still hold some: it is nobody's who could ask for it.
    """
    wallets = Wallet.objects.filter(owner_id__in=person.user_ids)
    named = wallets.filter(~Q(name="") | Q(is_active=True))
    return {
        "wallets_with_money": wallets.filter(balance__gt=0, is_active=True).count(),
        "wallets": named.update(name="", is_active=False),
        "transaction_notes": _moved(person).exclude(note="").update(note=""),
    }


def connect() -> None:
    person_exported.connect(tell, dispatch_uid="tell of wallets")
    person_erased.connect(erase, dispatch_uid="erase wallets")


def _moved(person: Person) -> Any:
    theirs = Q(source__owner_id__in=person.user_ids) | Q(destination__owner_id__in=person.user_ids)
    return Transaction.objects.filter(theirs).order_by("pk")
