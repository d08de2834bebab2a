"""Reading JSON that a stranger wrote: nothing in it raises, and what is kept fits every database. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

# Deeper parts of a kept value become None: databases and encoders recurse over it later.
MAX_DEPTH = 40
MAX_INTEGER_DIGITS = 100

# PostgreSQL stores neither; names typed on phones have contained both.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MILLISECONDS_FROM = 10**11


class MalformedBody(ValueError):
    """The body is no JSON, or nested beyond what can be read."""


def load(body: bytes) -> Any:
    """The JSON value of a body; numbers that no database can hold become text. Raises MalformedBody."""
    try:
        return json.loads(body, parse_int=_integer, parse_float=_float, parse_constant=str)
    except RecursionError as error:
        raise MalformedBody("The body is nested too deeply.") from error
    except ValueError as error:
        # The original quotes nothing, but carries the document: it must not reach a traceback.
        raise MalformedBody(f"The body is not JSON: {_where(error)}.") from None


def _where(error: ValueError) -> str:
    return f"{error.msg} at {error.pos}" if isinstance(error, json.JSONDecodeError) else type(error).__name__


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_INTEGER_DIGITS else digits


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def moment(raw: Any) -> datetime | None:
    """Unix seconds as text or number, milliseconds where they are too many for seconds."""
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
        return None
    try:
        seconds = float(raw)
        if seconds > _MILLISECONDS_FROM:
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def text(raw: Any) -> str:
    """Text and numbers as storable text, everything else as nothing."""
    if isinstance(raw, str):
        return _UNSTORABLE.sub("", raw)
    return str(raw) if isinstance(raw, (int, float)) and not isinstance(raw, bool) else ""


def mapping(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def items(raw: Any) -> list[Any]:
    """A list as it is; a lone object where a list belongs counts as one item."""
    if isinstance(raw, list):
        return raw
    return [] if raw is None else [raw]


def storable(value: Any, depth: int = 0) -> Any:
    """`value` as JSON that every database takes."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if not isinstance(value, (dict, list)):
        return value
    if depth == MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [storable(item, depth + 1) for item in value]
    return {_UNSTORABLE.sub("", key): storable(item, depth + 1) for key, item in value.items()}
