"""Moving money. Every function either completes, or commits a failed transaction with its reason."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from decimal import Decimal
from typing import NotRequired, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils import timezone

from tenants.models import Tenant
from tenants.services import default_tenant
from users.models import ServiceKey, User
from wallets import money
from wallets.exceptions import IdempotencyConflict
from wallets.models import Entry, Transaction, Wallet, new_reference
from wallets.signals import transaction_completed, transaction_failed

logger = logging.getLogger(__name__)

CASH = "Cash"
LONGEST_TEXT = 200
_REFERENCE_TRIES = 3

Amount = Decimal | int | str


class Details(TypedDict):
    """Who asked, under which idempotency key (unique per tenant and initiator), and a note for the history."""

    initiated_by: NotRequired[User | None]
    service_key: NotRequired[ServiceKey | None]
    idempotency_key: NotRequired[str | None]
    note: NotRequired[str]


def transfer(source: Wallet, destination: Wallet, amount: Amount, **details: Unpack[Details]) -> Transaction:
    """Move money between two wallets of one tenant.

    Returns the Transaction, COMPLETED or FAILED (`failure_code`, `failure_reason`); under a used idempotency key
    the earlier one. Raises ValueError for an amount that is none and for wallets that cannot take part,
    IdempotencyConflict for a key that was used for another movement.
    """
    return _move(Transaction.Type.TRANSFER, _people(source), _people(destination), amount, details)


def pay(source: Wallet, merchant: Wallet, amount: Amount, **details: Unpack[Details]) -> Transaction:
    """Pay a merchant; otherwise as `transfer`."""
    if merchant.kind != Wallet.Kind.MERCHANT:
        raise ValueError("Only a merchant's wallet can be paid.")
    return _move(Transaction.Type.PAYMENT, _people(source), merchant, amount, details)


def deposit(wallet: Wallet, amount: Amount, **details: Unpack[Details]) -> Transaction:
    """Cash came in for a wallet; otherwise as `transfer`."""
    return _move(Transaction.Type.DEPOSIT, house_account(_people(wallet)), wallet, amount, details)


def withdraw(wallet: Wallet, amount: Amount, **details: Unpack[Details]) -> Transaction:
    """Cash went out of a wallet; otherwise as `transfer`."""
    return _move(Transaction.Type.WITHDRAWAL, wallet, house_account(_people(wallet)), amount, details)


def open_wallet(
    owner: User,
    currency: str,
    *,
    kind: str = Wallet.Kind.PERSON,
    name: str = "",
    tenant: Tenant | None = None,
) -> Wallet:
    """The owner's wallet of this kind and currency (ISO 4217), opened empty when there is none."""
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise ValueError(f"{currency!r} is not a currency: write it like USD.")
    if kind == Wallet.Kind.HOUSE:
        raise ValueError("House accounts open themselves.")
    wallet, _ = Wallet.objects.get_or_create(
        tenant=tenant or default_tenant(),
        owner=owner,
        currency=currency,
        kind=kind,
        defaults={"name": name, "balance": Decimal(0)},
    )
    return wallet


def house_account(wallet: Wallet, name: str = CASH) -> Wallet:
    """The other side of cash for this wallet's tenant and currency, opened when first needed."""
    house, _ = Wallet.objects.get_or_create(
        tenant_id=wallet.tenant_id, currency=wallet.currency, kind=Wallet.Kind.HOUSE, name=name
    )
    return house


def announce(moved: Transaction) -> None:
    """Tell every receiver of the transaction, inside the open database transaction; note whether all heard."""
    completed = moved.status == Transaction.Status.COMPLETED
    signal = transaction_completed if completed else transaction_failed
    answers = signal.send_robust(sender=Transaction, transaction=moved)
    if not any(isinstance(answer, Exception) for _, answer in answers):
        moved.announced_at = timezone.now()
        moved.save(update_fields=["announced_at"])


@dataclass(frozen=True, slots=True)
class _Order:
    """A movement as it was asked for."""

    type: str
    source: Wallet
    destination: Wallet
    amount: Decimal
    details: Details

    @property
    def key(self) -> str:
        """The idempotency key behind whose it is; empty without one."""
        given = self.details.get("idempotency_key")
        if not given:
            return ""
        user, service = self.details.get("initiated_by"), self.details.get("service_key")
        return f"{f'user:{user.pk}' if user else f'key:{service.pk}' if service else 'system'}:{given}"

    @property
    def payload_hash(self) -> str:
        payload = [self.type, self.source.pk, self.destination.pk, str(self.amount), self.details.get("note", "")]
        return hashlib.sha256(json.dumps(payload).encode()).hexdigest()


def _move(kind: str, source: Wallet, destination: Wallet, amount: Amount, details: Details) -> Transaction:
    order = _Order(kind, source, destination, money.to_amount(amount), details)
    _check(order)
    with transaction.atomic():
        _lock(order)
        if earlier := _earlier(order):
            return earlier
        failure = _refusal(order)
        moved, is_new = _record(order, failure)
        if not is_new:
            return moved
        if failure is None:
            _enter(moved)
        announce(moved)
    logger.info("%s %s %s %s", moved.reference, moved.type, moved.status, moved.failure_code)
    return moved


def _check(order: _Order) -> None:
    if order.source.tenant_id != order.destination.tenant_id:
        raise ValueError("The two wallets belong to different tenants.")
    for name, text in (("note", order.details.get("note")), ("key", order.details.get("idempotency_key"))):
        if len(text or "") > LONGEST_TEXT:
            raise ValueError(f"The {name} has more than {LONGEST_TEXT} characters.")


def _people(wallet: Wallet) -> Wallet:
    if wallet.kind == Wallet.Kind.HOUSE:
        raise ValueError("A house account moves only with deposits and withdrawals.")
    return wallet


def _lock(order: _Order) -> None:
    """Lock the wallets in id order, so that two movements never wait for each other, and read them afresh.

    The lock leaves the key alone (FOR NO KEY UPDATE): rows that only refer to a wallet need not wait.
    """
    ids = {order.source.pk, order.destination.pk}
    rows = Wallet.objects.of_people().filter(pk__in=ids).order_by("id").select_for_update(no_key=True)
    fresh = {row.pk: row for row in rows}
    for wallet in (order.source, order.destination):
        if row := fresh.get(wallet.pk):
            wallet.balance, wallet.is_active = row.balance, row.is_active


def _refusal(order: _Order) -> Transaction.Failure | None:
    """Why the movement must not be. Only under the locks is the answer final."""
    source, destination, failure = order.source, order.destination, Transaction.Failure
    received = (destination.balance or Decimal(0)) + order.amount
    reasons = (
        (source.pk == destination.pk, failure.SAME_WALLET),
        (not source.is_active, failure.INACTIVE_SOURCE),
        (not destination.is_active, failure.INACTIVE_DESTINATION),
        (source.currency != destination.currency, failure.CURRENCY_MISMATCH),
        (source.balance is not None and source.balance < order.amount, failure.INSUFFICIENT_FUNDS),
        (destination.balance is not None and received > money.LARGEST, failure.DESTINATION_FULL),
    )
    return next((reason for applies, reason in reasons if applies), None)


def _earlier(order: _Order) -> Transaction | None:
    """The transaction of the same idempotency key. Raises IdempotencyConflict when it was another movement."""
    if not order.key:
        return None
    earlier = Transaction.objects.filter(tenant_id=order.source.tenant_id, idempotency_key=order.key).first()
    if earlier and earlier.payload_hash != order.payload_hash:
        raise IdempotencyConflict
    return earlier


def _record(order: _Order, failure: Transaction.Failure | None) -> tuple[Transaction, bool]:
    """The transaction's row and whether it is new: somebody may have used the key a moment ago."""
    row = Transaction(
        tenant_id=order.source.tenant_id,
        type=order.type,
        status=Transaction.Status.FAILED if failure else Transaction.Status.COMPLETED,
        amount=order.amount,
        currency=order.source.currency,
        source=order.source,
        destination=order.destination,
        failure_code=failure or "",
        failure_reason=failure.label if failure else "",
        initiated_by=order.details.get("initiated_by"),
        service_key=order.details.get("service_key"),
        idempotency_key=order.key,
        payload_hash=order.payload_hash,
        note=order.details.get("note", ""),
    )
    for left in reversed(range(_REFERENCE_TRIES)):
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            if earlier := _earlier(order):
                return earlier, False
            if not left:
                raise
            row.reference = new_reference()
        else:
            break
    return row, True


def _enter(moved: Transaction) -> None:
    """Write both entries and the balances that cache them."""
    sides = ((moved.source, -moved.amount), (moved.destination, moved.amount))
    for wallet, change in sides:
        if wallet.balance is not None:
            wallet.balance += change
            wallet.save(update_fields=["balance"])
    Entry.objects.bulk_create(
        Entry(transaction=moved, wallet=wallet, amount=change, balance_after=wallet.balance) for wallet, change in sides
    )
