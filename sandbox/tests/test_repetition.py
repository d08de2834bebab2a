"""With a manual clock and the same seed the same calls give the same bytes."""

from __future__ import annotations

import json
from typing import Any

from sandbox.tests.desk import LOGIN, ORDER, PHONE, Desk, login, order, receiving, running, text_send, until
from sandbox.tests.uploading import upload

NUMBER, ACCOUNT = "/v25.0/106540352242922", "/v25.0/102290129340398"


def day(desk: Desk) -> list[bytes]:
    """The answers to a bit of everything."""
    answers: list[bytes] = []

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = desk.call(method, path, body)
        answers.append(answer.raw)
        return answer.json

    def passes(seconds: float) -> None:
        """One webhook at a time: what is posted together depends on the machine."""
        desk.control("clock", {"advance": seconds})
        until(lambda: not desk.get("/sandbox/health")["webhook"]["waiting"])

    ids = [call("POST", f"{ACCOUNT}/message_templates", template)["id"] for template in (ORDER, LOGIN)]
    passes(1)
    for payload in (order("Tariro", "A-19", biz_opaque_callback_data="ord-7"), login(), text_send(), {}):
        call("POST", f"{NUMBER}/messages", payload)
        passes(1)
    media = upload(desk, b"\x89PNG\r\n", "image/png")
    answers.append(media.raw)
    desk.control("reply", {"from": PHONE, "text": "Hi"})
    passes(1)
    call("POST", f"{NUMBER}/messages", text_send(type="image", image={"id": media.json["id"]}))
    passes(1)
    desk.control("templates/order_update/pause")
    passes(3 * 3600)
    call("GET", f"/v25.0/{ids[0]}?fields=status,quality_score,last_updated_time,components")
    call("GET", f"{ACCOUNT}/message_templates?limit=1")
    call("GET", f"{NUMBER}?fields=last_onboarded_time,health_status,throughput")
    call("GET", f"{ACCOUNT}/phone_numbers")
    call("GET", f"{NUMBER}/message_history?fields=message_id,events{{delivery_status,timestamp}}")
    call("DELETE", f"{ACCOUNT}/message_templates?name=nothing")
    return answers


def lived(seed: int) -> tuple[list[bytes], list[bytes]]:
    """The answers, and each update of the webhooks as it was written."""
    with receiving() as receiver, running(seed=seed, clock="manual", webhook_url=receiver.url) as desk:
        until(lambda: desk.get("/sandbox/health")["webhook"]["verified"])
        addresses = desk.server.url.encode(), receiver.url.encode()
        answers = [without(raw, addresses) for raw in day(desk)]
        until(lambda: len(receiver.statuses) >= 10)
        return answers, [update for body, _ in receiver.posts for update in updates(body)]


def without(raw: bytes, addresses: tuple[bytes, ...]) -> bytes:
    """The ports are the machine's choice."""
    for address in addresses:
        raw = raw.replace(address, b"")
    return raw


def updates(body: bytes) -> list[bytes]:
    (entry,) = json.loads(body)["entry"]
    values = [change["value"] for change in entry["changes"]]
    lists = [value.get("statuses") or value.get("messages") or [value] for value in values]
    return [json.dumps(update).encode() for found in lists for update in found]


def test_same_seed_and_calls_give_the_same_answers_and_webhooks() -> None:
    first, second, other = lived(seed=1), lived(seed=1), lived(seed=2)
    assert first == second
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_bodies_and_signatures_repeat_where_updates_come_one_by_one() -> None:
    posts = []
    for _ in range(2):
        options = {"seed": 3, "clock": "manual", "status_delays": (1.0, 2.0, 3.0)}
        with receiving() as receiver, running(webhook_url=receiver.url, **options) as desk:
            desk.control("templates", ORDER)
            desk.send(order("Tariro", "A-19"))
            for told in range(1, 4):
                until(lambda receiver=receiver, told=told: len(receiver.posts) == told)
                desk.control("clock", {"advance": 1})
            until(lambda receiver=receiver: len(receiver.posts) == 4)
            posts.append(receiver.posts)
    assert posts[0] == posts[1]
