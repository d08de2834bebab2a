"""Which files WhatsApp carries and how large they may be (Meta, Cloud API, Media)."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
STILL_STICKER = 100 * 1024
LINK = re.compile(r"https?://[^\s/]+\S*")
#: Nobody can have an address in this domain (RFC 2606): Meta fails to fetch from it.
UNREADABLE = re.compile(r"https?://[^/]*\.invalid(?:[:/?#]|$)")
MEDIA_IN_INTERACTIVE = ("image", "video", "document")
LONGEST_LINK = 2000
LONGEST_CAPTION = 1024


def bare(mime_type: str) -> str:
    """`audio/ogg; codecs=opus` to `audio/ogg`."""
    return mime_type.partition(";")[0].strip().lower()


def is_animated(content: bytes) -> bool:
    """Whether a WebP file announces an animation (Google, WebP Container Specification)."""
    return content[:4] == b"RIFF" and content[12:16] == b"VP8X" and bool(content[20:21] and content[20] & 0x02)


def check_upload(mime_type: str, size: int, *, animated: bool = False) -> None:
    for name, kind in KINDS.items():
        if bare(mime_type) in kind.mime_types:
            largest = STILL_STICKER if name == "sticker" and not animated else kind.largest
            if size > largest:
                raise Refusal(131053, f"The file has {size} bytes; {largest} are allowed for {mime_type}.")
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


def media_in(kind: str, payload: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kind and object of each media that a checked message names."""
    if kind in KINDS:
        yield kind, payload[kind]
    elif kind == "interactive":
        header = payload["interactive"].get("header") or {}
        if header.get("type") in MEDIA_IN_INTERACTIVE:
            yield header["type"], header[header["type"]]
    elif kind == "template":
        for component in payload["template"].get("components") or ():
            for parameter in component.get("parameters") or ():
                if parameter.get("type") in KINDS and isinstance(parameter.get(parameter["type"]), dict):
                    yield parameter["type"], parameter[parameter["type"]]
