"""What Meta charges for a delivered template message, by market and category. Pure.

Source: Meta, WhatsApp Business Platform, Pricing: list prices in USD, base tier. Meta may change them each quarter;
another card is another entry of CARDS.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MARKETING, UTILITY, AUTHENTICATION = "MARKETING", "UTILITY", "AUTHENTICATION"
REST_OF_AFRICA, REST_OF_WESTERN_EUROPE = "Rest of Africa", "Rest of Western Europe"
NORTH_AMERICA, OTHER = "North America", "Other"

#: ISO 3166 -> market. Meta goes by the country code of the person's number.
MARKETS: dict[str, str] = {
    "ZA": "South Africa", "NG": "Nigeria", "ES": "Spain", "FR": "France", "DE": "Germany", "GB": "United Kingdom",
    "US": NORTH_AMERICA, "CA": NORTH_AMERICA, "BR": "Brazil", "MX": "Mexico", "IN": "India",
}  # fmt: skip
MARKETS |= dict.fromkeys(
    [
        "DZ",
        "AO",
        "BJ",
        "BW",
        "BF",
        "BI",
        "CM",
        "TD",
        "CG",
        "ER",
        "ET",
        "GA",
        "GM",
        "GH",
        "GW",
        "CI",
        "KE",
        "LS",
        "LR",
        "LY",
        "MG",
        "MW",
        "ML",
        "MR",
        "MA",
        "MZ",
        "NA",
        "NE",
        "RW",
        "SN",
        "SL",
        "SO",
        "SS",
        "SD",
        "SZ",
        "TZ",
        "TG",
        "TN",
        "UG",
        "ZM",
        "ZW",
    ],
    REST_OF_AFRICA,
)
MARKETS |= dict.fromkeys(["AT", "BE", "DK", "FI", "IE", "NO", "PT", "SE", "CH"], REST_OF_WESTERN_EUROPE)


@dataclass(frozen=True, slots=True)
class Card:
    """Prices from a day on: market -> category -> USD per message. A price that is not known is left out."""

    effective_from: date
    usd: dict[str, dict[str, Decimal]]


def _row(marketing: str, utility: str, authentication: str = "") -> dict[str, Decimal]:
    prices = {MARKETING: marketing, UTILITY: utility, AUTHENTICATION: authentication}
    return {category: Decimal(price) for category, price in prices.items() if price}


#: Oldest first.
CARDS: tuple[Card, ...] = (
    Card(
        date(2026, 1, 1),
        {
            REST_OF_AFRICA: _row("0.0225", "0.0040", "0.0040"),
            "South Africa": _row("0.0379", "0.0076", "0.0076"),
            "Nigeria": _row("0.0516", "0.0067", "0.0067"),
            "Spain": _row("0.0615", "0.0200", "0.0200"),
            "France": _row("0.0859", "0.0300", "0.0300"),
            "Germany": _row("0.1365", "0.0550", "0.0550"),
            "United Kingdom": _row("0.0529", "0.0220", "0.0220"),
            REST_OF_WESTERN_EUROPE: _row("0.0592", "0.0171"),
            NORTH_AMERICA: _row("0.0250", "0.0034", "0.0034"),
            "Brazil": _row("0.0625", "0.0068", "0.0068"),
            "Mexico": _row("0.0305", "0.0085", "0.0085"),
            "India": _row("0.0118", "0.0014", "0.0014"),
            OTHER: _row("0.0604", "0.0077"),
        },
    ),
)


def market_of(country: str) -> str:
    """The market that a country (ISO 3166) belongs to."""
    return MARKETS.get(country.upper(), OTHER)


def price(market: str, category: str, on: date) -> Decimal | None:
    """USD per delivered message on that day; None where no card tells. Before the first card, the first counts."""
    in_force = [card for card in CARDS if card.effective_from <= on] or list(CARDS[:1])
    return in_force[-1].usd.get(market, {}).get(category)


def cost_of_change(before: str, after: str, countries: Iterable[str], on: date) -> str:
    """What another category means in money, such as `about 0.0225 instead of 0.0040 USD per message in Rest of
    Africa`; empty where no price is known. `countries` are ISO 3166."""
    told = []
    for market in sorted({market_of(country) for country in countries}):
        old, new = price(market, before, on), price(market, after, on)
        if new is not None:
            instead = f" instead of {old}" if old is not None else ""
            told.append(f"about {new}{instead} USD per message in {market}")
    return ", ".join(told)
