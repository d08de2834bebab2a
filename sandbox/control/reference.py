"""The operations as a page for people shows them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any, NamedTuple

from sandbox.control.examples import BODIES
from sandbox.control.openapi import address, operation_id, path_examples, tag_of
from sandbox.control.operation import Operation, Schema

TITLES = {
    "account": "Clock, limits, everything",
    "credentials": "Credentials",
    "numbers": "Numbers and account",
    "messages": "Messages",
    "people": "People",
    "templates": "Templates",
    "webhooks": "Webhooks",
    "faults": "Faults",
    "routes": "This document",
}


class Field(NamedTuple):
    name: str
    kind: str
    meaning: str
    required: bool = False


class Shown(NamedTuple):
    """One operation; `example` is its body as JSON text, `body` and `answer` are schemas as such, or ""."""

    id: str
    method: str
    path: str
    summary: str
    query: list[Field]
    fields: list[Field]
    body: str
    answer: str
    example: str
    called: str

    def curl(self, address: str) -> str:
        """The command that makes the example's call of the sandbox at `address` (host and port)."""
        method = "" if self.method == ("POST" if self.example else "GET") else f"-X {self.method} "
        data = " -d '{}'".format(self.example.replace("'", "'\\''")) if self.example else ""
        return f"curl {method}http://{address}{self.called}{data}"


class Group(NamedTuple):
    id: str
    title: str
    operations: list[Shown]


def groups(operations: Iterable[Operation]) -> list[Group]:
    grouped = groupby(operations, tag_of)
    return [Group(tag, TITLES[tag], [shown(operation) for operation in found]) for tag, found in grouped]


def shown(operation: Operation) -> Shown:
    body, called = operation.body, address(operation)
    for name, _, value in path_examples(operation):
        called = called.replace(f"{{{name}}}", value)
    return Shown(
        id=operation_id(operation),
        method=operation.method,
        path=address(operation),
        summary=operation.summary,
        query=[Field(name, "text", meaning) for name, meaning in operation.query.items()],
        fields=fields_of(body or {}),
        body="" if body is None else written(body),
        answer=written(operation.answer),
        example="" if body is None else json.dumps(BODIES[operation.path], ensure_ascii=False),
        called=called,
    )


def written(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False)


def fields_of(schema: Schema) -> list[Field]:
    required = schema.get("required", ())
    properties: dict[str, Any] = schema.get("properties", {})
    return [
        Field(name, kind_of(field), field.get("description", ""), name in required)
        for name, field in properties.items()
    ]


def kind_of(schema: Schema) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if schema.get("properties"):
        return "object of " + ", ".join(schema["properties"])
    kind = schema.get("type", "anything")
    return kind if isinstance(kind, str) else " or ".join(kind)
