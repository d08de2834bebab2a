"""What no log line may carry: full phone numbers, tokens, app secrets."""

from __future__ import annotations

import logging

from tenants.redaction import redact

__all__ = ("RedactionFilter", "redact")


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
