from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request

from sandbox.world import World

Handler = Callable[[World, Request], Awaitable[Any]]


class BadRequest(ValueError):
    """The control call is wrong; the text says how."""


class Missing(LookupError):
    """The thing asked for is not here."""


async def body_of(request: Request, fields: Mapping[str, type]) -> dict[str, Any]:
    """The JSON body, with known fields of the right type only."""
    raw = await request.body()
    try:
        body = await request.json() if raw else {}
    except ValueError:
        raise BadRequest("the body is not valid JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("a JSON object is required")
    for name, value in body.items():
        if name not in fields:
            raise BadRequest(f"{name}: not known; there are {', '.join(fields)}")
        if type(value) is not fields[name]:
            raise BadRequest(f"{name}: {fields[name].__name__} expected")
    return body


def digits_of(number: str) -> str:
    digits = re.sub(r"\D", "", number)
    if not digits:
        raise BadRequest("a phone number is required")
    return digits
