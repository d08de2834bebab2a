"""What files Meta takes (Meta, Cloud API, Media: "Supported media types"). Pure."""

from __future__ import annotations

MEGABYTE = 1024 * 1024
#: Most bytes of a file, by its kind.
LIMITS = {
    "image": 5 * MEGABYTE,
    "video": 16 * MEGABYTE,
    "audio": 16 * MEGABYTE,
    "document": 100 * MEGABYTE,
    "sticker": MEGABYTE,
}
_PICTURES = ("image/jpeg", "image/png")
_OFFICE = "application/vnd."
_DOCUMENTS = ("application/pdf", "text/plain", "application/msword")


def check_upload(mime_type: str, size: int) -> None:
    """Raise ValueError unless Meta takes a file of this type and of so many bytes as an image or a document."""
    if mime_type in _PICTURES:
        kind = "image"
    elif mime_type in _DOCUMENTS or mime_type.startswith(_OFFICE):
        kind = "document"
    else:
        raise ValueError(f"Meta takes JPEG and PNG, PDF, text and office files, not {mime_type!r}.")
    if not 0 < size <= LIMITS[kind]:
        raise ValueError(f"A file of the kind {kind} has up to {LIMITS[kind] // MEGABYTE} MB and is not empty.")
