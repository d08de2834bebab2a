"""What the faults of a call do to it."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sandbox.chaos import Fault, Occasion, spelled
from sandbox.cutting import Cut, HalfThenCut, Hang, stall
from sandbox.fault_kinds import KINDS
from sandbox.graph.call import Call, json_response
from sandbox.lifecycle import STEPS
from sandbox.options import Options
from sandbox.rules.refusal import Refusal, expired_token
from sandbox.world import World

HTML = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1></body></html>"
#: Part of the edge or, failing that, kind of the object -> what the fault has to concern.
TARGET_OF_EDGE = {"messages": "messages", "message_template": "templates", "media": "media", "uploads": "media"}
TARGET_OF_OBJECT = {"template": "templates", "media": "media", "upload": "media", "lookaside": "media"}
#: Codes of the application's own limit stand in a header of their own (Meta, Graph API, Rate limits).
APP_LIMIT = 4


class Disturbance:
    """Answers one call in the way its faults want; `answer` is what would have been answered."""

    def __init__(
        self,
        world: World,
        request: Request,
        call: Call,
        answer: Callable[[], Response],
        trace: Callable[[], str],
    ) -> None:
        self.world, self.request, self.call, self.answer, self.trace = world, request, call, answer, trace

    async def response(self) -> Response:
        at_call, at_answer = self._faults()
        for fault in at_call:
            if fault.kind == "latency":
                await self._wait(fault.seconds())
        acting = next((fault for fault in at_call if not KINDS[fault.kind].only_late), None)
        response = ENDINGS[acting.kind](self, acting) if acting else self.answer()
        if at_answer:
            await self._tell_first(response, at_answer)
        for fault in at_call:
            if fault.kind == "late_answer":
                await self._wait(fault.seconds())
        return response

    def _faults(self) -> tuple[list[Fault], list[Fault]]:
        call, chaos = self.call, self.world.chaos
        kind, thing = self.world.store.find(call.object_id)
        target = target_of(kind, call.edge)
        body = call.body if isinstance(call.body, dict) else {}
        to = spelled(str(body.get("to") or body.get("recipient") or ""))
        number = {"number": call.object_id, "media": getattr(thing, "number_id", "")}.get(kind, "")
        at_call = chaos.take(Occasion("calls", target, to, number, edge=call.edge, method=call.method))
        if target != "messages":
            return at_call, []
        return at_call, chaos.take(Occasion("answer", "webhooks", to, number))

    async def _wait(self, seconds: float) -> None:
        await stall(self.request.scope, self.request.receive, seconds)

    async def _tell_first(self, response: Response, faults: list[Fault]) -> None:
        """The webhook overtakes the answer, as it does when Meta's answer is slow. A manual clock moves so far."""
        wamid, clock = accepted_message(response), self.world.store.clock
        if not wamid:
            return
        for fault in faults:
            told = self.world.callbacks.answered(wamid, fault["event"])
            if clock.manual:
                clock.advance(seconds_until(fault["event"], self.world.options))
            await asyncio.wait([told], timeout=fault["longest_wait"])
            told.cancel()

    def refuse(self, refusal: Refusal, headers: dict[str, str]) -> Response:
        return json_response(refusal.envelope(self.trace()), self.call.version, refusal.http_status, headers)


def target_of(kind: str, edge: str) -> str:
    of_edge = next((target for part, target in TARGET_OF_EDGE.items() if part in edge), None)
    return of_edge or TARGET_OF_OBJECT.get(kind, "account")


def accepted_message(response: Response) -> str:
    """The wamid of the message that was taken, or nothing."""
    if response.status_code != 200 or not response.body:
        return ""
    messages = json.loads(bytes(response.body)).get("messages") or [{}]
    return str(messages[0].get("id", ""))


def seconds_until(status: str, options: Options) -> float:
    """From the acceptance; what is no step of a delivery comes with the first one."""
    return options.status_delays[STEPS.index(status) if status in STEPS else 0]


def retry_after(fault: Fault) -> dict[str, str]:
    wait = fault["retry_after"]
    return {} if wait is None else {"Retry-After": str(wait)}


def error(call: Disturbance, fault: Fault) -> Response:
    if fault["accepted"]:
        call.answer()
    refusal = Refusal(
        fault["code"],
        fault["details"],
        message=fault["message"],
        subcode=fault["subcode"],
        http_status=fault["http_status"],
    )
    return call.refuse(refusal, retry_after(fault))


def throttle(call: Disturbance, fault: Fault) -> Response:
    details = fault["details"] or "Message failed to send: too many messages."
    headers = retry_after(fault) | usage_header(call.world.store.waba_id, fault)
    return call.refuse(Refusal(fault["code"], details, http_status=fault["http_status"]), headers)


def usage_header(account_id: str, fault: Fault) -> dict[str, str]:
    """Percent of what is allowed, and minutes until it is allowed again."""
    used: dict[str, Any] = dict.fromkeys(("call_count", "total_cputime", "total_time"), fault["usage"])
    if fault["code"] == APP_LIMIT:
        return {"X-App-Usage": json.dumps(used)}
    minutes = math.ceil(fault["retry_after"] / 60)
    case = {"type": "whatsapp_business_management", **used, "estimated_time_to_regain_access": minutes}
    return {"X-Business-Use-Case-Usage": json.dumps({account_id: [case]})}


def expire(call: Disturbance, fault: Fault) -> Response:
    refusal = expired_token()
    return call.refuse(refusal, refusal.headers)


def html(call: Disturbance, fault: Fault) -> Response:
    if fault["accepted"]:
        call.answer()
    return HTMLResponse(HTML, fault["http_status"], retry_after(fault))


def empty(call: Disturbance, fault: Fault) -> Response:
    if fault["accepted"]:
        call.answer()
    return Response(b"", fault["http_status"], retry_after(fault))


def half_json(call: Disturbance, fault: Fault) -> Response:
    whole = call.answer()
    body, headers = bytes(whole.body), {"facebook-api-version": f"v{call.call.version}"}
    if fault["cut"]:
        return HalfThenCut(body, whole.status_code, headers, whole.media_type)
    return Response(body[: len(body) // 2], whole.status_code, headers, "application/json; charset=UTF-8")


def cut_before_accept(call: Disturbance, fault: Fault) -> Response:
    return Cut()


def cut_after_accept(call: Disturbance, fault: Fault) -> Response:
    call.answer()
    return Cut()


def hang(call: Disturbance, fault: Fault) -> Response:
    if fault["accepted"]:
        call.answer()
    return Hang()


#: Kind of fault -> what it answers with; `latency` and `late_answer` only wait.
ENDINGS: dict[str, Callable[[Disturbance, Fault], Response]] = {
    "error": error,
    "throttle": throttle,
    "expired_token": expire,
    "html": html,
    "empty": empty,
    "half_json": half_json,
    "cut_before_accept": cut_before_accept,
    "cut_after_accept": cut_after_accept,
    "hang": hang,
}
