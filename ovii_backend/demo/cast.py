"""Who plays: numbers in the form of Zimbabwe's, and names."""

from __future__ import annotations

OPERATOR = "+263770000001"
TARIRO, RUDO, BAKERY = "+263771234567", "+263712345678", "+263733456789"
NAMES = {TARIRO: "Tariro", RUDO: "Rudo", BAKERY: "Corner Bakery"}
# Arguments of `manage.py open_wallets`.
OPEN_WALLETS = (*(f"{person}={NAMES[person]}" for person in (TARIRO, RUDO)), f"--merchant={BAKERY}={NAMES[BAKERY]}")
