"""The lines that operators grep for. No text of anybody's message, no full number."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

from integrations.phone import mask
from integrations.whatsapp.webhooks import (
    Event,
    IncomingMessage,
    MalformedBody,
    MessageStatus,
    TemplateCategory,
    TemplateComponents,
    TemplateQuality,
    TemplateReview,
    parse,
)

logger = logging.getLogger("integrations.views")

SHOWN_IDS = 20
_KINDS: dict[type, str] = {
    MessageStatus: "statuses",
    IncomingMessage: "messages",
    TemplateReview: "templates",
    TemplateQuality: "templates",
    TemplateCategory: "templates",
    TemplateComponents: "templates",
}


def log_received(body: bytes, *, new: bool) -> None:
    """One summary line for a stored body and one line for each event of a new one. Never raises."""
    if not logger.isEnabledFor(logging.INFO):
        return
    try:
        _log(parse(body), new)
    except MalformedBody:
        logger.info("WhatsApp webhook received: %s", {"malformed": True, "bytes": len(body)})
    except Exception:
        # The body is safe in the inbox: a log line must not turn that into a failure for Meta.
        logger.exception("WhatsApp webhook received, but not summarised")


def _log(events: Sequence[Event], new: bool) -> None:
    wamids = [event.wamid[:128] for event in events[:SHOWN_IDS] if isinstance(event, (MessageStatus, IncomingMessage))]
    summary: dict[str, object] = dict(Counter(_KINDS.get(type(event), "other") for event in events))
    summary["wamids"] = wamids
    if not new:
        summary["redelivery"] = True
    logger.info("WhatsApp webhook received: %s", summary)
    for event in events if new else ():
        if isinstance(event, IncomingMessage):
            logger.info("Incoming WhatsApp message from %s", _masked(event))
        elif isinstance(event, MessageStatus):
            logger.info("WhatsApp message status update: %s %s", event.wamid[:128], event.status[:20])


def _masked(message: IncomingMessage) -> str:
    if message.sender:
        return mask(message.sender)
    return f"{message.sender_user_id[:3]}•••••" if message.sender_user_id else mask("")
