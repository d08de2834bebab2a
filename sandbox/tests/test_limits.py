"""Meta's limits and their windows, on a clock that moves by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.tests.desk import ORDER, PHONE, Answer, Desk, order, running, text_send

ACCOUNT = "/v25.0/102290129340398"
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


@pytest.fixture(scope="module")
def slow() -> Iterator[Desk]:
    with running(clock="manual", limits="real", tier="TIER_250") as desk:
        yield desk


@pytest.fixture
def still(slow: Desk) -> Desk:
    slow.control("reset")
    return slow


def passes(desk: Desk, seconds: float) -> None:
    desk.control("clock", {"advance": seconds})


def person(place: int) -> str:
    return f"+26377{place:07}"


def code(answer: Answer) -> int:
    """0 for an accepted call."""
    return int(answer.json.get("error", {"code": 0})["code"])


def usage(answer: Answer) -> Any:
    return json.loads(answer.headers["X-Business-Use-Case-Usage"])["102290129340398"][0]


def test_number_takes_eighty_messages_a_second(still: Desk) -> None:
    codes = [code(still.send(text_send(to=person(place)))) for place in range(81)]
    assert codes == [0] * 80 + [130429]
    refused = still.send(text_send())
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    passes(still, 0.5)
    codes = [code(still.send(text_send(to=person(place)))) for place in range(41)]
    assert codes == [0] * 40 + [130429]


def test_upgraded_number_takes_more(still: Desk) -> None:
    still.control("numbers/106540352242922", {"throughput": "HIGH"})
    assert {code(still.send(text_send(to=person(place)))) for place in range(100)} == {0}


def test_each_number_has_a_throughput_of_its_own(still: Desk) -> None:
    other = still.control("numbers", {"display": "+1 555-078-3882"})["id"]
    for place in range(80):
        still.send(text_send(to=person(place)))
    assert code(still.send(text_send())) == 130429
    assert code(still.call("POST", f"/v25.0/{other}/messages", text_send())) == 0


def test_one_person_takes_a_burst_of_forty_five_and_then_one_in_six_seconds(still: Desk) -> None:
    assert {code(still.send(text_send())) for _ in range(45)} == {0}
    refused = still.send(text_send())
    assert (code(refused), refused.headers["Retry-After"]) == (131056, "6")
    assert code(still.send(text_send(to=person(1)))) == 0
    passes(still, 6)
    assert [code(still.send(text_send())) for _ in range(2)] == [0, 131056]
    passes(still, 60)
    assert [code(still.send(text_send())) for _ in range(11)] == [0] * 10 + [131056]


def fill_the_tier(desk: Desk) -> None:
    desk.control("templates", ORDER)
    for place in range(250):
        passes(desk, 0.1)
        assert code(desk.send(order("Tariro", "A-19", to=person(place)))) == 0


def test_messaging_limit_counts_people_of_the_last_day(still: Desk) -> None:
    fill_the_tier(still)
    new = order("Tariro", "A-19", to=person(999))
    assert code(still.send(new)) == 131048
    assert code(still.send(order("Tariro", "A-20", to=person(0)))) == 0
    assert still.control("limits", method="GET")["people_reached"] == 250
    passes(still, DAY - 25)
    assert code(still.send(new)) == 131048
    passes(still, 25)
    assert code(still.send(new)) == 0


def test_messaging_limit_belongs_to_the_portfolio_and_spares_open_windows(still: Desk) -> None:
    fill_the_tier(still)
    other = still.control("numbers", {"display": "+1 555-078-3882"})["id"]
    refused = still.call("POST", f"/v25.0/{other}/messages", order("Tariro", "A-19", to=person(999)))
    assert code(refused) == 131048
    still.control(f"people/{person(999)}", {"window_open": True})
    assert code(still.send(order("Tariro", "A-19", to=person(999)))) == 0
    still.control("limits", {"tier": "TIER_2K"})
    assert code(still.send(order("Tariro", "A-19", to=person(998)))) == 0


def test_tier_is_read_from_the_number(still: Desk) -> None:
    field = "whatsapp_business_manager_messaging_limit"
    assert still.get(f"/v25.0/106540352242922?fields={field}")[field] == "TIER_250"


def test_hundred_templates_an_hour_are_created(still: Desk) -> None:
    for place in range(100):
        assert still.create(ORDER | {"name": f"order_{place}"}).status == 200
        passes(still, 1)
    refused = still.create(ORDER)
    assert (code(refused), refused.headers["Retry-After"]) == (80008, str(HOUR - 100))
    assert usage(refused)["estimated_time_to_regain_access"] == 59
    passes(still, HOUR - 100)
    assert still.create(ORDER).status == 200
    assert code(still.create(ORDER | {"name": "other"})) == 80008


def test_every_management_answer_shows_how_much_of_the_hour_is_used(still: Desk) -> None:
    for _ in range(99):
        still.get(ACCOUNT)
    answer = still.call("GET", ACCOUNT)
    assert usage(answer) == {
        "type": "whatsapp_business_management",
        "call_count": 2,
        "total_cputime": 0,
        "total_time": 0,
        "estimated_time_to_regain_access": 0,
    }
    assert "X-Business-Use-Case-Usage" not in still.send(text_send()).headers


def test_account_without_a_registered_number_has_two_hundred_calls_an_hour(still: Desk) -> None:
    still.control("numbers/106540352242922", {"status": "DISCONNECTED"})
    assert {code(still.call("GET", ACCOUNT)) for _ in range(200)} == {0}
    refused = still.call("GET", ACCOUNT)
    assert (code(refused), usage(refused)["call_count"]) == (80007, 100)
    assert usage(refused)["estimated_time_to_regain_access"] == 60
    passes(still, HOUR)
    assert code(still.call("GET", ACCOUNT)) == 0


def test_limits_can_be_switched_off(still: Desk) -> None:
    still.control("limits", {"enforced": False})
    assert {code(still.send(text_send())) for _ in range(100)} == {0}


def test_reset_forgets_what_was_used(still: Desk) -> None:
    for _ in range(46):
        still.send(text_send())
    still.control("reset")
    assert code(still.send(text_send(to=PHONE))) == 0
