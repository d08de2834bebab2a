"""Which files WhatsApp carries and how large they may be (Meta, Cloud API, Media)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from sandbox.rules.refusal import Refusal, invalid, required

MEGABYTE = 1024 * 1024
OFFICE = "application/vnd.openxmlformats-officedocument"


class Kind(NamedTuple):
    mime_types: frozenset[str]
    largest: int
    has_caption: bool


KINDS: dict[str, Kind] = {
    "image": Kind(frozenset({"image/jpeg", "image/png"}), 5 * MEGABYTE, True),
    "video": Kind(frozenset({"video/mp4", "video/3gpp"}), 16 * MEGABYTE, True),
    "audio": Kind(frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}), 16 * MEGABYTE, False),
    "document": Kind(
        frozenset(
            {
                "text/plain",
                "application/pdf",
                "application/msword",
                "application/vnd.ms-excel",
                "application/vnd.ms-powerpoint",
                f"{OFFICE}.wordprocessingml.document",
                f"{OFFICE}.spreadsheetml.sheet",
                f"{OFFICE}.presentationml.presentation",
            }
        ),
        100 * MEGABYTE,
        True,
    ),
    "sticker": Kind(frozenset({"image/webp"}), 500 * 1024, False),
}
LINK = re.compile(r"https?://[^\s/]+\S*")
LONGEST_LINK = 2000
LONGEST_CAPTION = 1024


def bare(mime_type: str) -> str:
    """`audio/ogg; codecs=opus` to `audio/ogg`."""
    return mime_type.partition(";")[0].strip().lower()


def check_upload(mime_type: str, size: int) -> None:
    for kind in KINDS.values():
        if bare(mime_type) in kind.mime_types:
            if size > kind.largest:
                raise Refusal(131053, f"The file has {size} bytes; {kind.largest} are allowed for {mime_type}.")
            if size == 0:
                raise Refusal(131053, "The file is empty.")
            return
    known = ", ".join(sorted(mime for kind in KINDS.values() for mime in kind.mime_types))
    raise Refusal(100, message=f"(#100) Param file must be a file with one of the following types: {known}.")


def check_media(kind: str, content: dict[str, Any]) -> None:
    """The media object of a message, its existence aside. Raises `Refusal`."""
    media_id, link = content.get("id"), content.get("link")
    if not media_id and not link:
        raise required(f"{kind}['id'] or {kind}['link']")
    if media_id and not isinstance(media_id, str | int):
        raise invalid(f"{kind}.id: a media id is required.")
    if link and not media_id and (not isinstance(link, str) or len(link) > LONGEST_LINK or not LINK.fullmatch(link)):
        raise Refusal(131009, f"{kind}.link: an http or https address is required")
    caption = content.get("caption")
    if caption is not None:
        if not KINDS[kind].has_caption:
            raise invalid(f"{kind}: has no caption.")
        if not isinstance(caption, str) or len(caption) > LONGEST_CAPTION:
            raise Refusal(131009, f"{kind}.caption: at most {LONGEST_CAPTION} characters")
    if content.get("filename") is not None and kind != "document":
        raise invalid(f"{kind}: has no filename.")
