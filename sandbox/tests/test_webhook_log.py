"""What was posted to the webhook: shown, searched, sent again."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from sandbox import delivery_log
from sandbox.delivery_log import Delivery, DeliveryLog, Wanted
from sandbox.envelopes import sign
from sandbox.tests.desk import PHONE, Desk, Receiver, text_send, until


def log(desk: Desk, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.get(f"/sandbox/webhooks{query}")["deliveries"]
    return found


def hear(desk: Desk, text: str = "Hi") -> dict[str, Any]:
    """The entry of one message that was delivered."""
    wamid = desk.control("reply", {"from": PHONE, "text": text})["wamid"]
    found: dict[str, Any] = until(lambda: log(desk, f"?wamid={wamid}&outcome=delivered"))[0]
    return found


def test_entry_shows_both_sides_of_the_post(listened: Desk, receiver: Receiver) -> None:
    receiver.body = b"thanks" * 1000
    entry = hear(listened)
    body, signature = receiver.posts[0]
    assert json.loads(entry["body"]) == receiver.bodies[0]
    assert entry["request_headers"]["X-Hub-Signature-256"] == entry["signature"] == signature
    older = hmac.new(listened.options.app_secret.encode(), body, hashlib.sha1).hexdigest()
    assert entry["request_headers"]["X-Hub-Signature"] == f"sha1={older}"
    assert entry["request_headers"]["Content-Type"] == "application/json"
    assert (entry["url"], entry["http_status"], entry["attempt"]) == (receiver.url, 200, 1)
    assert entry["response_headers"]["Content-Length"] == "6000"
    assert entry["response_body"] == ("thanks" * 1000)[:4096]
    assert (entry["size"], entry["updates"], entry["origin"]) == (len(body), 1, "sandbox")


def test_newest_come_first_in_pages(listened: Desk) -> None:
    ids = [hear(listened, f"Message {place}")["id"] for place in range(5)]
    first = listened.get("/sandbox/webhooks?limit=2")
    second = listened.get(f"/sandbox/webhooks?limit=2&before={first['next']}")
    third = listened.get(f"/sandbox/webhooks?limit=2&before={second['next']}")
    shown = [entry["id"] for page in (first, second, third) for entry in page["deliveries"]]
    assert shown == ids[::-1]
    assert third["next"] is None


def test_log_is_searched_by_event_message_and_outcome(listened: Desk) -> None:
    listened.control(f"people/{PHONE}", {"window_open": True})
    listened.fault("drop", "webhooks", event="delivered")
    wamid = listened.send(text_send()).json["messages"][0]["id"]
    other = listened.control("reply", {"from": PHONE, "text": "Hi"})["wamid"]
    until(lambda: log(listened, f"?event=read&wamid={wamid}") and log(listened, f"?wamid={other}"))
    assert {event for entry in log(listened, "?event=read") for event, _ in entry["events"]} >= {"read"}
    assert [entry["events"] for entry in log(listened, "?outcome=dropped")] == [[["delivered", wamid]]]
    assert log(listened, f"?event=read&wamid={other}") == []
    counts = listened.get("/sandbox/webhooks")["counts"]
    assert counts["dropped"] == 1
    assert counts["delivered"] == len(log(listened, "?outcome=delivered"))


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=many", "before=x", "outcome=lost", "colour=red"])
def test_wrong_search_is_explained(desk: Desk, query: str) -> None:
    answer = desk.call("GET", f"/sandbox/webhooks?{query}")
    assert answer.status == 400
    assert query.split("=")[0] in answer.json["error"]


def test_same_bytes_are_sent_again_on_request(listened: Desk, receiver: Receiver) -> None:
    entry = hear(listened)
    again = listened.control(f"webhooks/{entry['id']}/resend")
    assert receiver.posts[0] == receiver.posts[1]
    assert (again["origin"], again["first_id"], again["outcome"]) == ("resent", entry["id"], "delivered")
    assert listened.get(f"/sandbox/webhooks/{again['id']}") == again
    assert listened.call("POST", "/sandbox/webhooks/999999/resend").status == 404


def test_resend_shows_a_refusal_and_leaves_it_at_that(listened: Desk, receiver: Receiver) -> None:
    entry = hear(listened)
    receiver.answers = [403]
    assert listened.control(f"webhooks/{entry['id']}/resend")["problem"] == "answered with 403"
    hear(listened, "later")
    assert len(receiver.posts) == 3


def test_dropped_update_can_be_sent_after_all(listened: Desk, receiver: Receiver) -> None:
    listened.fault("drop", "webhooks")
    listened.control("reply", {"from": PHONE, "text": "lost and found"})
    dropped = until(lambda: log(listened, "?outcome=dropped"))[0]
    assert receiver.posts == []
    assert listened.control(f"webhooks/{dropped['id']}/resend")["outcome"] == "delivered"
    assert receiver.values("messages")[0]["text"]["body"] == "lost and found"


def test_raw_json_is_written_and_signed_as_meta_does(listened: Desk, receiver: Receiver) -> None:
    receiver.judges = False
    receiver.answers, receiver.body = [202], b"noted"
    entry = listened.control("webhooks/raw", {"body": {"object": "page", "name": "Zoë"}})
    body, signature = receiver.posts[0]
    assert body == rb'{"object":"page","name":"Zo\u00eb"}'
    assert signature == sign(body, listened.options.app_secret)
    assert (entry["http_status"], entry["response_body"], entry["origin"]) == (202, "noted", "raw")


def test_raw_text_goes_out_as_it_is(listened: Desk, receiver: Receiver) -> None:
    receiver.judges = False
    listened.control("webhooks/raw", {"body": '{"half": ', "sign": False})
    assert receiver.posts == [(b'{"half": ', "")]


def test_raw_post_may_be_signed_wrongly_and_carry_headers(listened: Desk, receiver: Receiver) -> None:
    receiver.judges = False
    entry = listened.control("webhooks/raw", {"body": [], "sign": "wrong", "headers": {"X-Trace": "7"}})
    body, signature = receiver.posts[0]
    assert signature.startswith("sha256=")
    assert signature != sign(body, listened.options.app_secret)
    assert entry["request_headers"]["X-Trace"] == "7"


@pytest.mark.parametrize("wish", [{}, {"body": {}, "sign": "maybe"}, {"body": {}, "colour": "red"}])
def test_wrong_raw_post_is_explained(listened: Desk, wish: dict[str, Any]) -> None:
    answer = listened.call("POST", "/sandbox/webhooks/raw", wish)
    assert answer.status == 400
    assert answer.json["error"]


def test_raw_post_needs_an_address(desk: Desk) -> None:
    answer = desk.call("POST", "/sandbox/webhooks/raw", {"body": {}})
    assert answer.status == 400
    assert "webhook address" in answer.json["error"]


def test_reset_empties_the_log_and_ids_go_on(listened: Desk, receiver: Receiver) -> None:
    before = hear(listened)["id"]
    listened.control("reset")
    assert log(listened) == []
    assert set(listened.get("/sandbox/webhooks")["counts"].values()) == {0}
    assert hear(listened)["id"] > before


def entry(updates: int = 1, size: int = 10) -> Delivery:
    return Delivery(0.0, "", "delivered", (("sent", "w"),) * updates, b"x" * size)


@pytest.mark.parametrize(
    ("bound", "limit", "delivery"),
    [
        ("LARGEST_LOG", 3, entry()),
        ("LARGEST_LOG_UPDATES", 30, entry(updates=10)),
        ("LARGEST_LOG_BYTES", 300, entry(size=100)),
    ],
)
def test_oldest_entries_go_when_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch, bound: str, limit: int, delivery: Delivery
) -> None:
    monkeypatch.setattr(delivery_log, bound, limit)
    log = DeliveryLog()
    for _ in range(5):
        log.add(entry(len(delivery.events), len(delivery.body)))
    assert [kept.id for kept in log.latest(Wanted())] == [5, 4, 3]
    assert log.get(2) is None
    assert (log.counts["delivered"], log.delivered) == (5, 5 * len(delivery.events))


def test_list_shortens_what_the_entry_shows_whole() -> None:
    large = entry(updates=1000, size=100_000)
    assert (len(large.as_json(whole=False)["events"]), large.as_json(whole=False)["body"]) == (50, "")
    assert large.as_json(whole=False)["updates"] == 1000
    assert (len(large.as_json()["events"]), len(large.as_json()["body"])) == (1000, 100_000)
