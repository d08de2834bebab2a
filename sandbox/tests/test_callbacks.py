from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from sandbox.envelopes import Update, encode, envelope, sign
from sandbox.store import Number
from sandbox.tests.desk import ORDER, PHONE, Desk, Receiver, order, receiving, running, until

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("body", "digest"),
    [
        (rb'{"a":"caf\u00e9"}', "8342fc12747a370c01521031e9c963b6b76006bf7528b8f555fb5e0c717d1348"),
        ('{"a":"café"}'.encode(), "134e97a66a07deac6230a4e35a9e7b5f743687620b7c8ec87dbc82cc2afa84fa"),
    ],
)
def test_signature_is_over_the_exact_bytes(body: bytes, digest: str) -> None:
    assert sign(body, KEY) == f"sha256={digest}"


def test_bodies_are_written_without_spaces_and_beyond_ascii_escaped() -> None:
    assert encode({"a": "café"}) == rb'{"a":"caf\u00e9"}'


def send(desk: Desk, name: str = "Tariro") -> str:
    wamid: str = desk.send(order(name, "A-19", biz_opaque_callback_data="ord-7")).json["messages"][0]["id"]
    return wamid


def test_every_status_is_signed_and_echoes_the_callback_data(listened: Desk, receiver: Receiver) -> None:
    listened.approved(ORDER)
    wamid = send(listened)
    until(lambda: len(receiver.statuses) == 3)
    for body, signature in receiver.posts:
        expected = hmac.new(listened.options.app_secret.encode(), body, hashlib.sha256).hexdigest()
        assert signature == f"sha256={expected}"
    sent, delivered, read = receiver.values("statuses")
    assert {status["biz_opaque_callback_data"] for status in (sent, delivered, read)} == {"ord-7"}
    assert {status["id"] for status in (sent, delivered, read)} == {wamid}
    assert sent["pricing"] == {
        "billable": True,
        "pricing_model": "PMP",
        "type": "regular",
        "category": "utility",
    }
    assert "pricing" not in read
    assert sent["timestamp"].isdigit()


def test_what_a_person_writes_arrives_as_an_event(listened: Desk, receiver: Receiver) -> None:
    listened.control("reply", {"from": PHONE, "text": "Grüße", "name": "Tariro"})
    until(lambda: receiver.posts)
    assert rb"Gr\u00fc\u00dfe" in receiver.posts[0][0]
    value = receiver.bodies[0]["entry"][0]["changes"][0]["value"]
    assert value["metadata"] == {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}
    assert value["contacts"][0]["profile"] == {"name": "Tariro"}
    assert value["messages"][0]["text"] == {"body": "Grüße"}


def test_refused_webhook_comes_again_with_the_same_bytes(listened: Desk, receiver: Receiver) -> None:
    receiver.answers = [503, 500]
    listened.control("reply", {"from": PHONE, "text": "Hi"})
    until(lambda: len(receiver.posts) == 3)
    assert len(set(receiver.posts)) == 1
    log = until(lambda: [d for d in deliveries(listened) if d["outcome"] == "delivered"])
    assert log[0]["attempt"] == 3


def deliveries(desk: Desk) -> list[dict[str, object]]:
    return desk.get("/sandbox/webhooks")["deliveries"]


def test_updates_due_together_share_a_post(listened: Desk, receiver: Receiver) -> None:
    listened.approved(ORDER)
    until(lambda: receiver.reviews)
    hold = listened.fault("hold", "webhooks")
    for number in range(10):
        send(listened, f"Number {number}")
    until(lambda: listened.get("/sandbox/health")["webhook"]["waiting"] == 30)
    listened.control(f"faults/{hold['id']}", method="DELETE")
    until(lambda: len(receiver.statuses) == 30)
    assert len(receiver.posts) == 2


def test_neighbours_of_one_kind_share_a_change() -> None:
    number = Number("1", "+1 555", "Demo")
    review = Update("message_template_status_update", "template", "APPROVED", "9", {"event": "APPROVED"})
    status = Update("messages", "statuses", "sent", "w", {"status": "sent"}, number)
    message = Update("messages", "messages", "received", "w", {"type": "text"}, number)
    body = envelope("222", [status, status, message, review, status], 1_760_000_000)
    kinds = [sorted(change["value"]) for change in body["entry"][0]["changes"]]
    assert [next((k for k in kind if k in {"statuses", "messages", "event"}), "") for kind in kinds] == [
        "statuses",
        "messages",
        "event",
        "statuses",
    ]
    assert len(body["entry"][0]["changes"][0]["value"]["statuses"]) == 2


def test_post_never_exceeds_three_megabytes(listened: Desk, receiver: Receiver) -> None:
    world = listened.server.sandbox.world
    loop = next(iter(world.callbacks._tasks)).get_loop()
    number = world.store.numbers[listened.options.phone_number_id]
    large = Update("messages", "statuses", "sent", "w", {"status": "sent", "pad": "x" * 600_000}, number)
    for _ in range(8):
        loop.call_soon_threadsafe(world.callbacks.tell, large)
    until(lambda: len(receiver.statuses) == 8)
    assert max(len(body) for body, _ in receiver.posts) <= 3 * 1024 * 1024
    assert len(receiver.posts) < 8


def test_unsubscribed_account_gets_no_message_events(listened: Desk, receiver: Receiver) -> None:
    path = f"/v25.0/{listened.options.waba_id}/subscribed_apps"
    assert listened.call("DELETE", path).json == {"success": True}
    assert listened.get(path) == {"data": []}
    listened.control("reply", {"from": PHONE, "text": "unheard"})
    assert listened.call("POST", path).json == {"success": True}
    listened.control("reply", {"from": PHONE, "text": "heard"})
    until(lambda: receiver.posts)
    assert [message["text"]["body"] for message in receiver.values("messages")] == ["heard"]


def test_receiver_is_challenged_until_it_answers() -> None:
    with receiving() as receiver, running(webhook_url=receiver.url) as desk:
        health = until(lambda: verified(desk))
        assert health["outcome"] == f"{receiver.url} is verified"


def verified(desk: Desk) -> dict[str, object] | None:
    webhook = desk.get("/sandbox/health")["webhook"]
    return webhook if webhook["verified"] else None


def test_wrong_verify_token_is_shown_in_words(desk: Desk) -> None:
    with receiving(token="another") as receiver:
        desk.control("webhook", {"url": receiver.url})
        until(lambda: receiver.challenges)
        outcome = until(lambda: refused_outcome(desk))
        assert "compare --verify-token" in outcome
        desk.control("webhook", {"verify_token": "another"})
        until(lambda: verified(desk))


def refused_outcome(desk: Desk) -> str:
    outcome: str = desk.get("/sandbox/webhooks")["outcome"]
    return outcome if "403" in outcome else ""


def test_log_shows_body_and_signature_of_each_post(listened: Desk, receiver: Receiver) -> None:
    listened.control("reply", {"from": PHONE, "text": "Hi"})
    until(lambda: receiver.posts)
    entry = until(lambda: deliveries(listened))[0]
    assert json.loads(str(entry["body"])) == receiver.bodies[0]
    assert entry["signature"] == receiver.posts[0][1]
    assert entry["http_status"] == 200
