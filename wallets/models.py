from __future__ import annotations

import secrets
from decimal import Decimal

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from integrations.phone import mask
from tenants.models import Tenant
from users.models import ServiceKey

_REFERENCE_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_REFERENCE_LENGTH = 10


def new_reference() -> str:
    """`TX` and 10 characters of base32 (RFC 4648): 50 random bits that can be read out on the phone."""
    return "TX" + "".join(secrets.choice(_REFERENCE_ALPHABET) for _ in range(_REFERENCE_LENGTH))


class WalletQuerySet(models.QuerySet["Wallet"]):
    def of_people(self) -> WalletQuerySet:
        """All but house accounts."""
        return self.exclude(kind=Wallet.Kind.HOUSE)


class Wallet(models.Model):
    """Somebody's money in one currency, or a house account: the other side of what comes in and goes out."""

    class Kind(models.TextChoices):
        PERSON = "PERSON", "Person"
        MERCHANT = "MERCHANT", "Merchant"
        HOUSE = "HOUSE", "House account"

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="wallets")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="wallets"
    )
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PERSON)
    name = models.CharField(max_length=100, blank=True, help_text="Empty: the owner's name.")
    currency = models.CharField(
        max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters.")], help_text="ISO 4217"
    )
    balance = models.DecimalField(
        max_digits=18,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="The sum of its entries; house accounts keep none, so that nobody waits for their lock.",
    )
    is_active = models.BooleanField("Active", default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WalletQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                name="wallet_balance_not_negative", condition=Q(balance__isnull=True) | Q(balance__gte=0)
            ),
            models.CheckConstraint(
                name="wallet_house_has_no_owner_and_no_balance",
                condition=Q(kind="HOUSE", owner__isnull=True, balance__isnull=True)
                | (~Q(kind="HOUSE") & Q(owner__isnull=False, balance__isnull=False)),
            ),
            models.UniqueConstraint(
                name="one_wallet_per_owner",
                fields=("tenant", "owner", "currency", "kind"),
                condition=~Q(kind="HOUSE"),
            ),
            models.UniqueConstraint(
                name="one_house_account", fields=("tenant", "currency", "name"), condition=Q(kind="HOUSE")
            ),
        )

    def __str__(self) -> str:
        return f"{self.display_name} {self.currency}"

    @property
    def display_name(self) -> str:
        """What the other side reads: one line; a masked number when there is no name."""
        name = " ".join((self.name or (self.owner.get_full_name() if self.owner else "")).split())
        return name or mask(self.owner.phone_number if self.owner else "")


class Transaction(models.Model):
    """A movement that was asked for: completed with two entries, or failed with a reason and none. Never edited."""

    class Type(models.TextChoices):
        TRANSFER = "TRANSFER", "Transfer"
        DEPOSIT = "DEPOSIT", "Deposit"
        WITHDRAWAL = "WITHDRAWAL", "Withdrawal"
        PAYMENT = "PAYMENT", "Payment"

    class Status(models.TextChoices):
        COMPLETED = "COMPLETED", "Completed"
        FAILED = "FAILED", "Failed"

    class Failure(models.TextChoices):
        """The label is the reason as the person reads it inside a sentence."""

        INSUFFICIENT_FUNDS = "insufficient_funds", "the balance is not sufficient"
        INACTIVE_SOURCE = "inactive_source", "the wallet that pays is not active"
        INACTIVE_DESTINATION = "inactive_destination", "the wallet that receives is not active"
        CURRENCY_MISMATCH = "currency_mismatch", "the two wallets have different currencies"
        SAME_WALLET = "same_wallet", "both sides are the same wallet"
        DESTINATION_FULL = "destination_full", "the wallet that receives cannot hold so much"

    reference = models.CharField(max_length=12, unique=True, default=new_reference, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="transactions")
    type = models.CharField(max_length=10, choices=Type)
    status = models.CharField(max_length=9, choices=Status)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3, help_text="The source's.")
    source = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="outgoing")
    destination = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="incoming")
    failure_code = models.CharField(max_length=32, blank=True, choices=Failure)
    failure_reason = models.CharField(max_length=200, blank=True)
    initiated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    service_key = models.ForeignKey(ServiceKey, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    idempotency_key = models.CharField(
        max_length=255, blank=True, help_text="As given, behind whose it is: keys of two initiators never meet."
    )
    payload_hash = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    announced_at = models.DateTimeField(
        null=True, blank=True, help_text="Every receiver has heard of it; empty: the sweep tells them again."
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(name="transaction_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="transaction_failed_has_reason",
                condition=Q(status="COMPLETED", failure_code="") | (Q(status="FAILED") & ~Q(failure_code="")),
            ),
            models.UniqueConstraint(
                name="one_use_of_idempotency_key",
                fields=("tenant", "idempotency_key"),
                condition=~Q(idempotency_key=""),
            ),
        )
        indexes = (
            # The sweep: nearly always empty.
            models.Index(name="transaction_unannounced", fields=("created_at",), condition=Q(announced_at=None)),
        )

    def __str__(self) -> str:
        return self.reference

    def balance_after(self, wallet: Wallet) -> Decimal | None:
        """What the wallet held right after this movement; None for house accounts and for what failed."""
        entry = self.entries.filter(wallet=wallet).first()
        return entry.balance_after if entry else None


class Entry(models.Model):
    """One side of a completed transaction. The two of a transaction sum to zero. Append-only."""

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="entries")
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="entries")
    amount = models.DecimalField(max_digits=18, decimal_places=2, help_text="Negative: it left the wallet.")
    balance_after = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "entries"
        constraints = (
            models.UniqueConstraint(name="one_entry_per_side", fields=("transaction", "wallet")),
            models.CheckConstraint(name="entry_amount_not_zero", condition=~Q(amount=0)),
        )
        indexes = (
            # A wallet's history, newest first.
            models.Index(name="entry_history", fields=("wallet", "-id")),
        )

    def __str__(self) -> str:
        return f"{self.amount} ({self.transaction_id})"
