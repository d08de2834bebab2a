from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from users.answers import RefusalSerializer
from wallets.models import Entry, Transaction, Wallet
from wallets.money import CENT, LARGEST
from wallets.services import LONGEST_TEXT


class WalletSerializer(serializers.ModelSerializer[Wallet]):
    name = serializers.CharField(source="display_name", read_only=True)

    class Meta:
        model = Wallet
        fields = ("id", "kind", "name", "currency", "balance", "is_active")


class TransactionSerializer(serializers.ModelSerializer[Transaction]):
    class Meta:
        model = Transaction
        fields = (
            "reference",
            "type",
            "status",
            "amount",
            "currency",
            "source",
            "destination",
            "failure_code",
            "failure_reason",
            "note",
            "created_at",
        )


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """One line of a wallet's history; `amount` is negative when it left the wallet."""

    reference = serializers.CharField(source="transaction.reference", read_only=True)
    type = serializers.ChoiceField(source="transaction.type", choices=Transaction.Type.choices, read_only=True)
    counterparty = serializers.SerializerMethodField()
    note = serializers.CharField(source="transaction.note", read_only=True)
    created_at = serializers.DateTimeField(source="transaction.created_at", read_only=True)

    class Meta:
        model = Entry
        fields = ("reference", "type", "amount", "balance_after", "counterparty", "note", "created_at")

    @extend_schema_field(serializers.CharField())
    def get_counterparty(self, entry: Entry) -> str:
        moved = entry.transaction
        other = moved.destination if moved.source_id == entry.wallet_id else moved.source
        return other.name if other.kind == Wallet.Kind.HOUSE else other.display_name


class RefusedMovementSerializer(RefusalSerializer):
    transaction = TransactionSerializer()


class MovementSerializer(serializers.Serializer[Any]):
    """What every movement is asked with."""

    amount = serializers.DecimalField(max_digits=18, decimal_places=2, min_value=CENT, max_value=LARGEST)
    note = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_blank=True, default="")

    def validate_amount(self, amount: Decimal) -> Decimal:
        # A JSON number went through a binary float on its way here.
        if isinstance(self.initial_data.get("amount"), float):
            raise serializers.ValidationError('Write the amount as text, such as "25.00".')
        return amount


class CashSerializer(MovementSerializer):
    wallet = serializers.IntegerField(help_text="Any person's or merchant's wallet.")


class TransferSerializer(MovementSerializer):
    wallet = serializers.IntegerField(help_text="Your wallet that pays.")
    phone_number = serializers.CharField(max_length=40, help_text="The phone number of the person who receives.")


class PaySerializer(MovementSerializer):
    wallet = serializers.IntegerField(help_text="Your wallet that pays.")
    merchant = serializers.IntegerField(help_text="The merchant's wallet.")
