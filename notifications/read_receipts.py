"""Telling the person that their message was read and an answer is coming: a courtesy that nobody waits for."""

from __future__ import annotations

import logging
import threading

from django.conf import settings

from integrations.exceptions import Misconfigured, WhatsAppError
from integrations.services import WhatsAppClient

logger = logging.getLogger(__name__)

#: While so many are on their way, further ones are left out.
AT_ONCE = 8
_room = threading.BoundedSemaphore(AT_ONCE)


def send(wamid: str, number: str) -> threading.Thread | None:
    """Mark the message as read and show that we type, from a thread. Nothing that goes wrong is raised."""
    if not settings.WHATSAPP_READ_RECEIPTS or not _room.acquire(blocking=False):
        return None
    client = WhatsAppClient()
    thread = threading.Thread(target=_tell, args=(client.for_number(number or client.phone_number_id), wamid))
    thread.daemon = True
    thread.start()
    return thread


def _tell(client: WhatsAppClient, wamid: str) -> None:
    try:
        client.mark_read(wamid, typing=True)
    except (WhatsAppError, Misconfigured) as problem:
        logger.info("A message could not be marked as read: %s", type(problem).__name__)
    finally:
        _room.release()
