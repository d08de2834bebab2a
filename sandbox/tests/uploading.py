"""A form with one file."""

from __future__ import annotations

from typing import Any

from sandbox.tests.desk import Answer, Desk

BOUNDARY = "----sandbox"


def part(name: str, content: bytes, more: str = "") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def upload(desk: Desk, content: bytes, mime_type: str, name: str = "file", **fields: Any) -> Answer:
    fields = {"messaging_product": "whatsapp", "type": mime_type} | fields
    parts = [part(field, str(value).encode()) for field, value in fields.items() if value is not None]
    file = part("file", content, f'; filename="{name}"\r\nContent-Type: {mime_type}')
    body = b"".join([*parts, file, f"--{BOUNDARY}--\r\n".encode()])
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return desk.call("POST", f"/v25.0/{desk.options.phone_number_id}/media", body, headers=headers)
