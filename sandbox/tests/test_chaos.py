from __future__ import annotations

import http.client
from typing import Any

import pytest

from sandbox.tests.desk import ORDER, PHONE, Desk, Receiver, order, text_send, until


def count(desk: Desk) -> int:
    found: int = desk.get("/sandbox/health")["messages"]
    return found


def test_next_calls_fail_with_the_wanted_envelope_and_then_succeed(desk: Desk) -> None:
    desk.fault("error", code=131016, http_status=503, times=2, details="Try later.", retry_after=7)
    for _ in range(2):
        answer = desk.send(text_send())
        assert (answer.status, answer.error["code"], answer.headers["Retry-After"]) == (503, 131016, "7")
    assert desk.send(text_send()).status == 200
    assert count(desk) == 1


def test_fault_skips_the_first_calls(desk: Desk) -> None:
    desk.fault("error", skip=1)
    assert [desk.send(text_send()).status for _ in range(3)] == [200, 500, 200]


def test_fault_concerns_one_person_only(desk: Desk) -> None:
    desk.fault("error", to=PHONE, times="always")
    assert desk.send(text_send(to="+263770000001")).status == 200
    assert [desk.send(text_send()).status for _ in range(3)] == [500] * 3


def test_html_instead_of_json(desk: Desk) -> None:
    desk.fault("html")
    answer = desk.send(text_send())
    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    desk.fault("html", http_status=200)
    assert desk.send(text_send()).raw.startswith(b"<!DOCTYPE html>")
    assert count(desk) == 0


def test_throttle_says_when_to_come_back(desk: Desk) -> None:
    desk.fault("throttle", retry_after=30)
    answer = desk.send(text_send())
    assert (answer.status, answer.error["code"], answer.headers["Retry-After"]) == (429, 130429, "30")
    desk.fault("throttle", code=131056)
    assert desk.send(text_send()).error["code"] == 131056


def test_expired_token_for_one_call(desk: Desk) -> None:
    desk.fault("expired_token")
    answer = desk.send(text_send())
    assert (answer.status, answer.error["code"], answer.error["error_subcode"]) == (401, 190, 463)
    assert desk.send(text_send()).status == 200


def test_latency_delays_the_call(desk: Desk) -> None:
    desk.fault("latency", seconds=0.01)
    assert desk.send(text_send()).status == 200
    assert desk.get("/sandbox/faults")["faults"][0]["used"] == 1


def test_late_answer_comes_after_the_acceptance(listened: Desk, receiver: Receiver) -> None:
    listened.control("people/" + PHONE, {"window_open": True})
    listened.fault("late_answer", seconds=0.3)
    wamid = listened.send(text_send()).json["messages"][0]["id"]
    assert receiver.values("statuses")[0]["id"] == wamid


def test_cut_before_accepting_leaves_nothing(desk: Desk) -> None:
    desk.fault("cut_before_accept")
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        desk.send(text_send())
    assert count(desk) == 0


def test_cut_after_accepting_leaves_the_message_without_an_answer(listened: Desk, receiver: Receiver) -> None:
    listened.control("people/" + PHONE, {"window_open": True})
    listened.fault("cut_after_accept")
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        listened.send(text_send(biz_opaque_callback_data="ord-7"))
    assert count(listened) == 1
    until(lambda: len(receiver.statuses) == 3)
    assert receiver.values("statuses")[0]["biz_opaque_callback_data"] == "ord-7"


def test_templates_have_faults_of_their_own(desk: Desk) -> None:
    desk.fault("error", "templates", code=80008)
    assert desk.send(text_send()).status == 200
    assert desk.create(ORDER).error["code"] == 80008


def send_one(desk: Desk) -> None:
    assert desk.send(order("Tariro", "A-19")).status == 200


@pytest.fixture
def ready(listened: Desk, receiver: Receiver) -> Desk:
    listened.approved(ORDER)
    until(lambda: receiver.reviews)
    receiver.posts.clear()
    return listened


def test_duplicate_webhook(ready: Desk, receiver: Receiver) -> None:
    ready.fault("duplicate", "webhooks", event="delivered", count=3)
    send_one(ready)
    until(lambda: len(receiver.statuses) == 5)
    assert receiver.statuses == ["sent", "delivered", "delivered", "delivered", "read"]


def test_dropped_webhook(ready: Desk, receiver: Receiver) -> None:
    ready.fault("drop", "webhooks", event="delivered")
    send_one(ready)
    until(lambda: "read" in receiver.statuses)
    assert receiver.statuses == ["sent", "read"]
    log = ready.get("/sandbox/webhooks")["deliveries"]
    assert [entry["events"][0][0] for entry in log if entry["outcome"] == "dropped"] == ["delivered"]


def test_delayed_webhook_is_overtaken(ready: Desk, receiver: Receiver) -> None:
    ready.fault("delay", "webhooks", event="sent", seconds=0.2)
    send_one(ready)
    until(lambda: len(receiver.statuses) == 3)
    assert receiver.statuses == ["delivered", "read", "sent"]


def test_reordered_webhooks(ready: Desk, receiver: Receiver) -> None:
    ready.fault("reorder", "webhooks", times=3, count=3)
    send_one(ready)
    until(lambda: len(receiver.statuses) == 3)
    assert receiver.statuses == ["read", "delivered", "sent"]
    assert len(receiver.posts) == 3


def test_wrong_signature_is_put_right_when_the_webhook_comes_again(ready: Desk, receiver: Receiver) -> None:
    ready.fault("wrong_signature", "webhooks", event="sent")
    receiver.answers = [401]
    send_one(ready)
    until(lambda: receiver.statuses.count("sent") == 2)
    forged, right = [signature for body, signature in receiver.posts if b'"sent"' in body]
    assert forged != right


def test_held_webhooks_wait_for_their_release(ready: Desk, receiver: Receiver) -> None:
    ready.fault("hold", "webhooks")
    send_one(ready)
    until(lambda: ready.get("/sandbox/health")["webhook"]["waiting"] == 3)
    assert receiver.posts == []
    ready.control("faults", method="DELETE")
    until(lambda: receiver.statuses == ["sent", "delivered", "read"])


WRONG: list[dict[str, Any]] = [
    {"target": "moon", "kind": "error"},
    {"target": "messages", "kind": "hold"},
    {"kind": "error", "times": 0},
    {"kind": "error", "code": "131000"},
    {"kind": "latency", "seconds": -1},
    {"kind": "error", "colour": "red"},
]


@pytest.mark.parametrize("wish", WRONG)
def test_wrong_wish_for_a_fault_is_explained(desk: Desk, wish: dict[str, Any]) -> None:
    answer = desk.call("POST", "/sandbox/faults", wish)
    assert answer.status == 400
    assert ":" in answer.json["error"]


def test_faults_are_listed_and_taken_back(desk: Desk) -> None:
    fault = desk.fault("error", times=3)
    assert desk.get("/sandbox/faults")["faults"] == [
        {"id": fault["id"], "target": "messages", "kind": "error", "times": 3, "used": 0, "left": 3}
    ]
    assert desk.control(f"faults/{fault['id']}", method="DELETE") == {"removed": [fault["id"]]}
    assert desk.call("DELETE", f"/sandbox/faults/{fault['id']}").status == 404
