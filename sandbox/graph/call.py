from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sandbox.rules.refusal import Refusal, invalid
from sandbox.world import World

PATH = re.compile(r"/(?:v(?P<version>\d+\.\d+)/)?(?P<object>[^/]*)(?:/(?P<edge>.+?))?/?")
VERSIONED = re.compile(r"/v\d+\.\d+(/|$)")
NEWEST = "26.0"
SCHEMES = {"bearer", "oauth"}
#: First segments that belong to the sandbox itself.
OWN = {"", "sandbox", "templates", "webhooks", "faults", "account", "static", "phone", "favicon.ico"}


@dataclass(frozen=True, slots=True)
class File:
    """One file of a form."""

    name: str
    mime_type: str
    content: bytes


@dataclass(slots=True)
class Call:
    """One request to the Graph API, taken apart."""

    method: str
    version: str
    object_id: str
    edge: str
    query: dict[str, str]
    token: str
    body: Any
    url: str
    headers: Mapping[str, str]
    files: dict[str, File] = field(default_factory=dict)
    #: Why the body cannot be read; the token and the object are judged before.
    problem: Refusal | None = None


#: Takes the world, the call and the object that the call's id names; raises `Refusal`.
Handler = Callable[[World, Call, Any], dict[str, Any] | Response]


def is_graph_path(path: str) -> bool:
    return bool(VERSIONED.match(path)) or path.split("/", 2)[1] not in OWN


async def read_call(request: Request) -> Call:
    """An unreadable path has an empty object id, an unreadable body a `problem`."""
    found = PATH.fullmatch(request.url.path)
    query = dict(request.query_params)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    call = Call(
        method=request.method,
        version=(found and found["version"]) or "",
        object_id=(found and found["object"]) or "",
        edge=(found and found["edge"]) or "",
        query=query,
        token=token.strip() if scheme.lower() in SCHEMES else query.get("access_token", ""),
        body={},
        url=str(request.url.replace(query="")),
        headers=request.headers,
    )
    try:
        await read_content(request, call)
    except Refusal as refusal:
        call.problem = refusal
    return call


async def read_content(request: Request, call: Call) -> None:
    """Raises `Refusal` for a body that is no JSON object and no form."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        await read_form(request, call)
    elif call.object_id.startswith("upload:"):
        call.body = await request.body()
    else:
        body = read_body(await request.body(), kind)
        if not isinstance(body, dict):
            raise invalid("The body is a JSON object.")
        call.body = body


async def read_form(request: Request, call: Call) -> None:
    """Fields to `call.body`, files to `call.files`."""
    try:
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    kind = value.content_type or "application/octet-stream"
                    call.files[name] = File(value.filename or "", kind, await value.read())
                else:
                    call.body[name] = json_or_text(value)
    except HTTPException:
        raise invalid("The form cannot be read.") from None


def read_body(raw: bytes, content_type: str) -> Any:
    if not raw:
        return {}
    try:
        if content_type.startswith("application/x-www-form-urlencoded"):
            return {name: json_or_text(value) for name, value in parse_qsl(raw.decode())}
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise invalid("The body is not valid JSON.") from None


def json_or_text(value: str) -> Any:
    """Graph takes structured parameters of a form as JSON."""
    if value[:1] not in "[{":
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def json_response(
    body: Any, version: str = NEWEST, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"facebook-api-version": f"v{version}", **(headers or {})}
    return Response(raw, status, headers, "application/json; charset=UTF-8")


def refused(refusal: Refusal, trace_id: str, version: str) -> Response:
    return json_response(refusal.envelope(trace_id), version, refusal.http_status, refusal.headers)


def chosen(record: dict[str, Any], fields: str | None, default: tuple[str, ...] = ()) -> dict[str, Any]:
    """The record's `fields` (comma-separated, subfields in braces ignored) and always its id."""
    names = re.sub(r"\{[^}]*\}", "", fields).split(",") if fields else default or tuple(record)
    wanted = [name.strip() for name in names]
    return {name: record[name] for name in wanted if name in record} | {"id": record["id"]}
