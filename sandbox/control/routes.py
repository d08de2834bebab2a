from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.control import account, credentials, faults, messages, numbers, people, templates, webhooks
from sandbox.control.openapi import document
from sandbox.control.operation import Asked, BadRequest, Missing, Operation
from sandbox.world import World


async def openapi(world: World, asked: Asked) -> Any:
    return document(OPERATIONS)


OPERATIONS: tuple[Operation, ...] = (
    *account.OPERATIONS,
    *credentials.OPERATIONS,
    *numbers.OPERATIONS,
    *messages.OPERATIONS,
    *people.OPERATIONS,
    *templates.OPERATIONS,
    *webhooks.OPERATIONS,
    *faults.OPERATIONS,
    Operation("GET", "openapi.json", openapi, "All of this as an OpenAPI 3.1 document", answer={"type": "object"}),
)


def routes(world: World) -> list[Route]:
    return [route(world, operation) for operation in OPERATIONS]


def route(world: World, operation: Operation) -> Route:
    async def endpoint(request: Request) -> Response:
        world.clock.catch_up()
        try:
            answer = await operation.handler(world, await operation.asked(request))
        except BadRequest as bad:
            return JSONResponse({"error": str(bad)}, 400)
        except Missing as missing:
            return JSONResponse({"error": missing.args[0]}, 404)
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    return Route(f"/sandbox/{operation.path}", endpoint, methods=[operation.method])
