"""What a person may ask their wallet for by message. Only the owner of the number is answered."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import QuerySet
from django.utils import timezone

from notifications.commands import Asked, command
from users.models import User
from users.services import verified_user
from wallets.models import Entry, Wallet
from wallets.money import with_currency
from wallets.phrases import say

LINES = 5
#: What is shown of a name.
SHOWN = 1


def balance_text(asked: Asked, user: User) -> str:
    wallets = list(_wallets(user, asked))
    if not wallets:
        return say("no_wallet", asked.language)
    held = "\n".join(with_currency(wallet.balance, wallet.currency) for wallet in wallets if wallet.balance is not None)
    return say("balance", asked.language, balance=held)


def history_text(asked: Asked, user: User) -> str:
    entries = (
        Entry.objects.filter(wallet__in=_wallets(user, asked))
        .select_related("transaction__source__owner", "transaction__destination__owner", "wallet")
        .order_by("-id")[:LINES]
    )
    lines = [_line(entry) for entry in entries]
    return say("history", asked.language, lines="\n".join(lines)) if lines else say("no_history", asked.language)


def for_the_owner(text: Callable[[Asked, User], str]) -> Callable[[Asked], str]:
    """Money is told to a person whose login number is the sender's and was proved by a code, after a change of
    number at Meta by a new one."""

    def answer(asked: Asked) -> str:
        user = verified_user(asked.phone, asked.number_changed_at) if asked.phone else None
        return text(asked, user) if user else say("unverified", asked.language)

    return answer


command(
    "BALANCE",
    keywords={
        "en": ["balance", "my balance", "bal"],
        "fr": ["solde", "mon solde"],
        "es": ["saldo", "mi saldo"],
        "sn": ["mari yangu", "mari yasara"],
    },
    titles={"en": "Balance", "fr": "Solde", "es": "Saldo", "sn": "Mari yangu"},
)(for_the_owner(balance_text))
command(
    "HISTORY",
    keywords={
        "en": ["history", "transactions", "statement"],
        "fr": ["historique", "releve"],
        "es": ["historial", "movimientos"],
        "sn": ["nhoroondo"],
    },
    titles={"en": "History", "fr": "Historique", "es": "Historial", "sn": "Nhoroondo"},
)(for_the_owner(history_text))


def _wallets(user: User, asked: Asked) -> QuerySet[Wallet]:
    return Wallet.objects.of_people().filter(owner=user, tenant=asked.tenant, is_active=True)


def _line(entry: Entry) -> str:
    moved = entry.transaction
    other = moved.destination if entry.wallet_id == moved.source_id else moved.source
    sign = "−" if entry.amount < 0 else "+"
    day = timezone.localtime(moved.created_at)
    return f"{day:%d.%m.} {sign}{with_currency(abs(entry.amount), moved.currency)} {_masked(other)}"


def _masked(wallet: Wallet) -> str:
    """Whom it was with, enough to remember, too little for somebody who looks over a shoulder."""
    if wallet.kind == Wallet.Kind.HOUSE:
        return wallet.name
    return f"{wallet.display_name[:SHOWN]}•••"
