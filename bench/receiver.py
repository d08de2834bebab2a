"""The smallest receiver that does what one must: reads the body, checks the signature, answers 200."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter
from urllib.parse import parse_qs, urlsplit


class Receiver:
    """What came: statuses by (wamid, status), POSTs, connections, and what was signed wrongly."""

    def __init__(self, secret: str) -> None:
        self.secret = secret.encode()
        self.statuses: Counter[tuple[str, str]] = Counter()
        self.posts = self.connections = self.forged = 0
        self.url = ""
        self.first = self.last = 0.0

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 22)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        return server

    def forget(self) -> None:
        self.statuses.clear()
        self.posts = self.connections = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := await head_of(reader):
            request_line, *lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await body_of(reader, headers)
            if request_line.startswith("GET"):
                query = parse_qs(urlsplit(request_line.split()[1]).query)
                answer(writer, query["hub.challenge"][0].encode())
            else:
                self._take(body, headers.get("x-hub-signature-256", ""))
                answer(writer, b"")
        writer.close()

    def _take(self, body: bytes, signature: str) -> None:
        right = "sha256=" + hmac.new(self.secret, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, signature):
            self.forged += 1
            return
        self.posts += 1
        self.last = time.perf_counter()
        self.first = self.first if self.statuses else self.last
        for change in json.loads(body)["entry"][0]["changes"]:
            for status in change["value"].get("statuses", ()):
                self.statuses[status["id"], status["status"]] += 1


async def head_of(reader: asyncio.StreamReader) -> str:
    """Empty at the end of the connection."""
    try:
        return (await reader.readuntil(b"\r\n\r\n"))[:-4].decode()
    except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
        return ""


async def body_of(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)


def answer(writer: asyncio.StreamWriter, body: bytes) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
