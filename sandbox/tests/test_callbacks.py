from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from sandbox.callbacks import LARGEST_BACKLOG
from sandbox.envelopes import Update, encode, envelope, sign
from sandbox.records import Number
from sandbox.tests.desk import ORDER, PHONE, Desk, Receiver, order, receiving, running, text_send, until

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


def deliveries(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.get("/sandbox/webhooks")["deliveries"]
    return found


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


def in_loop(desk: Desk, act: Callable[..., Any], *arguments: Any) -> None:
    """Where everything of the sandbox runs."""
    desk.server.sandbox.world.callbacks.session._loop.call_soon_threadsafe(act, *arguments)


def test_post_never_exceeds_three_megabytes(listened: Desk, receiver: Receiver) -> None:
    receiver.judges = False
    world = listened.server.sandbox.world
    number = world.store.numbers[listened.options.phone_number_id]
    large = Update("messages", "statuses", "sent", "w", {"status": "sent", "pad": "x" * 600_000}, number)
    for _ in range(8):
        in_loop(listened, world.callbacks.tell, large)
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


OTHER = "+263770000001"


def said(receiver: Receiver, phone: str) -> list[str]:
    wanted = phone.removeprefix("+")
    return [message["text"]["body"] for message in receiver.values("messages") if message["from"] == wanted]


def test_slow_receiver_holds_up_only_the_person_it_is_slow_about(listened: Desk, receiver: Receiver) -> None:
    slow = Event()
    receiver.stalls = [slow]
    listened.control("reply", {"from": PHONE, "text": "first"})
    until(lambda: receiver.posts)
    listened.control("reply", {"from": PHONE, "text": "second"})
    listened.control("reply", {"from": OTHER, "text": "elsewhere"})
    until(lambda: said(receiver, OTHER))
    assert said(receiver, PHONE) == ["first"]
    slow.set()
    until(lambda: said(receiver, PHONE) == ["first", "second"])


def test_order_holds_for_each_person_while_posts_overtake_each_other(listened: Desk, receiver: Receiver) -> None:
    phones = [f"+26377000{place:04}" for place in range(4)]
    stalls = [Event() for _ in range(3)]
    receiver.stalls = list(stalls)
    for phone in phones:
        for text in ("first", "second", "third"):
            listened.control("reply", {"from": phone, "text": text})
    until(lambda: receiver.posts)
    for stall in reversed(stalls):
        stall.set()
    until(lambda: len(receiver.values("messages")) == 12)
    assert {tuple(said(receiver, phone)) for phone in phones} == {("first", "second", "third")}


def test_silent_receiver_does_not_hold_up_calls(listened: Desk, receiver: Receiver) -> None:
    listened.control(f"people/{PHONE}", {"window_open": True})
    silent = [Event() for _ in range(50)]
    receiver.stalls = list(silent)
    assert [listened.send(text_send()).status for _ in range(50)] == [200] * 50
    assert listened.get("/sandbox/health")["messages"] == 50
    for event in silent:
        event.set()
    until(lambda: len(receiver.statuses) == 150)


def test_what_does_not_fit_into_the_backlog_is_lost_and_counted(listened: Desk, receiver: Receiver) -> None:
    world = listened.server.sandbox.world
    hold = listened.fault("hold", "webhooks")
    world.callbacks.largest_backlog = 4
    try:
        for _ in range(6):
            listened.control("reply", {"from": PHONE, "text": "Hi"})
        shown = listened.get("/sandbox/webhooks")
        assert (shown["waiting"], shown["lost"], shown["largest_backlog"]) == (4, 2, 4)
    finally:
        world.callbacks.largest_backlog = LARGEST_BACKLOG
    listened.control(f"faults/{hold['id']}", method="DELETE")
    until(lambda: len(receiver.values("messages")) == 4)
    listened.control("reply", {"from": PHONE, "text": "There is room again"})
    until(lambda: len(receiver.values("messages")) == 5)


def test_refused_updates_count_until_they_are_taken(listened: Desk, receiver: Receiver) -> None:
    receiver.answers = [500, 500]
    listened.control("reply", {"from": PHONE, "text": "Hi"})
    until(lambda: listened.get("/sandbox/webhooks")["again"] == 1)
    until(lambda: listened.get("/sandbox/webhooks")["counts"]["delivered"])
    shown = listened.get("/sandbox/webhooks")
    assert (shown["again"], shown["counts"]["refused"], shown["delivered"]) == (0, 2, 1)


def test_what_failed_goes_to_the_new_address(desk: Desk, receiver: Receiver) -> None:
    desk.control("webhook", {"url": "http://127.0.0.1:1/hook/"})
    desk.control("reply", {"from": PHONE, "text": "Hi"})
    failed = until(lambda: deliveries(desk))[0]
    assert failed["outcome"] == "failed"
    assert "Cannot connect" in failed["problem"]
    desk.control("webhook", {"url": receiver.url})
    until(lambda: receiver.values("messages"))


def test_reset_forgets_what_would_come_again(listened: Desk, receiver: Receiver) -> None:
    receiver.answers = [500, 500]
    listened.control("reply", {"from": PHONE, "text": "before"})
    until(lambda: len(receiver.posts) == 2)
    listened.control("reset")
    assert listened.get("/sandbox/webhooks")["again"] == 0
    listened.control("reply", {"from": PHONE, "text": "after"})
    until(lambda: len(receiver.posts) == 3)
    assert receiver.values("messages")[-1]["text"]["body"] == "after"


def test_redirect_is_a_refusal(listened: Desk, receiver: Receiver) -> None:
    receiver.answers = [301]
    listened.control("reply", {"from": PHONE, "text": "Hi"})
    until(lambda: len(receiver.posts) == 2)
    refused = deliveries(listened)[-1]
    assert (refused["outcome"], refused["problem"]) == ("refused", "answered with 301")


def test_slashes_are_escaped_on_request_and_signed_as_sent(listened: Desk, receiver: Receiver) -> None:
    listened.control("webhook", {"escape_slashes": True})
    listened.control("reply", {"from": PHONE, "text": "a/b"})
    until(lambda: receiver.posts)
    listened.control("webhook", {"escape_slashes": False})
    body, signature = receiver.posts[0]
    assert rb"a\/b" in body
    assert signature == sign(body, listened.options.app_secret)


def test_number_and_account_may_have_addresses_of_their_own(listened: Desk, receiver: Receiver) -> None:
    store = listened.server.sandbox.world.store
    with receiving() as account, receiving() as number:
        store.override_url = account.url
        listened.control("reply", {"from": PHONE, "text": "to the account"})
        until(lambda: account.values("messages"))
        store.numbers[listened.options.phone_number_id].override_url = number.url
        listened.control("reply", {"from": PHONE, "text": "to the number"})
        until(lambda: number.values("messages"))
        listened.approved(ORDER)
        until(lambda: receiver.reviews)
        assert [len(place.values("messages")) for place in (account, number, receiver)] == [1, 1, 0]
        assert [place.reviews for place in (account, number)] == [[], []]


def test_dead_address_of_a_number_holds_up_nobody_else(listened: Desk, receiver: Receiver) -> None:
    store = listened.server.sandbox.world.store
    with receiving() as number:
        stalls = [Event() for _ in range(20)]
        number.stalls = list(stalls)
        store.numbers[listened.options.phone_number_id].override_url = number.url
        for place in range(12):
            listened.control("reply", {"from": f"+26377000{place:04}", "text": "Hi"})
        until(lambda: number.posts)
        listened.approved(ORDER)
        until(lambda: receiver.reviews)
        for stall in stalls:
            stall.set()
        until(lambda: len(number.values("messages")) == 12)


def test_challenge_can_be_repeated_and_is_shown(listened: Desk, receiver: Receiver) -> None:
    until(lambda: verified(listened))
    before = receiver.challenges
    right = listened.control("webhook/verify")
    assert receiver.challenges == before + 1
    assert right["verified"]
    assert right["answer"] == right["challenge"]
    receiver.token = "another"
    wrong = listened.control("webhook/verify")
    assert not wrong["verified"]
    assert (wrong["http_status"], wrong["url"]) == (403, receiver.url)
    assert "compare --verify-token" in wrong["problem"]
    assert listened.get("/sandbox/webhooks")["verification"]["http_status"] == 403
    receiver.token = listened.options.verify_token
    until(lambda: verified(listened))


def test_without_an_address_there_is_nothing_to_verify(desk: Desk) -> None:
    answer = desk.call("POST", "/sandbox/webhook/verify")
    assert answer.status == 400
    assert "POST /sandbox/webhook" in answer.json["error"]


def test_repetitions_follow_the_sandboxs_clock(receiver: Receiver) -> None:
    receiver.answers = [500, 500, 500]
    with running(webhook_url=receiver.url, clock="manual") as desk:
        desk.control("reply", {"from": PHONE, "text": "Hi"})
        until(lambda: desk.get("/sandbox/webhooks")["counts"]["refused"] == 2)  # the first repetition is immediate
        assert desk.get("/sandbox/webhooks")["again"] == 1
        in_loop(desk, desk.server.sandbox.world.clock.advance, 0.5)
        until(lambda: desk.get("/sandbox/webhooks")["counts"]["refused"] == 3)
        in_loop(desk, desk.server.sandbox.world.clock.advance, 1.0)
        until(lambda: desk.get("/sandbox/webhooks")["counts"]["delivered"] == 1)


def test_what_nobody_takes_for_seven_days_is_given_up(receiver: Receiver) -> None:
    receiver.answers = [500] * 3
    with running(webhook_url=receiver.url, clock="manual") as desk:
        desk.control("reply", {"from": PHONE, "text": "Hi"})
        until(lambda: desk.get("/sandbox/webhooks")["counts"]["refused"] == 2)
        in_loop(desk, desk.server.sandbox.world.clock.advance, 8 * 24 * 3600)
        dropped = until(lambda: desk.get("/sandbox/webhooks?outcome=dropped")["deliveries"])[0]
        assert dropped["problem"] == "given up after seven days"
        assert desk.get("/sandbox/webhooks")["again"] == 0
