"""Amounts: decimal, positive, to the hundredth; and how people read them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

CENT = Decimal("0.01")
# SQLite keeps decimals as doubles, which tell cents apart up to here and a little beyond.
LARGEST = Decimal("999999999999.99")


def to_amount(value: Decimal | int | str) -> Decimal:
    """`value` to two decimals. Raises ValueError for floats, fractions of a cent, zero, less, and too much."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise ValueError(f"An amount is a Decimal, an int or text, not a {type(value).__name__}.")
    try:
        given = Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not an amount: write it like 25.00.") from error
    if not given.is_finite() or not 0 < given <= LARGEST:
        raise ValueError(f"An amount is more than 0 and at most {LARGEST:,}, not {value}.")
    amount = given.quantize(CENT)
    if amount != given:
        raise ValueError(f"{value} has more than two decimals.")
    return amount


def plain(amount: Decimal) -> str:
    """`1,250.00`"""
    return f"{amount:,.2f}"


def with_currency(amount: Decimal, currency: str) -> str:
    """`USD 1,250.00`"""
    return f"{currency} {plain(amount)}"
