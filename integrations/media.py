"""Files at Meta: fetched with checks, uploaded for sending."""

from __future__ import annotations

from django.conf import settings

from integrations.exceptions import WhatsAppError
from integrations.services import WhatsAppClient
from integrations.whatsapp.downloads import Downloaded, MediaNotYet, MediaRefused, check_content, download
from integrations.whatsapp.lenient import text

__all__ = ("Downloaded", "MediaNotYet", "MediaRefused", "bare", "fetch")

#: Where Meta keeps what people send.
META_HOSTS = frozenset({"lookaside.fbsbx.com"})
# Meta, Errors: the object does not exist (any more): media of people live seven days.
_GONE = frozenset({100, 131052, 131053})


def fetch(client: WhatsAppClient, media_id: str, *, kind: str, mime: str = "", sha256: str = "") -> Downloaded:
    """The file behind a media id, checked against type and digest that the webhook told. The caller closes it.

    Raises MediaRefused for what must not be taken and MediaNotYet for what may come with another try.
    """
    try:
        told = client.get_media(media_id)
    except WhatsAppError as error:
        if error.code in _GONE:
            raise MediaRefused(f"Meta does not have the file any more ({error.code}).") from error
        raise MediaNotYet(f"Meta did not say where the file is: {error.operator_message}") from error
    wanted, offered = bare(mime), bare(text(told.get("mime_type")))
    if wanted and offered and wanted != offered:
        raise MediaRefused(f"The file was announced as {wanted} and is {offered}.")
    hosts = META_HOSTS | set(settings.WHATSAPP_MEDIA_HOSTS)
    found = download(text(told.get("url")), client.access_token, kind=kind, hosts=hosts)
    try:
        check_content(found, wanted or offered, (sha256, text(told.get("sha256"))))
    except MediaRefused:
        found.file.close()
        raise
    return found


def bare(mime: str) -> str:
    """`audio/ogg; codecs=opus` without what follows the type."""
    return mime.partition(";")[0].strip().lower()
