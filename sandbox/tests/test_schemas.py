from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.tests.desk import LOGIN, ORDER, PHONE, Desk, Receiver, login, order, text_send, until
from sandbox.tests.schema_files import FOLDER, NAMES, example, examples, validator


@pytest.mark.parametrize("path", examples("rejected"), ids=lambda path: path.stem)
def test_example_is_rejected(path: Path) -> None:
    name, body = example(path)
    assert not validator(name).is_valid(body)


@pytest.mark.parametrize("path", examples("accepted"), ids=lambda path: path.stem)
def test_example_is_accepted(path: Path) -> None:
    name, body = example(path)
    validator(name).validate(body)


def test_every_schema_has_enough_rejected_examples() -> None:
    counted = Counter(path.stem.partition("__")[0] for path in examples("rejected"))
    assert set(counted) == set(NAMES)
    assert min(counted["template_create"], counted["message_send"]) >= 5
    assert min(counted.values()) >= 3


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object" and schema.get("properties", {}).keys() != {"type"}:
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


@pytest.mark.parametrize("name", NAMES)
def test_unknown_properties_are_forbidden_everywhere(name: str) -> None:
    found = list(objects(json.loads((FOLDER / f"{name}.json").read_text())))
    assert found
    assert all(part["additionalProperties"] is False for part in found)


@pytest.mark.parametrize("path", examples("accepted"), ids=lambda path: path.stem)
def test_sandbox_takes_the_accepted_requests(desk: Desk, path: Path) -> None:
    name, body = example(path)
    if name == "template_create":
        assert desk.create(body).status == 200
    elif name == "message_send" and "status" not in body:
        desk.approved(ORDER, LOGIN)
        assert desk.send(body).status == 200


def test_sandbox_answers_as_its_schemas_say(desk: Desk) -> None:
    desk.approved(ORDER, LOGIN)
    received = desk.control("reply", {"from": PHONE, "text": "Hi"})["wamid"]
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": received}
    for payload in (order("Tariro", "A-19"), login(), text_send(), receipt):
        validator("message_response").validate(desk.send(payload).json)
    for answer in (
        desk.send({}),
        desk.send(order("Tariro")),
        desk.send(text_send(), token="other"),
        desk.create(ORDER),
        desk.create(ORDER | {"name": "X"}),
        desk.call("GET", "/v25.0/999"),
    ):
        validator("error").validate(answer.json)


def test_sandbox_tells_as_its_schema_says(listened: Desk, receiver: Receiver) -> None:
    listened.approved(ORDER)
    for action in ("reject", "pause", "disable", "approve"):
        listened.control(f"templates/order_update/{action}")
    listened.send(order("Tariro", "A-19", biz_opaque_callback_data="ord-7"))
    listened.control("people/+263770000001", {"fail": 131026})
    listened.send(order("Tariro", "A-19", to="+263770000001"))
    listened.control("reply", {"from": PHONE, "text": "Hi", "context": "wamid.AAAA"})
    listened.control("reply", {"from": PHONE, "button": {"text": "Stop", "payload": "STOP"}})
    tap = {"type": "list_reply", "list_reply": {"id": "r1", "title": "Rice"}}
    listened.control("reply", {"from": PHONE, "interactive": tap})
    until(lambda: len(receiver.statuses) == 4 and len(receiver.reviews) == 5)
    until(lambda: len(receiver.values("messages")) == 3)
    for body in receiver.bodies:
        validator("webhook").validate(body)
