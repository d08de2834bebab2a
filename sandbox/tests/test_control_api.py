"""The control API is documented as a whole, and does what its document says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route

from sandbox.control.examples import BODIES
from sandbox.control.openapi import address, document, operation_id, path_examples
from sandbox.control.operation import Operation, check
from sandbox.control.routes import OPERATIONS
from sandbox.testing import CloudApi, Receiver
from sandbox.testing.control import Control
from sandbox.tests.desk import Desk
from sandbox.tests.shop import TARIRO

WITH_BODY = [operation for operation in OPERATIONS if operation.body is not None]
#: Calls that take away what others need come last, in this order.
LAST = ("people/{phone}/change-number", "import", "token", "faults/{fault_id:int}", "faults", "reset")


def named(operation: Operation) -> str:
    return operation_id(operation)


def place(operation: Operation) -> int:
    return LAST.index(operation.path) if operation.path in LAST else -1


def test_document_is_valid_openapi() -> None:
    # The meta-schema of OpenAPI 3.1, as drf-spectacular brings it along.
    text = files("drf_spectacular").joinpath("validation/openapi_3_1_schema.json").read_text()
    Draft202012Validator(json.loads(text)).validate(json.loads(json.dumps(document(OPERATIONS))))


def schemas() -> Iterator[Any]:
    for operation in OPERATIONS:
        yield pytest.param(operation.answer, id=f"{named(operation)}-answer")
        if operation.body is not None:
            yield pytest.param(operation.body, id=f"{named(operation)}-body")


@pytest.mark.parametrize("schema", list(schemas()))
def test_schemas_are_schemas(schema: Any) -> None:
    assert schema
    Draft202012Validator.check_schema(schema)


def test_every_route_is_documented(desk: Desk) -> None:
    described = document(OPERATIONS)["paths"]
    routes = [route for route in desk.server.sandbox.own.routes if isinstance(route, Route)]
    own = [route for route in routes if route.path.startswith("/sandbox/") and route.path != "/sandbox/docs"]
    assert len(own) == len(OPERATIONS) == sum(map(len, described.values()))
    for route in own:
        path = re.sub(r":\w+}", "}", route.path)
        assert (route.methods or set()) - {"HEAD"} == {m.upper() for m in described[path]} & (route.methods or set())


def test_operations_have_names_of_their_own() -> None:
    assert len({operation_id(operation) for operation in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("operation", WITH_BODY, ids=named)
def test_example_is_a_right_body(operation: Operation) -> None:
    check(operation.body or {}, BODIES[operation.path])


class Validating(Control):
    """Holds every answer against the document."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.document = super().call("GET", "openapi.json")

    def check(self, operation: Operation, answer: Any) -> None:
        described = self.document["paths"][address(operation)][operation.method.lower()]
        schema = described["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator(schema).validate(answer)


def test_every_example_is_answered_as_documented(shop: CloudApi, receiver: Receiver) -> None:
    shop.webhooks.url = receiver.url
    shop.person(TARIRO).says("Hello")
    shop.faults.add("latency", seconds=0)
    first = shop.webhooks.settled()[0].id
    control = Validating(shop.url)
    bodies = BODIES | {
        "import": shop.export(),
        "webhook": {"url": receiver.url},
        "people/{phone}/tap": {"wamid": shop.outbox.last.wamid, "button": 0},
    }
    ids = {"delivery_id": str(first), "fault_id": str(next(iter(shop.faults))["id"])}
    receiver.judges = False
    for operation in sorted(OPERATIONS, key=place):
        path = address(operation).removeprefix("/sandbox/")
        for name, _, value in path_examples(operation):
            path = path.replace(f"{{{name}}}", ids.get(name, value))
        body = bodies[operation.path] if operation.body is not None else None
        control.check(operation, control.call(operation.method, path, body))


def test_page_shows_every_operation_and_nothing_of_others(desk: Desk) -> None:
    page = desk.call("GET", "/sandbox/docs").raw.decode()
    for operation in OPERATIONS:
        assert f'id="{operation_id(operation)}"' in page
    assert page.count("curl ") == len(OPERATIONS)
    assert re.findall(r'(?:src|href)="(?!/|#)[^"]*"', page) == []
