"""What faults there are: one table of kinds and one of parameters, which check, document and fill the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

TARGETS = {
    "messages": "POST /{phone number id}/messages",
    "templates": "/{account id}/message_templates and /{template id}",
    "media": "upload, lookup, download and removal of media",
    "account": "every other Graph call: numbers, profile, subscribed apps, debug_token, history",
    "calls": "every Graph call",
    "webhooks": "what is posted to the webhook address",
}
ALWAYS = "always"
LARGEST_COUNT = 1000
LONGEST_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Parameter:
    """`schema` is the JSON Schema of the value; `default` is what holds without it."""

    schema: Mapping[str, Any]
    default: Any
    meaning: str

    def as_json(self, name: str, default: Any) -> dict[str, Any]:
        return {"name": name, "meaning": self.meaning, "default": default, **self.schema}


SECONDS = {"type": "number", "minimum": 0, "maximum": LONGEST_SECONDS}
PARAMETERS: dict[str, Parameter] = {
    "target": Parameter({"type": "string", "enum": list(TARGETS)}, "messages", "what the fault concerns"),
    "times": Parameter({"type": ["integer", "string"], "minimum": 1}, 1, 'how often it acts: a number, or "always"'),
    "skip": Parameter({"type": "integer", "minimum": 0, "maximum": 1_000_000}, 0, "lets the first n matches pass"),
    "every": Parameter({"type": "integer", "minimum": 1, "maximum": 1_000_000}, 1, "acts on every nth match"),
    "probability": Parameter(
        {"type": "number", "minimum": 0, "maximum": 1}, 1, "acts on this share of the matches; needs a seed"
    ),
    "seed": Parameter({"type": "integer"}, None, "the same seed and the same matches give the same sequence"),
    "to": Parameter({"type": "string"}, "", "only this person: a phone number in any spelling, or a user id"),
    "phone_number_id": Parameter({"type": "string"}, "", "only this number of the business"),
    "edge": Parameter(
        {"type": "string"}, "", "only calls whose edge fits this pattern, for example whatsapp_* or messages"
    ),
    "method": Parameter({"type": "string", "enum": ["GET", "POST", "DELETE"]}, "", "only calls with this HTTP method"),
    "event": Parameter(
        {"type": "string"}, "", "only this event: sent, delivered, read, failed, received, APPROVED and the like"
    ),
    "http_status": Parameter({"type": "integer", "minimum": 200, "maximum": 599}, None, "HTTP status of the answer"),
    "code": Parameter({"type": "integer", "minimum": 0, "maximum": 10_000_000}, 131000, "error.code"),
    "subcode": Parameter({"type": "integer", "minimum": 0, "maximum": 10_000_000}, None, "error.error_subcode"),
    "message": Parameter({"type": "string"}, "", "error.message; Meta's own for the code if left out"),
    "details": Parameter({"type": "string"}, "", "error.error_data.details"),
    "retry_after": Parameter({"type": "integer", "minimum": 0, "maximum": 86_400}, None, "Retry-After, in seconds"),
    "usage": Parameter({"type": "integer", "minimum": 0, "maximum": 1000}, 100, "percent in the usage header"),
    "accepted": Parameter({"type": "boolean"}, False, "whether the call takes effect all the same"),
    "cut": Parameter(
        {"type": "boolean"}, False, "announce the whole length and cut the connection after the half that was sent"
    ),
    "seconds": Parameter(SECONDS, 1.0, "how long"),
    "min_seconds": Parameter(SECONDS, None, "shortest time of a random one; needs max_seconds and a seed"),
    "max_seconds": Parameter(SECONDS, None, "longest time of a random one; needs min_seconds and a seed"),
    "count": Parameter({"type": "integer", "minimum": 1, "maximum": LARGEST_COUNT}, 2, "how many"),
    "longest_wait": Parameter(SECONDS, 5.0, "goes on after these seconds even if there are not enough"),
}
COMMON = ("times", "skip", "every", "probability", "seed", "to", "phone_number_id")
FILTERS = {"calls": ("edge", "method"), "webhooks": ("event",)}
TIMED = ("seconds", "min_seconds", "max_seconds")
Side = Literal["calls", "webhooks"]


@dataclass(frozen=True, slots=True)
class Kind:
    """`defaults` differ from the parameter's own; `stage` is when the fault is looked for.

    Faults that are `only_late` go together with others; of the rest at most one acts at a time.
    """

    side: Side
    meaning: str
    parameters: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    stage: str = ""
    only_late: bool = False

    def all_parameters(self) -> tuple[str, ...]:
        return COMMON + FILTERS[self.side] + self.parameters

    def default(self, name: str) -> Any:
        return self.defaults.get(name, PARAMETERS[name].default)

    def as_json(self, name: str) -> dict[str, Any]:
        own = [PARAMETERS[parameter].as_json(parameter, self.default(parameter)) for parameter in self.parameters]
        times = self.default("times")
        return {"kind": name, "side": self.side, "meaning": self.meaning, "times": times, "parameters": own}


KINDS: dict[str, Kind] = {
    "latency": Kind("calls", "Waits before the call is looked at", TIMED, only_late=True),
    "late_answer": Kind("calls", "Takes the call at once and answers later", TIMED, only_late=True),
    "error": Kind(
        "calls",
        "Refuses with any code of Meta's and any HTTP status",
        ("code", "subcode", "http_status", "message", "details", "retry_after", "accepted"),
    ),
    "throttle": Kind(
        "calls",
        "Refuses with HTTP 429, Retry-After and the usage header",
        ("code", "http_status", "retry_after", "usage", "details"),
        {"code": 130429, "http_status": 429, "retry_after": 1},
    ),
    "expired_token": Kind("calls", "Says that the access token has expired"),
    "html": Kind(
        "calls", "Answers a page instead of JSON", ("http_status", "retry_after", "accepted"), {"http_status": 502}
    ),
    "empty": Kind("calls", "Answers without a body", ("http_status", "retry_after", "accepted"), {"http_status": 502}),
    "half_json": Kind("calls", "Takes the call and sends the first half of the answer's JSON", ("cut",)),
    "cut_before_accept": Kind("calls", "Cuts the connection, and the call does not take effect"),
    "cut_after_accept": Kind("calls", "Takes the call and cuts the connection"),
    "hang": Kind("calls", "Takes the call and never answers, until the client goes", ("accepted",), {"accepted": True}),
    "duplicate": Kind("webhooks", "Posts the update several times", ("count",)),
    "delay": Kind("webhooks", "Posts the update later; others overtake it", TIMED),
    "reorder": Kind(
        "webhooks",
        "Collects updates and posts them one by one backwards, or shuffled under a seed",
        ("count", "longest_wait"),
        {"times": "count"},
    ),
    "batch": Kind(
        "webhooks",
        "Collects updates and posts them in one body",
        ("count", "longest_wait"),
        {"times": "count", "count": LARGEST_COUNT, "longest_wait": 1.0},
    ),
    "drop": Kind("webhooks", "Never posts the update"),
    "wrong_signature": Kind("webhooks", "Signs with another secret; a repetition is signed rightly"),
    "hold": Kind("webhooks", "Keeps updates back until the fault is taken back", (), {"times": ALWAYS}, stage="hold"),
    "before_answer": Kind(
        "webhooks",
        "Posts a status of the message, and waits for its answer, before the POST of the message is answered",
        ("longest_wait",),
        {"longest_wait": 10.0},
        stage="answer",
    ),
}


def stage_of(kind: str) -> str:
    return KINDS[kind].stage or KINDS[kind].side


def kinds_for(target: str) -> list[str]:
    side = "webhooks" if target == "webhooks" else "calls"
    return [name for name, kind in KINDS.items() if kind.side == side]


def wish_schema() -> dict[str, Any]:
    """The body of `POST /sandbox/faults`; which parameter goes with which kind stands in the descriptions."""
    described = {name: dict(parameter.schema, description=parameter.meaning) for name, parameter in PARAMETERS.items()}
    for name, schema in described.items():
        owners = [kind for kind in KINDS if name in KINDS[kind].parameters]
        if owners:
            schema["description"] += f" (kinds {', '.join(owners)})"
    kind = {"type": "string", "enum": list(KINDS), "description": "what happens; see GET /sandbox/faults/kinds"}
    return {
        "type": "object",
        "properties": {"target": described.pop("target"), "kind": kind, **described},
        "required": ["kind"],
        "additionalProperties": False,
    }


def documented() -> dict[str, Any]:
    """The tables, as `GET /sandbox/faults/kinds` shows them."""
    shown = (*COMMON, *FILTERS["calls"], *FILTERS["webhooks"])
    return {
        "targets": TARGETS,
        "kinds": [kind.as_json(name) for name, kind in KINDS.items()],
        "common": [PARAMETERS[name].as_json(name, PARAMETERS[name].default) for name in shown],
    }
