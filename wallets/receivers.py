"""Which messages a transaction causes: the table below, and one receiver per side.

Keys of the form `tx:<reference>:<template>` make it safe to hear of a transaction again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from notifications.content import Address, TemplateContent
from notifications.exceptions import IdempotencyConflict
from notifications.pseudonyms import is_pseudonym
from notifications.services import notify
from wallets.models import Transaction, Wallet
from wallets.money import plain, with_currency
from wallets.signals import transaction_completed, transaction_failed

logger = logging.getLogger(__name__)

Type, Status = Transaction.Type, Transaction.Status
Variables = Callable[[Transaction, Wallet, Wallet], dict[str, str]]


def _balance(moved: Transaction, reader: Wallet) -> dict[str, str]:
    # The entry's balance, not the wallet's: the message may be written later than the movement.
    balance = moved.balance_after(reader)
    return {"new_balance_with_currency": with_currency(balance, moved.currency) if balance is not None else ""}


def _completed(moved: Transaction, reader: Wallet, other: Wallet) -> dict[str, str]:
    return {
        "amount_with_currency": with_currency(moved.amount, moved.currency),
        **_balance(moved, reader),
        "transaction_id": moved.reference,
    }


def _naming(variable: str) -> Variables:
    """As `_completed`, with the other side's name under `variable`."""

    def variables(moved: Transaction, reader: Wallet, other: Wallet) -> dict[str, str]:
        return _completed(moved, reader, other) | {variable: other.display_name}

    return variables


def _failed(moved: Transaction, reader: Wallet, other: Wallet) -> dict[str, str]:
    return {
        "amount": plain(moved.amount),
        "currency": moved.currency,
        "reason": moved.failure_reason,
        "transaction_id": moved.reference,
    }


@dataclass(frozen=True, slots=True)
class _Message:
    template: str
    variables: Variables


_Table = dict[tuple[str, str], _Message]

TO_SOURCE: _Table = {
    (Type.TRANSFER, Status.COMPLETED): _Message("transaction_sent", _naming("recipient_name")),
    (Type.PAYMENT, Status.COMPLETED): _Message("payment_sent", _naming("merchant_name")),
    (Type.WITHDRAWAL, Status.COMPLETED): _Message("withdrawal_processed", _completed),
    (Type.TRANSFER, Status.FAILED): _Message("transaction_failed", _failed),
    (Type.PAYMENT, Status.FAILED): _Message("transaction_failed", _failed),
    (Type.WITHDRAWAL, Status.FAILED): _Message("withdrawal_failed", _failed),
}
TO_DESTINATION: _Table = {
    (Type.TRANSFER, Status.COMPLETED): _Message("transaction_received", _naming("sender_name")),
    (Type.PAYMENT, Status.COMPLETED): _Message("payment_received", _naming("customer_name")),
    (Type.DEPOSIT, Status.COMPLETED): _Message("deposit_confirmed", _completed),
    (Type.DEPOSIT, Status.FAILED): _Message("deposit_failed", _failed),
}


def tell_source(sender: type[Transaction], transaction: Transaction, **kwargs: Any) -> None:
    _tell(TO_SOURCE, transaction, transaction.source, transaction.destination)


def tell_destination(sender: type[Transaction], transaction: Transaction, **kwargs: Any) -> None:
    _tell(TO_DESTINATION, transaction, transaction.destination, transaction.source)


def connect() -> None:
    for signal, fact in ((transaction_completed, "completed"), (transaction_failed, "failed")):
        signal.connect(tell_source, dispatch_uid=f"tell source of {fact}")
        signal.connect(tell_destination, dispatch_uid=f"tell destination of {fact}")


def _tell(table: _Table, moved: Transaction, reader: Wallet, other: Wallet) -> None:
    message = table.get((moved.type, moved.status))
    if message is None or reader.owner is None or is_pseudonym(reader.owner.phone_number):
        return
    try:
        notify(
            message.template,
            tenant=moved.tenant,
            to=Address(phone=reader.owner.phone_number),
            content=TemplateContent(message.template, message.variables(moved, reader, other)),
            recipient=reader.owner,
            idempotency_key=f"tx:{moved.reference}:{message.template}",
        )
    except IdempotencyConflict:
        # Told before, in other words: somebody's name or number has changed since.
        logger.info("%s was told of already (%s)", moved.reference, message.template)
