"""Media: upload, look up, download, delete (Meta, Cloud API, Media)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from sandbox.graph.call import Call, Handler
from sandbox.records import Media, Number
from sandbox.rules.media import check_upload, is_animated
from sandbox.rules.message import check_product
from sandbox.rules.refusal import required, unknown_object
from sandbox.world import World

ADDRESS_SECONDS = 300
#: Where the bytes are; Meta has a host of its own for them.
DOWNLOADS = "lookaside"
RANGE = re.compile(r"bytes=(?:(\d+)-(\d*)|-(\d+))")


def upload(world: World, call: Call, number: Number) -> dict[str, Any]:
    check_product(call.body)
    file = call.files.get("file")
    if file is None:
        raise required("file")
    mime = str(call.body.get("type") or file.mime_type)
    check_upload(mime, len(file.content), animated=is_animated(file.content))
    media = world.store.add_media(number.id, mime, file.content, file.name)
    return {"id": media.id}


def lookup(world: World, call: Call, media: Media) -> dict[str, Any]:
    """The address is good for five minutes and needs the same token."""
    check_owner(world, call, media)
    host = urlsplit(call.url)
    until = int(world.store.now()) + ADDRESS_SECONDS
    return {
        "messaging_product": "whatsapp",
        "url": f"{host.scheme}://{host.netloc}/{DOWNLOADS}/{media.id}?ext={until}",
        "mime_type": media.mime_type,
        "sha256": media.sha256,
        "file_size": len(media.content),
        "id": media.id,
    }


def remove(world: World, call: Call, media: Media) -> dict[str, Any]:
    check_owner(world, call, media)
    world.store.remove_media(media)
    return {"success": True}


def check_owner(world: World, call: Call, media: Media) -> None:
    owner = call.query.get("phone_number_id", media.number_id)
    if owner != media.number_id or media.gone(world.store.now()):
        raise unknown_object(media.id, call.method.lower())


def download(world: World, call: Call, found: None) -> Response:
    """The bytes, or the part that `Range` asks for; 404 once the address or the media is gone."""
    media, until = world.store.media.get(call.edge), call.query.get("ext", "")
    if media is None or media.gone(world.store.now()) or not until.isdecimal() or int(until) < world.store.now():
        return Response("URL signature expired", 404, media_type="text/plain")
    size, headers = len(media.content), {"Accept-Ranges": "bytes"}
    asked = RANGE.fullmatch(call.headers.get("range", ""))
    if asked is None:
        return Response(media.content, 200, headers, media.mime_type)
    if asked[3]:
        first, last = max(size - int(asked[3]), 0), size - 1
    else:
        first, last = int(asked[1]), min(int(asked[2] or size - 1), size - 1)
    if first > last:
        return Response(b"", 416, headers | {"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(media.content[first : last + 1], 206, headers, media.mime_type)


EDGES: dict[tuple[str, str, str], Handler] = {
    ("number", "POST", "media"): upload,
    ("media", "GET", ""): lookup,
    ("media", "DELETE", ""): remove,
    (DOWNLOADS, "GET", "*"): download,
}
