"""Files that people sent, fetched in the background into Django's storage."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from uuid import uuid4

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations.exceptions import Misconfigured
from integrations.media import MediaNotYet, MediaRefused, bare, fetch
from integrations.services import WhatsAppClient
from notifications.models import InboundMessage

logger = logging.getLogger(__name__)

MAX_TRIES = 8
FIRST_PAUSE = timedelta(seconds=30)
#: Longer than a download may take: whoever died meanwhile has lost it.
LEASE = timedelta(minutes=5)
_ENDINGS = {
    "image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "video/mp4": ".mp4", "video/3gpp": ".3gp",
    "audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/amr": ".amr", "audio/aac": ".aac", "audio/mp4": ".m4a",
    "application/pdf": ".pdf", "text/plain": ".txt",
}  # fmt: skip
_Media = InboundMessage.Media


def fetch_waiting(*, seconds: float = 20.0) -> int:
    """Fetch what is due, for about `seconds`. Returns how many were tried.

    What must not be taken fails at once; the rest is tried again, ever later, and fails after MAX_TRIES.
    """
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until and (row := _claim()):
        count += 1
        try:
            _fetch(row)
        except MediaRefused as refusal:
            _fail(row, str(refusal))
        except (MediaNotYet, Misconfigured, OSError) as problem:
            _put_off(row, str(problem))
    return count


def try_again(rows: list[InboundMessage]) -> int:
    """An operator's decision for what failed. Returns how many are fetched again."""
    failed = [row.pk for row in rows if row.media_state == _Media.FAILED and row.media_id]
    again = InboundMessage.objects.filter(pk__in=failed)
    return again.update(media_state=_Media.WAITING, media_tries=0, media_due_at=timezone.now(), media_error="")


def _claim() -> InboundMessage | None:
    with transaction.atomic():
        due = InboundMessage.objects.filter(media_state=_Media.WAITING, media_due_at__lte=timezone.now())
        row = due.select_for_update(skip_locked=True, of=("self",)).order_by("media_due_at").first()
        if row:
            row.media_tries += 1
            row.media_due_at = timezone.now() + LEASE
            row.save(update_fields=["media_tries", "media_due_at"])
    return row


def _fetch(row: InboundMessage) -> None:
    found = fetch(WhatsAppClient(), row.media_id, kind=row.type, mime=row.media_mime, sha256=row.media_sha256)
    try:
        name = default_storage.save(_name(row.at, row.media_mime), File(found.file))
    finally:
        found.file.close()
    kept = _waiting(row).update(
        media_state=_Media.FETCHED, media_file=name, media_size=found.size, media_error="", media_due_at=None
    )
    if not kept:
        # The person was forgotten meanwhile.
        default_storage.delete(name)


def _name(at: datetime, mime: str) -> str:
    """A name of our own: what the person's phone calls it never becomes a path."""
    return f"inbound/{at:%Y/%m}/{uuid4().hex}{_ENDINGS.get(bare(mime), '.bin')}"


def _fail(row: InboundMessage, reason: str) -> None:
    _waiting(row).update(media_state=_Media.FAILED, media_error=reason, media_due_at=None)
    logger.warning("The file of inbound message %s is not fetched: %s", row.pk, reason)


def _put_off(row: InboundMessage, reason: str) -> None:
    if row.media_tries >= MAX_TRIES:
        _fail(row, reason)
        return
    pause = FIRST_PAUSE * 2 ** (row.media_tries - 1)
    _waiting(row).update(media_error=reason, media_due_at=timezone.now() + pause)


def _waiting(row: InboundMessage) -> QuerySet[InboundMessage]:
    return InboundMessage.objects.filter(pk=row.pk, media_state=_Media.WAITING, media_id=row.media_id)
