"""What every call under `/sandbox/` is made of; its schemas both check the call and document it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from starlette.requests import Request

from sandbox.world import World

Schema = Mapping[str, Any]
STRING: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
ANYTHING: Schema = {}


class BadRequest(ValueError):
    """The control call is wrong; the text says how."""


class Missing(LookupError):
    """The thing asked for is not here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: `body` is checked already, `path` holds the values of the address."""

    body: Any
    query: Mapping[str, str]
    path: Mapping[str, Any]


Handler = Callable[[World, Asked], Awaitable[Any]]


def object_of(properties: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """The schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


NO_BODY = object_of({})


@dataclass(frozen=True, slots=True)
class Operation:
    """`body` and `answer` are JSON Schemas, `query` says what each parameter means."""

    method: str
    path: str
    handler: Handler
    summary: str
    body: Schema | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    answer: Schema = field(default_factory=dict)

    async def asked(self, request: Request) -> Asked:
        """Raises `BadRequest`."""
        body = await read_body(request)
        check(NO_BODY if self.body is None else self.body, body)
        unknown = sorted(set(request.query_params) - set(self.query))
        if unknown:
            raise BadRequest(f"?{unknown[0]}=: not known; there are {', '.join(self.query) or 'none'}")
        return Asked(body, request.query_params, request.path_params)


async def read_body(request: Request) -> Any:
    if not await request.body():
        return {}
    try:
        return await request.json()
    except ValueError:
        raise BadRequest("the body is not valid JSON") from None


def check(schema: Schema, body: Any) -> None:
    """Raises `BadRequest` with the first thing that is wrong and where it stands."""
    for error in Draft202012Validator(schema).iter_errors(body):
        raise BadRequest(told(error))


def told(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    instance: Any = error.instance
    schema: Any = error.schema
    place = ".".join(str(step) for step in error.absolute_path)
    if error.validator == "additionalProperties":
        known = schema.get("properties", {})
        unknown = ", ".join(sorted(set(instance) - set(known)))
        return f"{place + '.' if place else ''}{unknown}: not known; there are {', '.join(known) or 'none'}"
    if error.validator == "required":
        missing = ", ".join(name for name in wanted if name not in instance)
        return f"{place + ': ' if place else ''}{missing} required"
    if error.validator == "type":
        return f"{place or 'the body'}: {wanted} expected"
    if error.validator == "enum":
        return f"{place}: one of {', '.join(map(str, wanted))}"
    return f"{place or 'the body'}: {error.message}"


def digits_of(number: str) -> str:
    digits = re.sub(r"\D", "", number)
    if not digits:
        raise BadRequest("a phone number is required")
    return digits
