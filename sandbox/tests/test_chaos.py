"""How faults are asked for, counted and shown."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sandbox.chaos import BadFault, Chaos, Occasion, read_wish
from sandbox.fault_kinds import KINDS, PARAMETERS, wish_schema
from sandbox.fault_presets import PRESETS
from sandbox.tests.desk import Desk, text_send

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"target": "moon", "kind": "error"}, "target: one of messages"),
    ({"target": "messages", "kind": "hold"}, "kind: one of latency"),
    ({"target": "webhooks", "kind": "html"}, "kind: one of duplicate"),
    ({"target": "messages"}, "kind required"),
    ({"kind": "error", "times": 0}, "times: "),
    ({"kind": "error", "times": "often"}, 'times: a whole number from 1, or "always"'),
    ({"kind": "error", "code": "131000"}, "code: integer expected"),
    ({"kind": "error", "code": True}, "code: integer expected"),
    ({"kind": "error", "method": "PATCH"}, "method: one of GET"),
    ({"kind": "latency", "seconds": -1}, "seconds: "),
    ({"kind": "latency", "seconds": 1e9}, "seconds: "),
    ({"kind": "error", "colour": "red"}, "colour: not known"),
    ({"kind": "latency", "code": 4}, "code: not known for latency"),
    ({"kind": "error", "probability": 0.5}, "probability: needs a seed"),
    ({"kind": "latency", "min_seconds": 1, "max_seconds": 2}, "min_seconds: needs a seed"),
    ({"kind": "latency", "min_seconds": 1, "seed": 1}, "min_seconds: goes with max_seconds"),
    ({"kind": "latency", "min_seconds": 3, "max_seconds": 2, "seed": 1}, "min_seconds: may not be more"),
    ({"kind": "html", "http_status": 204}, "http_status: 204, 205 and 304 have no body"),
    ({"target": "webhooks", "kind": "batch", "count": 1001}, "count: "),
]


@pytest.mark.parametrize(("wish", "words"), WRONG)
def test_wrong_wish_for_a_fault_is_explained(desk: Desk, wish: dict[str, Any], words: str) -> None:
    answer = desk.call("POST", "/sandbox/faults", wish)
    assert answer.status == 400
    assert answer.json["error"].startswith(words)
    assert desk.get("/sandbox/faults")["faults"] == []


@pytest.mark.parametrize(("wish", "words"), [wrong for wrong in WRONG if "kind" in wrong[0]])
def test_wrong_wish_is_refused_without_http_too(wish: dict[str, Any], words: str) -> None:
    with pytest.raises(BadFault) as bad:
        read_wish(wish)
    assert str(bad.value).startswith(words)


BOUNDED = [
    (kind, name, bound, step)
    for kind in KINDS
    for name in KINDS[kind].all_parameters()
    for bound, step in (("minimum", -1), ("maximum", 1))
    if bound in PARAMETERS[name].schema and name != "times"
]


@pytest.mark.parametrize(("kind", "name", "bound", "step"), BOUNDED)
def test_parameter_keeps_its_bounds(kind: str, name: str, bound: str, step: int) -> None:
    limit = PARAMETERS[name].schema[bound]
    target = "webhooks" if KINDS[kind].side == "webhooks" else "messages"
    with pytest.raises(BadFault, match=rf"^{name}: at (least|most) {limit}$"):
        read_wish({"target": target, "kind": kind, "seed": 1, name: limit + step})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_needs_nothing_but_its_name(desk: Desk, kind: str) -> None:
    fault = desk.fault(kind, KINDS[kind].side)
    default = KINDS[kind].default("times")
    assert fault["times"] == (KINDS[kind].default("count") if default == "count" else default)


def test_faults_are_listed_and_taken_back(desk: Desk) -> None:
    fault = desk.fault("error", times=3)
    assert desk.get("/sandbox/faults")["faults"] == [
        {"id": fault["id"], "target": "messages", "kind": "error", "times": 3, "seen": 0, "used": 0, "left": 3}
    ]
    assert desk.control(f"faults/{fault['id']}", method="DELETE") == {"removed": [fault["id"]]}
    assert desk.call("DELETE", f"/sandbox/faults/{fault['id']}").status == 404


def test_fault_shows_how_often_it_was_seen_and_acted(desk: Desk) -> None:
    desk.fault("error", every=2, times=2)
    for _ in range(3):
        desk.send(text_send())
    shown = desk.get("/sandbox/faults")["faults"][0]
    assert (shown["seen"], shown["used"], shown["left"]) == (3, 1, 1)


def test_table_of_kinds_is_shown_with_defaults_and_bounds(desk: Desk) -> None:
    table = desk.get("/sandbox/faults/kinds")
    assert {kind["kind"] for kind in table["kinds"]} == set(KINDS)
    throttle = next(kind for kind in table["kinds"] if kind["kind"] == "throttle")
    code = next(parameter for parameter in throttle["parameters"] if parameter["name"] == "code")
    assert (code["default"], code["type"], code["minimum"]) == (130429, "integer", 0)
    assert {"times", "every", "probability", "seed"} <= {parameter["name"] for parameter in table["common"]}
    assert {preset["name"] for preset in table["presets"]} == set(PRESETS)


def test_schema_of_a_wish_knows_every_parameter() -> None:
    schema = wish_schema()
    Draft202012Validator.check_schema(schema)
    used = {name for kind in KINDS.values() for name in kind.all_parameters()}
    assert set(schema["properties"]) == used | {"target", "kind"}


CALL = Occasion("calls", "messages")


def acts(count: int, **wish: Any) -> list[int]:
    """Which of so many calls the fault acts on."""
    chaos = Chaos()
    chaos.add({"kind": "error", **wish})
    return [call for call in range(1, count + 1) if chaos.take(CALL)]


def test_fault_acts_on_the_calls_it_was_asked_for() -> None:
    assert acts(5) == [1]
    assert acts(5, times=2) == [1, 2]
    assert acts(5, times="always", skip=3) == [4, 5]
    assert acts(9, times="always", every=4) == [4, 8]
    assert acts(9, times=1, every=4, skip=1) == [5]


def test_chance_follows_from_the_seed() -> None:
    first = acts(1000, times="always", probability=0.1, seed=1)
    assert acts(1000, times="always", probability=0.1, seed=1) == first
    assert acts(1000, times="always", probability=0.1, seed=2) != first
    assert 60 < len(first) < 140
    assert acts(100, times="always", probability=0, seed=1) == []
    assert len(acts(100, times="always", probability=1, seed=1)) == 100


def test_random_time_follows_from_the_seed() -> None:
    def times(seed: int) -> list[float]:
        fault = read_wish({"kind": "latency", "min_seconds": 1, "max_seconds": 2, "seed": seed})
        return [fault.seconds() for _ in range(50)]

    assert times(4) == times(4)
    assert times(4) != times(5)
    assert all(1 <= seconds <= 2 for seconds in times(4))


@pytest.mark.parametrize("name", PRESETS)
def test_preset_is_set_in_one_call_and_depends_on_its_seed(desk: Desk, name: str) -> None:
    answer = desk.control(f"faults/preset/{name}", {"seed": 4})
    assert answer["faults"] == desk.get("/sandbox/faults")["faults"]
    seeds = [fault["seed"] for fault in answer["faults"]]
    assert len(set(seeds)) == len(seeds)
    again = desk.control(f"faults/preset/{name}", {"seed": 5})
    assert [fault["seed"] for fault in again["faults"]] != seeds


def test_unknown_preset_names_those_there_are(desk: Desk) -> None:
    answer = desk.call("POST", "/sandbox/faults/preset/calm-sea", {})
    assert answer.status == 404
    assert "flaky-network" in answer.json["error"]


def test_outage_is_the_same_again_under_the_same_seed(desk: Desk) -> None:
    def outcomes() -> list[int]:
        desk.control("reset")
        desk.control("faults/preset/meta-outage", {"seed": 2})
        return [desk.send(text_send()).status for _ in range(30)]

    first = outcomes()
    assert outcomes() == first
    assert {200, 500, 502, 503} >= set(first)
    assert first.count(200) < 10


def test_fault_of_one_person_is_of_no_concern_to_others_and_keeps_its_place() -> None:
    chaos = Chaos()
    chaos.add({"kind": "html", "times": 1})
    mine = chaos.add({"kind": "error", "to": "+263 77 123 4567", "times": "always"})
    chaos.add({"kind": "empty", "times": "always"})
    me, other = Occasion("calls", "messages", "263771234567"), Occasion("calls", "messages", "263772345678")
    assert [[fault.kind for fault in chaos.take(one)] for one in (me, me, other)] == [["html"], ["error"], ["empty"]]
    assert mine.seen == 2
    assert chaos.remove(mine.id) == [mine]
    assert [fault.kind for fault in chaos.take(me)] == ["empty"]
    assert len(chaos.remove()) == 2
    assert chaos.take(me) == []
