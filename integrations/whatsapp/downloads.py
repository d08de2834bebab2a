"""Fetching a file that a person sent: from known hosts alone, bounded, and only if it is what Meta said. Pure wire.

Source: Meta, Cloud API, Media: "Retrieve media URL", "Download media", "Supported media types".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from integrations import conf
from integrations.whatsapp.media_types import LIMITS, MEGABYTE
from integrations.whatsapp.transport import pool

LONGEST_SECONDS = 120.0
_CHUNK = 64 * 1024
_HEAD = 1024
#: How files of these types begin; `(offset, bytes)`.
_BEGINNINGS: dict[str, tuple[tuple[int, bytes], ...]] = {
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "image/png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "image/webp": ((8, b"WEBP"),),
    "application/pdf": ((0, b"%PDF"),),
    "video/mp4": ((4, b"ftyp"),),
    "video/3gpp": ((4, b"ftyp"),),
    "audio/mp4": ((4, b"ftyp"),),
    "audio/ogg": ((0, b"OggS"),),
    "audio/amr": ((0, b"#!AMR"),),
}


class MediaRefused(Exception):
    """The file is not taken, now or later; the text says why."""


class MediaNotYet(Exception):
    """The file could not be fetched; another try may succeed."""


@dataclass(slots=True)
class Downloaded:
    """An open temporary file, at its beginning; the caller closes it."""

    file: IO[bytes]
    size: int


def check_address(url: str, hosts: Collection[str]) -> None:
    """Raise MediaRefused unless the address is https on one of the hosts, or on Graph's own in use (a sandbox)."""
    try:
        asked, graph = urlsplit(url), urlsplit(conf.graph_base(conf.LIVE_VERSIONS[-1]))
        port, graph_port = asked.port, graph.port
    except ValueError as error:
        raise MediaRefused("Meta named no usable address for the file.") from error
    if asked.username or asked.password:
        raise MediaRefused("The address of the file holds a user name.")
    if (asked.scheme, asked.hostname, port) == (graph.scheme, graph.hostname, graph_port):
        return
    if asked.scheme != "https" or asked.hostname not in hosts or port not in (None, 443):
        raise MediaRefused(
            f"The file lies at {asked.hostname}, which is not among WHATSAPP_MEDIA_HOSTS: the token does not go there."
        )


def download(url: str, token: str, *, kind: str, hosts: Collection[str]) -> Downloaded:
    """The bytes at `url`, not more than its kind may have. Raises MediaRefused and MediaNotYet; no redirect is
    followed."""
    check_address(url, hosts)
    connect, read = conf.timeouts()
    try:
        response = pool().urlopen(
            "GET",
            url,
            headers={"Authorization": f"Bearer {token}", "User-Agent": "curl/8"},
            retries=False,
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=connect, read=read),
        )
    except (HTTPError, OSError) as error:
        raise MediaNotYet(f"The file could not be reached ({type(error).__name__}).") from error
    try:
        if 300 <= response.status < 400:
            raise MediaRefused("The address of the file leads elsewhere: a redirect is not followed.")
        if response.status != 200:
            raise MediaNotYet(f"Meta answered {response.status} instead of the file.")
        return _read(response, LIMITS.get(kind, MEGABYTE))
    except (HTTPError, OSError) as error:
        raise MediaNotYet(f"The download broke off ({type(error).__name__}).") from error
    finally:
        # What was not read to its end cannot serve another call.
        response.close()


def _read(response: urllib3.BaseHTTPResponse, limit: int) -> Downloaded:
    until, size = time.monotonic() + LONGEST_SECONDS, 0
    file = tempfile.SpooledTemporaryFile(max_size=MEGABYTE)  # noqa: SIM115 (the caller closes it)
    try:
        for chunk in response.stream(_CHUNK, decode_content=False):
            size += len(chunk)
            if size > limit:
                raise MediaRefused(f"The file has more than {limit // MEGABYTE} MB.")
            if time.monotonic() > until:
                raise MediaNotYet("The download takes too long.")
            file.write(chunk)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return Downloaded(file, size)


def check_content(found: Downloaded, mime: str, digests: Collection[str]) -> None:
    """Raise MediaRefused unless the file begins as its type does and has the digests (SHA-256, base64 or hex)."""
    beginnings = _BEGINNINGS.get(mime, ())
    head = found.file.read(_HEAD)
    if beginnings and not any(head[offset:].startswith(begin) for offset, begin in beginnings):
        raise MediaRefused(f"The file does not begin as {mime} does.")
    found.file.seek(0)
    digest = hashlib.file_digest(found.file, "sha256").digest()  # type: ignore[arg-type]
    found.file.seek(0)
    for told in filter(None, digests):
        if not hmac.compare_digest(digest, _bytes(told)):
            raise MediaRefused("The file is not the one that Meta told of: its SHA-256 differs.")


def _bytes(told: str) -> bytes:
    """Webhooks tell a digest in base64, look-ups in hex."""
    try:
        return bytes.fromhex(told) if len(told) == 64 else base64.b64decode(told, validate=True)
    except (ValueError, binascii.Error):
        return b""
