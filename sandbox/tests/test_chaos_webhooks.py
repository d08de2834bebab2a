"""Faults of webhooks, seen by the receiver."""

from __future__ import annotations

import pytest

from sandbox.tests.desk import ORDER, PHONE, Desk, Receiver, order, running, text_send, until


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


def test_release_sends_what_was_collected(ready: Desk, receiver: Receiver) -> None:
    fault = ready.fault("reorder", "webhooks", count=10, longest_wait=60)
    send_one(ready)
    until(lambda: ready.get("/sandbox/health")["webhook"]["waiting"] == 3)
    ready.control(f"faults/{fault['id']}", method="DELETE")
    until(lambda: receiver.statuses == ["read", "delivered", "sent"])


def test_collected_webhooks_wait_only_so_long(ready: Desk, receiver: Receiver) -> None:
    ready.fault("reorder", "webhooks", count=10, longest_wait=0.2)
    send_one(ready)
    until(lambda: receiver.statuses == ["read", "delivered", "sent"])


def test_shuffled_webhooks_come_in_the_same_order_under_the_same_seed(ready: Desk, receiver: Receiver) -> None:
    def order_of(seed: int) -> list[str]:
        receiver.posts.clear()
        ready.fault("reorder", "webhooks", count=12, seed=seed)
        for _ in range(4):
            wamids.append(ready.send(order("Tariro", "A-19")).json["messages"][0]["id"])
            until(lambda: ready.message(wamids[-1])["status"] == "read")
        until(lambda: len(receiver.statuses) == 12)
        return [f"{wamids.index(update['id']) % 4} {update['status']}" for update in receiver.values("statuses")]

    wamids: list[str] = []
    first = order_of(5)
    assert order_of(5) == first
    assert order_of(6) != first


def test_batch_goes_out_as_one_post(ready: Desk, receiver: Receiver) -> None:
    ready.fault("batch", "webhooks", count=6, longest_wait=60)
    send_one(ready)
    until(lambda: ready.get("/sandbox/health")["webhook"]["waiting"] == 3)
    send_one(ready)
    until(lambda: len(receiver.statuses) == 6)
    assert len(receiver.posts) == 1


def test_incomplete_batch_goes_out_after_its_longest_wait(ready: Desk, receiver: Receiver) -> None:
    ready.fault("batch", "webhooks", longest_wait=0.2)
    send_one(ready)
    until(lambda: len(receiver.statuses) == 3)
    assert len(receiver.posts) == 1


def test_random_delay_needs_a_seed_and_comes_later(ready: Desk, receiver: Receiver) -> None:
    ready.fault("delay", "webhooks", event="sent", min_seconds=0.1, max_seconds=0.2, seed=3)
    send_one(ready)
    until(lambda: len(receiver.statuses) == 3)
    assert receiver.statuses == ["delivered", "read", "sent"]


def test_webhook_fault_concerns_one_person_only(ready: Desk, receiver: Receiver) -> None:
    ready.fault("drop", "webhooks", to=PHONE, times="always")
    send_one(ready)
    assert ready.send(order("Tariro", "A-19", to="+263770000001")).status == 200
    until(lambda: len(receiver.statuses) == 3)
    assert {status["recipient_id"] for status in receiver.values("statuses")} == {"263770000001"}


def test_hold_of_one_number_lets_the_rest_pass(ready: Desk, receiver: Receiver) -> None:
    ready.fault("hold", "webhooks", phone_number_id="another")
    ready.fault("hold", "webhooks", event="read", times=1)
    send_one(ready)
    until(lambda: receiver.statuses == ["sent", "delivered"])
    assert ready.get("/sandbox/health")["webhook"]["waiting"] == 1


def test_reset_forgets_what_was_kept_back(ready: Desk, receiver: Receiver) -> None:
    ready.fault("hold", "webhooks")
    send_one(ready)
    until(lambda: ready.get("/sandbox/health")["webhook"]["waiting"] == 3)
    ready.control("reset")
    assert ready.get("/sandbox/health")["webhook"]["waiting"] == 0
    ready.control("reply", {"from": PHONE, "text": "after"})
    until(lambda: receiver.posts)
    assert receiver.statuses == []


@pytest.mark.parametrize("event", ["", "delivered"])
def test_status_arrives_before_the_answer_to_the_post(receiver: Receiver, event: str) -> None:
    with running(webhook_url=receiver.url, status_delays=(0.05, 0.1, 0.15)) as desk:
        desk.control("people/" + PHONE, {"window_open": True})
        desk.fault("before_answer", "webhooks", **({"event": event} if event else {}))
        wamid = desk.send(text_send()).json["messages"][0]["id"]
        told = [(status["id"], status["status"]) for status in receiver.values("statuses")]
        assert (wamid, event or "sent") in told


def test_answer_does_not_wait_for_a_status_that_never_comes(ready: Desk, receiver: Receiver) -> None:
    ready.fault("before_answer", "webhooks", event="played", longest_wait=0.05)
    send_one(ready)
    assert ready.get("/sandbox/faults")["faults"][0]["used"] == 1


def test_manual_clock_moves_to_the_status_that_comes_before_the_answer(receiver: Receiver) -> None:
    with running(webhook_url=receiver.url, clock="manual", status_delays=(1.0, 2.0, 3.0)) as desk:
        desk.control("people/" + PHONE, {"window_open": True})
        desk.fault("before_answer", "webhooks", event="delivered")
        assert desk.send(text_send()).status == 200
        assert receiver.statuses == ["sent", "delivered"]
