from __future__ import annotations

from functools import wraps

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.control import machinery, messages, templates
from sandbox.control.asking import BadRequest, Handler, Missing
from sandbox.world import World


def routes(world: World) -> list[Route]:
    def route(method: str, path: str, handler: Handler) -> Route:
        @wraps(handler)
        async def endpoint(request: Request) -> Response:
            try:
                return JSONResponse(await handler(world, request))
            except BadRequest as bad:
                return JSONResponse({"error": str(bad)}, 400)
            except Missing as missing:
                return JSONResponse({"error": missing.args[0]}, 404)

        return Route(f"/sandbox/{path}", endpoint, methods=[method])

    return [
        route("GET", "health", machinery.health),
        route("GET", "messages", messages.messages),
        route("GET", "webhooks", machinery.webhooks),
        route("POST", "webhook", machinery.set_webhook),
        route("POST", "reply", messages.reply),
        route("GET", "templates", templates.list_templates),
        route("POST", "templates/{name}/{action}", templates.act_on_template),
        route("POST", "people/{phone}", messages.set_person),
        route("POST", "numbers/{number_id}", machinery.set_number),
        route("POST", "token", machinery.set_token),
        route("GET", "faults", machinery.list_faults),
        route("POST", "faults", machinery.add_fault),
        route("DELETE", "faults", machinery.remove_faults),
        route("DELETE", "faults/{fault_id:int}", machinery.remove_faults),
        route("POST", "reset", machinery.reset),
    ]
