"""The operations as an OpenAPI 3.1 document; their schemas are taken as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.control.examples import BODIES, IN_PATHS, IN_PATHS_OF
from sandbox.control.operation import STRING, Operation, Schema, object_of

PATH_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
ERROR = object_of({"error": {"type": "string", "description": "what is wrong, in words"}}, ("error",))
DESCRIPTION = (
    "What the sandbox offers beyond Meta's API: to act as the people with the phones, to judge templates, to let "
    "things go wrong, to read what was sent. It needs no token."
)


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    tags: dict[str, None] = {}
    for operation in operations:
        tags[tag_of(operation)] = None
        paths.setdefault(address(operation), {})[operation.method.lower()] = described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sandbox control API", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {"schemas": {"Error": ERROR}},
    }


def address(operation: Operation) -> str:
    return "/sandbox/" + PATH_PARAMETER.sub(r"{\1}", operation.path)


def tag_of(operation: Operation) -> str:
    """The module that an operation stands in."""
    return operation.handler.__module__.rpartition(".")[2]


def operation_id(operation: Operation) -> str:
    words = re.findall(r"\w+", PATH_PARAMETER.sub(r"\1", operation.path))
    return "_".join([operation.method.lower(), *words])


def described(operation: Operation) -> dict[str, Any]:
    parameters = [*path_parameters(operation), *query_parameters(operation.query)]
    refusals = {"400": refusal("The call is wrong")}
    if PATH_PARAMETER.search(operation.path) or operation.path == "reply":
        refusals["404"] = refusal("There is no such thing")
    shown: dict[str, Any] = {
        "operationId": operation_id(operation),
        "tags": [tag_of(operation)],
        "summary": operation.summary,
        "parameters": parameters,
        "responses": {"200": {"description": "Done", "content": json_content(operation.answer)}, **refusals},
    }
    if operation.body is not None:
        content = json_content(operation.body)
        content["application/json"]["example"] = BODIES[operation.path]
        shown["requestBody"] = {"required": bool(operation.body.get("required")), "content": content}
    return shown


def json_content(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def refusal(description: str) -> dict[str, Any]:
    return {"description": description, "content": json_content({"$ref": "#/components/schemas/Error"})}


def path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer"} if kind == "int" else STRING,
            "example": int(value) if kind == "int" else value,
        }
        for name, kind, value in path_examples(operation)
    ]


def path_examples(operation: Operation) -> list[tuple[str, str, str]]:
    """Name, kind ("int" or "") and an example of each parameter in the path."""
    values = IN_PATHS | IN_PATHS_OF.get(operation.path, {})
    return [(name, kind or "", values[name]) for name, kind in PATH_PARAMETER.findall(operation.path)]


def query_parameters(query: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "description": text, "schema": STRING} for name, text in query.items()]
