"""Files in parts, for the samples of template headers (Meta, Graph API, Resumable Upload)."""

from __future__ import annotations

import base64
from typing import Any

from sandbox.graph.account import APP_ID
from sandbox.graph.call import Call, Handler
from sandbox.records import Upload
from sandbox.rules.media import check_upload
from sandbox.rules.refusal import Refusal, invalid, required
from sandbox.world import World


def begin(world: World, call: Call, found: None) -> dict[str, Any]:
    given = {**(call.body if isinstance(call.body, dict) else {}), **call.query}
    for name in ("file_length", "file_type"):
        if not given.get(name):
            raise required(name)
    length = str(given["file_length"])
    if not length.isdecimal() or int(length) == 0:
        raise invalid("file_length: the number of bytes.")
    check_upload(str(given["file_type"]), int(length))
    mark = base64.urlsafe_b64encode(world.store.mark("upload", 24).encode()).decode()
    session = Upload(f"upload:{mark}", int(length), str(given["file_type"]))
    world.store.uploads[session.id] = session
    return {"id": session.id}


def append(world: World, call: Call, session: Upload) -> dict[str, Any]:
    """The bytes from `file_offset` on; `{"h"}`, the handle of a sample, once all have come."""
    offset = call.headers.get("file_offset", "0")
    if not offset.isdecimal() or int(offset) != len(session.content):
        raise Refusal(100, f"file_offset: {len(session.content)} bytes have come.", message="(#100) Invalid parameter")
    if not isinstance(call.body, bytes) or not call.body:
        raise invalid("The body holds the bytes of the file.")
    session.content += call.body
    if len(session.content) > session.length:
        session.content = session.content[: session.length]
        raise invalid(f"More than the announced {session.length} bytes.")
    if len(session.content) < session.length:
        return {"id": session.id, "file_offset": len(session.content)}
    session.handle = session.handle or "4::" + base64.b64encode(world.store.mark("handle", 24).encode()).decode()
    return {"h": session.handle}


def progress(world: World, call: Call, session: Upload) -> dict[str, Any]:
    return {"id": session.id, "file_offset": len(session.content)}


EDGES: dict[tuple[str, str, str], Handler] = {
    (APP_ID, "POST", "uploads"): begin,
    ("upload", "POST", ""): append,
    ("upload", "GET", ""): progress,
}
