"""What nothing that is kept or logged may carry: full phone numbers, tokens, secrets, codes."""

from __future__ import annotations

import re
from typing import Any

_NUMBER = re.compile(r"(?<![\w.+-])\+\d{8,15}(?!\d)")
_TOKEN = re.compile(r"\b(EAA[A-Za-z0-9]{8})[A-Za-z0-9]+|(Bearer )\S+|(access_token=)[^\s&\"']+")
_SECRET_NAME = re.compile(r"token|secret|password|authorization|api_?key|signature|^(code|otp|body|text)$", re.I)
REMOVED = "…"


def mask(number: str) -> str:
    """A number as a log may show it: country code and last two digits, such as `+263•••••••67`."""
    digits = (number or "").lstrip("+")
    if len(digits) < 6:
        return "•" * len(digits) or "(no number)"
    return f"+{digits[:3]}{'•' * (len(digits) - 5)}{digits[-2:]}"


def redact(text: str) -> str:
    """`text` with E.164 numbers masked and access tokens cut."""
    text = _NUMBER.sub(lambda found: mask(found.group()), text)
    return _TOKEN.sub(lambda found: next(filter(None, found.groups())) + "…", text)


def redact_tree(value: Any) -> Any:
    """JSON-like data fit to be kept: every text redacted, texts under the name of a secret replaced.

    Numbers stay (an error's `code` is one); what JSON does not know becomes redacted text.
    """
    if isinstance(value, dict):
        return {str(name): _under(str(name), one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact_tree(one) for one in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact(str(value))


def _under(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name) and isinstance(value, (str, bytes)):
        return REMOVED
    return redact_tree(value)
