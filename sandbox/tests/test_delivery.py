"""Times to live, windows and prices of messages; the clock moves by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox import outcomes
from sandbox.tests.desk import (
    LOGIN,
    ORDER,
    PHONE,
    Desk,
    Receiver,
    login,
    order,
    running,
    template_send,
    text_send,
    until,
)

MINUTE, DAY = 60, 24 * 3600
OFFER = ORDER | {"name": "offer", "category": "MARKETING"}
LAST_DAY, FIRST_DAY = (datetime(2026, month, day, tzinfo=UTC).timestamp() for month, day in ((9, 30), (10, 1)))


@pytest.fixture(scope="module")
def slow() -> Iterator[Desk]:
    with running(clock="manual") as desk:
        yield desk


@pytest.fixture
def still(slow: Desk, receiver: Receiver) -> Desk:
    """With a login, an order and an offer template."""
    slow.control("reset")
    slow.control("webhook", {"url": receiver.url})
    for template in (LOGIN, ORDER, OFFER):
        slow.control("templates", template)
    return slow


def passes(desk: Desk, seconds: float) -> None:
    desk.control("clock", {"advance": seconds})


def sent(desk: Desk, payload: Any, edge: str = "messages") -> str:
    answer = desk.call("POST", f"/v25.0/{desk.options.phone_number_id}/{edge}", payload)
    passes(desk, 1)
    return str(answer.json["messages"][0]["id"])


def offer() -> dict[str, Any]:
    return template_send("offer", order("Tariro", "A-19")["template"]["components"])


def statuses(desk: Desk, wamid: str) -> list[str]:
    return [status["status"] for status in desk.message(wamid)["statuses"]]


def kept(seconds: int | None, **changes: Any) -> dict[str, Any]:
    return {"name": "kept", "message_send_ttl_seconds": seconds} | changes


@pytest.mark.parametrize(
    ("template", "lives"),
    [
        (LOGIN | kept(None), 10 * MINUTE),
        (LOGIN | kept(30), 30),
        (LOGIN | kept(-1), 30 * DAY),
        (ORDER | kept(None), 30 * DAY),
        (ORDER | kept(43_200), DAY / 2),
        (OFFER | kept(43_200), DAY / 2),
    ],
)
def test_message_waits_for_a_phone_as_long_as_its_template_says(still: Desk, template: Any, lives: float) -> None:
    still.control("templates", template)
    payload = login() if template["category"] == "AUTHENTICATION" else order("Tariro", "A-19")
    payload["template"]["name"] = "kept"
    still.control(f"people/{PHONE}", {"offline": True})
    early = still.send(payload).json["messages"][0]["id"]
    passes(still, lives)
    still.control(f"people/{PHONE}", {"offline": False})
    passes(still, 0)
    assert statuses(still, early) == ["sent", "delivered", "read"]
    still.control(f"people/{PHONE}", {"offline": True})
    late = still.send(payload).json["messages"][0]["id"]
    passes(still, lives + 1)
    still.control(f"people/{PHONE}", {"offline": False})
    passes(still, DAY)
    assert statuses(still, late) == ["sent"]


def test_window_closes_a_day_after_the_last_message_to_that_number(still: Desk) -> None:
    other = still.control("numbers", {"display": "+1 555-078-3882"})["id"]
    still.control("reply", {"from": PHONE, "text": "Hi"})
    passes(still, DAY - 1)
    assert statuses(still, sent(still, text_send())) == ["sent", "delivered", "read"]
    assert statuses(still, sent(still, text_send())) == ["failed"]
    still.control("reply", {"from": PHONE, "text": "Hi"})
    elsewhere = still.call("POST", f"/v25.0/{other}/messages", text_send()).json["messages"][0]["id"]
    passes(still, 0)
    assert statuses(still, elsewhere) == ["failed"]


def test_message_into_a_block_never_arrives(still: Desk) -> None:
    still.control(f"people/{PHONE}", {"blocked": True})
    wamid = sent(still, order("Tariro", "A-19"))
    still.control(f"people/{PHONE}", {"blocked": False, "offline": True})
    still.control(f"people/{PHONE}", {"offline": False})
    passes(still, DAY)
    assert statuses(still, wamid) == ["sent"]


@pytest.mark.parametrize(
    ("payload", "edge", "window", "price"),
    [
        (login(), "messages", True, ("regular", "authentication", True)),
        (order("Tariro", "A-19"), "messages", False, ("regular", "utility", True)),
        (order("Tariro", "A-19"), "messages", True, ("regular", "utility", True)),
        (offer(), "messages", True, ("regular", "marketing", True)),
        (offer(), "marketing_messages", False, ("regular", "marketing_lite", True)),
        (text_send(), "messages", True, ("free_customer_service", "service", False)),
    ],
)
def test_sent_and_delivered_name_the_price_and_read_does_not(
    still: Desk, receiver: Receiver, payload: Any, edge: str, *, window: bool, price: tuple[str, str, bool]
) -> None:
    still.control(f"people/{PHONE}", {"window_open": window})
    sent(still, payload, edge)
    until(lambda: receiver.statuses == ["sent", "delivered", "read"])
    first, second, third = receiver.values("statuses")
    kind, category, billable = price
    wanted = {"billable": billable, "pricing_model": "PMP", "type": kind, "category": category}
    assert (first["pricing"], second["pricing"]) == (wanted, wanted)
    assert "pricing" not in third


def test_thousand_replies_a_month_and_number_are_free(still: Desk, receiver: Receiver) -> None:
    document = still.control("export", method="GET")
    document["meta"]["service_messages"] = [[still.options.phone_number_id, "2026-11", 999]]
    still.control("import", document)
    still.control(f"people/{PHONE}", {"window_open": True})
    for _ in range(2):
        sent(still, text_send())
    until(lambda: len(receiver.statuses) == 6)
    prices = [status["pricing"] for status in receiver.values("statuses") if status["status"] == "sent"]
    assert [price["billable"] for price in prices] == [False, True]
    assert [price["type"] for price in prices] == ["free_customer_service", "regular"]


@pytest.mark.parametrize(
    ("payload", "window", "free_before"),
    [
        (text_send(), True, True),
        (order("Tariro", "A-19"), True, True),
        (order("Tariro", "A-19"), False, False),
        (login(), True, False),
        (offer(), True, False),
    ],
)
def test_replies_and_orders_in_a_window_are_billed_since_october_2026(
    still: Desk, payload: Any, *, window: bool, free_before: bool
) -> None:
    still.control(f"people/{PHONE}", {"window_open": window})
    store = still.server.sandbox.world.store
    message = store.messages[sent(still, payload)]
    store.service_messages.update({(message.number.id, month): 1000 for month in ("2026-09", "2026-10")})
    assert outcomes.pricing(store, message, LAST_DAY)["billable"] is not free_before
    assert outcomes.pricing(store, message, FIRST_DAY)["billable"] is True
