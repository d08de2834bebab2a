"""Failures that have a cause of their own and come by webhook after HTTP 200."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.tests.desk import BODY, ORDER, PHONE, Desk, Receiver, order, template_send, text_send, until
from sandbox.tests.refusals import failed_with
from sandbox.tests.test_errors_told import FAILED_DIALLED

OFFER = ORDER | {"name": "offer", "category": "MARKETING"}
BODY_OF_OFFER = {"type": "body", "parameters": [{"type": "text", "text": text} for text in ("Tariro", "A-19")]}


def to_a_closed_window(desk: Desk) -> str:
    return sent(desk, text_send())


def to_somebody_who_stopped_offers(desk: Desk) -> str:
    desk.approved(OFFER)
    desk.control(f"people/{PHONE}", {"stopped_marketing": True})
    return sent(desk, template_send("offer", [BODY_OF_OFFER]))


def to_another_identity(desk: Desk) -> str:
    desk.approved(ORDER)
    return sent(desk, order("Tariro", "A-19", recipient_identity_key_hash="0" * 16))


def to_a_deserted_number(desk: Desk) -> str:
    desk.approved(ORDER)
    sent(desk, order("Tariro", "A-19"))
    desk.control(f"people/{PHONE}/change-number", {"to": "+263770000009"})
    return sent(desk, order("Tariro", "A-20"))


def with_an_unreadable_link(desk: Desk) -> str:
    desk.control(f"people/{PHONE}", {"window_open": True})
    return sent(desk, text_send(type="image", image={"link": "https://shop.invalid/a.jpg"}))


def with_an_unreadable_header(desk: Desk) -> str:
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1hZ2U="]}}
    desk.approved(ORDER | {"components": [header, BODY]})
    picture = {"type": "image", "image": {"link": "https://shop.invalid/a.jpg"}}
    return sent(desk, template_send("order_update", [{"type": "header", "parameters": [picture]}, BODY_OF_OFFER]))


def reaction_to_a_reaction(desk: Desk) -> str:
    said = desk.control("reply", {"from": PHONE, "text": "Hi"})["wamid"]
    reaction = desk.control("reply", {"from": PHONE, "reaction": {"message_id": said, "emoji": "👍"}})["wamid"]
    return sent(desk, text_send(type="reaction", reaction={"message_id": reaction, "emoji": "👍"}))


def sent(desk: Desk, payload: Any) -> str:
    answer = desk.send(payload)
    assert answer.status == 200, answer.raw
    return str(answer.json["messages"][0]["id"])


CAUSES: list[tuple[Callable[[Desk], str], int, str]] = [
    (to_a_closed_window, 131047, FAILED_DIALLED[131047]),
    (to_somebody_who_stopped_offers, 131050, FAILED_DIALLED[131050]),
    (to_another_identity, 137000, FAILED_DIALLED[137000]),
    (to_a_deserted_number, 131026, FAILED_DIALLED[131026]),
    (with_an_unreadable_link, 131053, FAILED_DIALLED[131053]),
    (with_an_unreadable_header, 131053, FAILED_DIALLED[131053]),
    (reaction_to_a_reaction, 131009, "Parameter value is not valid"),
]


@pytest.mark.parametrize(("cause", "code", "details"), CAUSES, ids=[cause[0].__name__ for cause in CAUSES])
def test_message_is_accepted_and_fails(
    listened: Desk, receiver: Receiver, cause: Callable[[Desk], str], code: int, details: str
) -> None:
    wamid = cause(listened)
    until(lambda: "failed" in receiver.statuses)
    (failure,) = [status for status in receiver.values("statuses") if status["status"] == "failed"]
    assert failure["id"] == wamid
    assert failure["errors"] == [failed_with(code, details)]
    assert "pricing" not in failure


def test_messages_that_people_send_in_a_form_of_their_own_carry_131051(listened: Desk, receiver: Receiver) -> None:
    listened.control("reply", {"from": PHONE, "unsupported": {"type": "poll"}})
    (message,) = until(lambda: receiver.values("messages"))
    assert message["errors"] == [
        {
            "code": 131051,
            "title": "Message type unknown",
            "message": "Message type unknown",
            "error_data": {"details": "Message type is currently not supported."},
        }
    ]
