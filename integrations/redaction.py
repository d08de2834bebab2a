"""What no log line may carry: full phone numbers, tokens, app secrets."""

from __future__ import annotations

import logging
import re

from integrations.phone import mask

_NUMBER = re.compile(r"(?<![\w.+-])\+\d{8,15}(?!\d)")
_TOKEN = re.compile(r"\b(EAA[A-Za-z0-9]{8})[A-Za-z0-9]+|(Bearer )\S+|(access_token=)[^\s&\"']+")


def redact(text: str) -> str:
    """`text` with E.164 numbers masked and access tokens cut."""
    text = _NUMBER.sub(lambda found: mask(found.group()), text)
    return _TOKEN.sub(lambda found: next(filter(None, found.groups())) + "…", text)


class RedactionFilter(logging.Filter):
    """On every handler: masks what slipped into a message, and drops heyoo's lines, which name recipients.

    heyoo 0.1.2 logs through the root logger, so its records are told by their file.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.pathname.endswith("heyoo/__init__.py"):
            return False
        if record.exc_info and not record.exc_text:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            # Arguments that do not fit the message: the handler reports it, the caller goes on.
            return True
        redacted = redact(message)
        if redacted != message:
            record.msg, record.args = redacted, ()
        return True
