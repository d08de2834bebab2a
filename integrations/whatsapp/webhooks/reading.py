"""What the parsers share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.whatsapp.lenient import items, mapping, storable, text

# A business-scoped user id (country, dot, letters and digits) has been seen where a number belongs.
_USER_ID = re.compile(r"[A-Z]{2}\.")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a change stands: its field, the account, and the time of the entry."""

    field: str
    waba_id: str = ""
    at: datetime | None = None


def person(raw: Any) -> tuple[str, str]:
    """(digits of the number, business-scoped id): one of them is empty."""
    found = text(raw)
    return ("", found) if _USER_ID.match(found) else (digits(found), "")


def digits(raw: Any) -> str:
    return "".join(filter(str.isdecimal, text(raw)))


def number_id(value: Mapping[str, Any]) -> str:
    return text(mapping(value.get("metadata")).get("phone_number_id"))


def kept(raw: Any) -> dict[str, Any]:
    """An object as every database takes it; empty for anything else."""
    found = storable(raw)
    return found if isinstance(found, dict) else {}


def kept_objects(raw: Any) -> tuple[dict[str, Any], ...]:
    return tuple(storable(one) for one in items(raw) if isinstance(one, dict))


def word(raw: Any) -> str:
    """A word of one of Meta's lists; empty for null and NONE."""
    found = text(raw).strip().upper()
    return "" if found == "NONE" else found


class Contacts:
    """The contacts of a value, to be found by number or id: a post may hold a thousand."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        found = [mapping(contact) for contact in items(value.get("contacts"))]
        self._by_number = {text(one.get("wa_id")): one for one in found}
        self._by_user_id = {text(one.get("user_id")): one for one in found}
        self._only = found[0] if len(found) == 1 else {}

    def find(self, number: str, user_id: str) -> Mapping[str, Any]:
        """Who has this id, else this number; where neither is given, the only one there is."""
        if not (number or user_id):
            return self._only
        by_id = (self._by_user_id.get(user_id) or self._by_number.get(user_id)) if user_id else None
        return by_id or (self._by_number.get(number) if number else None) or {}
