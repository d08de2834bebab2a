"""Where every Graph call comes in: faults, token, object, then its handler."""

from __future__ import annotations

import hmac
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.graph import account, history, media, messages, numbers, template_tools, templates, uploads
from sandbox.graph.call import NEWEST, Call, Handler, json_response, read_call, refused
from sandbox.graph.disturbance import Disturbance
from sandbox.graph.versions import served
from sandbox.rules.refusal import Refusal, expired_token, invalid_token, unknown_object
from sandbox.world import World


class Gate:
    """ASGI application of the Graph API."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        call = await read_call(request)
        if self.world.chaos.faults:
            return await Disturbance(self.world, request, call, lambda: self._answer(call), self._trace).response()
        return self._answer(call)

    def _trace(self) -> str:
        return "A" + self.world.store.mark("trace", 22)

    def _answer(self, call: Call) -> Response:
        try:
            strict = self.world.options.strict_versions
            call.version = served(call.version, self.world.store.now(), strict=strict)
            self._authenticate(call)
            answer = self._handle(call)
            if isinstance(answer, Response):
                return answer
            usage = self.world.limits.usage() if is_management(self.world.store.find(call.object_id)[0], call) else None
            return json_response(answer, call.version, headers=usage)
        except Refusal as refusal:
            return refused(refusal, self._trace(), call.version or NEWEST)

    def _authenticate(self, call: Call) -> None:
        store, token = self.world.store, call.token
        if call.object_id == "debug_token" and token == f"{account.APP_ID}|{self.world.callbacks.app_secret}":
            return
        if not hmac.compare_digest(token.encode(), store.access_token.encode()):
            raise invalid_token()
        if store.token_expired:
            raise expired_token()
        account.check_proof(self.world, call)

    def _handle(self, call: Call) -> dict[str, Any] | Response:
        kind, thing = self.world.store.find(call.object_id)
        handler = EDGES.get((kind, call.method, call.edge)) or EDGES.get((kind, call.method, "*"))
        if handler is None:
            raise unknown_object(call.object_id, call.method.lower())
        if call.problem is not None:
            raise call.problem
        if is_management(kind, call):
            self.world.limits.check_call(account=kind == "account" and call.edge in ACCOUNT_EDGES)
        return handler(self.world, call, thing)


def is_management(kind: str, call: Call) -> bool:
    """Whether the account's hourly limit counts the call (Meta, Business Management API, Rate limits)."""
    return kind in COUNTED and call.edge not in UNCOUNTED


COUNTED = {"account", "number", "template"}
#: Edges that are no management calls: their limits are those of the number.
UNCOUNTED = {"messages", "marketing_messages", "media"}
#: Edges whose limit is told as the account's; of templates and numbers it is told with a code of their own.
ACCOUNT_EDGES = {"", "subscribed_apps"}
#: (kind of the object, method, edge) -> what answers; kinds as in `Store.find`.
EDGES: dict[tuple[str, str, str], Handler] = {
    **account.EDGES,
    **numbers.EDGES,
    **history.EDGES,
    **messages.EDGES,
    **media.EDGES,
    **uploads.EDGES,
    **templates.EDGES,
    **template_tools.EDGES,
}
