from __future__ import annotations

from itertools import islice
from typing import Any

from sandbox.control.operation import BOOLEAN, STRING, Asked, BadRequest, Missing, Operation, object_of
from sandbox.delivery_log import OUTCOMES, Delivery, Wanted
from sandbox.envelopes import encode
from sandbox.posting import Signing
from sandbox.world import World

LARGEST_PAGE = 1000
HEAVY = ("body", "request_headers", "response_headers", "response_body")
SIGNING: dict[Any, Signing] = {True: "right", False: "none", "wrong": "wrong"}


async def webhooks(world: World, asked: Asked) -> Any:
    limit, before = whole(asked, "limit", 100), whole(asked, "before", 0)
    texts = {name: asked.query.get(name, "") for name in ("outcome", "event", "wamid")}
    wanted = Wanted(**texts, first=whole(asked, "first", 0))
    if wanted.outcome not in ("", *OUTCOMES):
        raise BadRequest(f"outcome: one of {', '.join(OUTCOMES)}")
    if not 1 <= limit <= LARGEST_PAGE:
        raise BadRequest(f"limit: 1 to {LARGEST_PAGE}")
    found = list(islice(world.callbacks.log.latest(wanted, before or None), limit + 1))
    page = found[:limit]
    return {
        **state(world),
        "deliveries": [listed(delivery, brief="brief" in asked.query) for delivery in page],
        "next": page[-1].id if len(found) > limit else None,
    }


def listed(delivery: Delivery, *, brief: bool) -> dict[str, Any]:
    """A page that is read again at every change shows no bodies and headers, and would be mostly that."""
    record = delivery.as_json(whole=False)
    return {name: value for name, value in record.items() if not (brief and name in HEAVY)}


def whole(asked: Asked, name: str, default: int) -> int:
    text = asked.query.get(name, str(default))
    if not text.isdecimal():
        raise BadRequest(f"{name}: a whole number")
    return int(text)


def state(world: World) -> dict[str, Any]:
    callbacks, verification = world.callbacks, world.verification
    return {
        "url": callbacks.url,
        "verified": verification.verified,
        "outcome": verification.outcome,
        "verification": verification.last and verification.last.as_json(),
        "app_secret": callbacks.app_secret,
        "verify_token": world.verify_token,
        "escape_slashes": callbacks.escape_slashes,
        "waiting": callbacks.waiting,
        "under_way": callbacks.under_way,
        "again": callbacks.again,
        "lost": callbacks.lost,
        "largest_backlog": callbacks.largest_backlog,
        "delivered": callbacks.delivered,
        "counts": dict(callbacks.log.counts),
    }


def delivery_of(world: World, asked: Asked) -> Delivery:
    delivery = world.callbacks.log.get(asked.path["delivery_id"])
    if delivery is None:
        raise Missing("no such delivery; the oldest are forgotten")
    return delivery


async def webhook(world: World, asked: Asked) -> Any:
    return delivery_of(world, asked).as_json()


async def resend(world: World, asked: Asked) -> Any:
    delivery = delivery_of(world, asked)
    check_address(world, delivery.number_id)
    return (await world.callbacks.resend(delivery)).as_json()


async def post_raw(world: World, asked: Asked) -> Any:
    check_address(world, "")
    content = asked.body["body"]
    raw = content.encode() if isinstance(content, str) else encode(content)
    signing = SIGNING[asked.body.get("sign", True)]
    return (await world.callbacks.post_raw(raw, signing, asked.body.get("headers", {}))).as_json()


def check_address(world: World, number_id: str) -> None:
    if not world.callbacks.address(number_id):
        raise BadRequest("there is no webhook address; set one with POST /sandbox/webhook")


async def set_webhook(world: World, asked: Asked) -> Any:
    body, callbacks = asked.body, world.callbacks
    callbacks.url = body.get("url", callbacks.url)
    callbacks.app_secret = body.get("app_secret", callbacks.app_secret)
    callbacks.escape_slashes = body.get("escape_slashes", callbacks.escape_slashes)
    world.verify_token = body.get("verify_token", world.verify_token)
    world.store.touch()
    world.verify()
    return state(world)


async def verify(world: World, asked: Asked) -> Any:
    check_address(world, "")
    asked_once = await world.verification.again(world.callbacks.session, world.challenge(), world.verify_token)
    world.store.touch()
    return {"verified": world.verification.verified, **asked_once.as_json()}


COUNT = {"type": "integer", "minimum": 0}
HEADERS = {"type": "object", "additionalProperties": STRING}
NULLABLE_INTEGER = {"type": ["integer", "null"]}
CHALLENGE = {
    "url": STRING,
    "challenge": {"type": "string", "description": "what the receiver had to give back"},
    "at": {"type": "number", "description": "Unix seconds"},
    "http_status": NULLABLE_INTEGER,
    "answer": {"type": "string", "description": "the first kilobyte of what it gave back"},
    "problem": {"type": "string", "description": "empty, or what is wrong and what to do"},
}
DELIVERY = object_of(
    {
        "id": {"type": "integer"},
        "first_id": {"type": "integer", "description": "the first attempt with the same bytes"},
        "at": {"type": "number", "description": "Unix seconds, on the sandbox's clock"},
        "origin": {"type": "string", "enum": ["sandbox", "resent", "raw"]},
        "attempt": {"type": "integer", "minimum": 0},
        "url": STRING,
        "outcome": {
            "type": "string",
            "enum": list(OUTCOMES),
            "description": "; ".join(f"{name}: {meaning}" for name, meaning in OUTCOMES.items()),
        },
        "problem": {"type": "string", "description": "in words; empty for a delivery"},
        "http_status": NULLABLE_INTEGER,
        "seconds": {"type": "number", "description": "from the first byte out to the last one in"},
        "updates": COUNT,
        "events": {
            "type": "array",
            "items": {"type": "array", "items": STRING, "minItems": 2, "maxItems": 2},
            "description": "event and id of each update; a list shows the first fifty",
        },
        "signature": {"type": "string", "description": "X-Hub-Signature-256"},
        "size": {"type": "integer", "description": "bytes of the body"},
        "body": {"type": "string", "description": "a list leaves out bodies over 64 KB"},
        "request_headers": HEADERS,
        "response_headers": HEADERS,
        "response_body": {"type": "string", "description": "the first 4 KB"},
    }
)
STATE = {
    "url": STRING,
    "verified": BOOLEAN,
    "outcome": {"type": "string", "description": "of the verification, in words"},
    "verification": {"anyOf": [object_of(CHALLENGE), {"type": "null"}]},
    "app_secret": {"type": "string", "description": "key of the signatures"},
    "verify_token": {"type": "string", "description": "hub.verify_token of the challenge"},
    "escape_slashes": BOOLEAN,
    "waiting": {**COUNT, "description": "updates that were not posted yet"},
    "under_way": {**COUNT, "description": "updates in a POST that was not answered yet"},
    "again": {**COUNT, "description": "updates that the receiver did not take and that will come again"},
    "lost": {**COUNT, "description": "updates that were not queued because largest_backlog others waited"},
    "largest_backlog": COUNT,
    "delivered": {**COUNT, "description": "updates that were delivered"},
    "counts": {"type": "object", "additionalProperties": COUNT, "description": "POSTs by outcome, since the reset"},
}
OPERATIONS = (
    Operation(
        "GET",
        "webhooks",
        webhooks,
        "What was posted to the webhook, newest first, and what came of it",
        query={
            "limit": "at most so many, 100 if left out, 1000 at most",
            "before": "only older ones than this id: `next` of the page before",
            "outcome": f"only {', '.join(OUTCOMES)}",
            "event": "only those that tell this: sent, delivered, read, failed, received, APPROVED and the like",
            "wamid": "only those that tell something of this message",
            "first": "only the attempts with the same bytes: their `first_id`",
            "brief": "leave out bodies and headers, whatever its value",
        },
        answer=object_of({**STATE, "deliveries": {"type": "array", "items": DELIVERY}, "next": NULLABLE_INTEGER}),
    ),
    Operation("GET", "webhooks/{delivery_id:int}", webhook, "One POST with its whole body", answer=DELIVERY),
    Operation(
        "POST",
        "webhooks/{delivery_id:int}/resend",
        resend,
        "Post the same bytes again to the present address, signed with the present secret; shows what came back",
        answer=DELIVERY,
    ),
    Operation(
        "POST",
        "webhooks/raw",
        post_raw,
        "Post anything to the webhook and see what comes back",
        object_of(
            {
                "body": {
                    "type": ["object", "array", "string", "number", "boolean", "null"],
                    "description": "JSON is written as Meta writes it; text goes out as it is",
                },
                "sign": {
                    "enum": [True, False, "wrong"],
                    "default": True,
                    "description": "with the app secret, not at all, or with another secret",
                },
                "headers": {**HEADERS, "description": "further headers, or others than Meta's"},
            },
            required=("body",),
        ),
        answer=DELIVERY,
    ),
    Operation(
        "POST",
        "webhook",
        set_webhook,
        "Change where webhooks go and how they are signed, and verify the address again",
        object_of(
            {
                "url": {"type": "string", "description": "empty: nothing is posted"},
                "app_secret": {"type": "string", "description": "key of the signatures"},
                "verify_token": {"type": "string", "description": "hub.verify_token of the challenge"},
                "escape_slashes": {"type": "boolean", "description": r"write / as \/, as Meta sometimes does"},
            }
        ),
        answer=object_of(STATE),
    ),
    Operation(
        "POST",
        "webhook/verify",
        verify,
        "Put the challenge to the webhook address once more and show what it answers",
        answer=object_of({"verified": BOOLEAN, **CHALLENGE}),
    ),
)
