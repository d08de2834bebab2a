"""Where every Graph call comes in: faults, token, object, then its handler."""

from __future__ import annotations

import asyncio
import hmac
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.chaos import DELAYS, Fault
from sandbox.cutting import cut
from sandbox.graph import account, messages, templates
from sandbox.graph.call import NEWEST, Call, Handler, json_response, read_call, refused
from sandbox.rules.refusal import Refusal, expired_token, invalid_token, unknown_object
from sandbox.world import World

HTML = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1></body></html>"


class Gate:
    """ASGI application of the Graph API."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        if response is None:
            await cut(scope, receive)
        else:
            await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response | None:
        """None means: cut the connection."""
        try:
            call = await read_call(request)
        except Refusal as refusal:
            return refused(refusal, self._trace(), NEWEST)
        faults = self._faults(call)
        for fault in faults:
            if fault.kind == "latency":
                await asyncio.sleep(fault["seconds"])
        acting = next((fault for fault in faults if fault.kind not in DELAYS), None)
        if acting is None:
            response = self._answer(call)
        elif acting.kind == "cut_before_accept":
            return None
        elif acting.kind == "cut_after_accept":
            self._answer(call)
            return None
        else:
            response = self._faulty(acting, call)
        for fault in faults:
            if fault.kind == "late_answer":
                await asyncio.sleep(fault["seconds"])
        return response

    def _faults(self, call: Call) -> list[Fault]:
        chaos = self.world.chaos
        if not chaos.faults:
            return []
        to = call.body.get("to") if isinstance(call.body, dict) else None
        return chaos.take(call.target, str(to or "").lstrip("+"))

    def _faulty(self, fault: Fault, call: Call) -> Response:
        wait = fault["retry_after"]
        headers = {} if wait is None else {"Retry-After": str(wait)}
        if fault.kind == "html":
            return HTMLResponse(HTML, fault["http_status"] or 502, headers)
        if fault.kind == "expired_token":
            refusal = expired_token()
        elif fault.kind == "throttle":
            headers = {"Retry-After": str(1 if wait is None else wait)}
            refusal = Refusal(
                fault.given.get("code", 130429), "Message failed to send: too many messages.", http_status=429
            )
        else:
            refusal = Refusal(
                fault["code"], fault["details"], subcode=fault["subcode"], http_status=fault["http_status"]
            )
        return json_response(refusal.envelope(self._trace()), call.version, refusal.http_status, headers)

    def _trace(self) -> str:
        return "A" + self.world.store.mark("trace", 22)

    def _answer(self, call: Call) -> Response:
        try:
            self._authenticate(call)
            answer = self._handle(call)
            return answer if isinstance(answer, Response) else json_response(answer, call.version)
        except Refusal as refusal:
            return refused(refusal, self._trace(), call.version)

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
        handler = EDGES.get((kind, call.method, call.edge))
        if handler is None:
            raise unknown_object(call.object_id, call.method.lower())
        return handler(self.world, call, thing)


#: (kind of the object, method, edge) -> what answers; kinds as in `Store.find`.
EDGES: dict[tuple[str, str, str], Handler] = {**account.EDGES, **messages.EDGES, **templates.EDGES}
