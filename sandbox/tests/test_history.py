from __future__ import annotations

from sandbox.tests.desk import PHONE, Desk, Receiver, text_send, until

HISTORY = "/v25.0/106540352242922/message_history"


def sent(desk: Desk) -> str:
    return str(desk.send(text_send()).json["messages"][0]["id"])


def test_history_of_one_message_tells_what_its_webhooks_told(listened: Desk, receiver: Receiver) -> None:
    listened.control("reply", {"from": PHONE, "text": "Hi"})
    wamid = sent(listened)
    until(lambda: receiver.statuses == ["sent", "delivered", "read"])
    path = f"{HISTORY}?message_id={wamid}&fields=message_id,events{{delivery_status,webhook_update_state,webhook_uri}}"
    until(
        lambda: all(e["webhook_update_state"] == "DELIVERED" for e in listened.get(path)["data"][0]["events"]["data"])
    )
    (found,) = listened.get(path)["data"]
    assert found["message_id"] == wamid
    assert [event["delivery_status"] for event in found["events"]["data"]] == ["SENT", "DELIVERED", "READ"]
    assert {event["webhook_uri"] for event in found["events"]["data"]} == {receiver.url}


def test_failure_is_described(desk: Desk) -> None:
    wamid = sent(desk)
    until(lambda: desk.message(wamid)["status"] == "failed")
    (found,) = desk.get(f"{HISTORY}?message_id={wamid}&fields=events")["data"]
    (event,) = found["events"]["data"]
    assert (event["delivery_status"], event["error_description"]) == ("FAILED", "Re-engagement message")


def test_history_lists_the_latest_first_in_pages(desk: Desk) -> None:
    wamids = [sent(desk) for _ in range(3)]
    first = desk.get(f"{HISTORY}?limit=2")
    second = desk.get(f"{HISTORY}?limit=2&after={first['paging']['cursors']['after']}")
    assert [found["message_id"] for found in first["data"] + second["data"]] == wamids[::-1]


def test_unknown_message_has_an_empty_history(desk: Desk) -> None:
    assert desk.get(f"{HISTORY}?message_id=wamid.AAAA")["data"] == []


def test_message_of_another_number_is_not_shown(desk: Desk) -> None:
    wamid = sent(desk)
    other = desk.control("numbers", {"display": "+1 555-078-3882"})["id"]
    assert desk.get(f"/v25.0/{other}/message_history?message_id={wamid}")["data"] == []
