from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.tests.desk import PHONE, Answer, Desk, Receiver, receiving, running, text_send, until

ACCOUNT = "/v25.0/102290129340398"
NUMBER = "/v25.0/106540352242922"
NO_PROFILE = {"messaging_product": "whatsapp", "vertical": "UNDEFINED"}
BY_SMS = {"code_method": "SMS", "language": "en_US"}
REGISTRATION = {"messaging_product": "whatsapp", "pin": "123456"}
HOUR = 3600


@pytest.fixture(scope="module")
def slow() -> Iterator[Desk]:
    with running(clock="manual", limits="real") as desk:
        yield desk


@pytest.fixture
def still(slow: Desk) -> Desk:
    slow.control("reset")
    return slow


def added(desk: Desk, **more: Any) -> str:
    body = {"country_code": "263", "phone_number": "77 123 4567", "verified_name": "Demo Shop"} | more
    answer = desk.call("POST", f"{ACCOUNT}/phone_numbers", body)
    assert answer.status == 200, answer.raw
    return f"/v25.0/{answer.json['id']}"


def post(desk: Desk, path: str, body: Any = None) -> Answer:
    return desk.call("POST", path, body)


def test_number_is_added_verified_and_registered_before_it_sends(desk: Desk) -> None:
    number = added(desk)
    fields = f"{number}?fields=status,code_verification_status,platform_type,name_status,health_status"
    before = desk.get(fields)
    assert (before["status"], before["code_verification_status"]) == ("PENDING", "NOT_VERIFIED")
    assert before["platform_type"] == "NOT_APPLICABLE"
    assert before["health_status"]["entities"][0]["errors"][0]["error_code"] == 141000
    assert post(desk, f"{number}/messages", text_send()).error["code"] == 133010
    for step, body in (("request_code", BY_SMS), ("verify_code", {"code": "123-456"}), ("register", REGISTRATION)):
        assert post(desk, f"{number}/{step}", body).json == {"success": True}
    after = desk.get(fields)
    assert (after["status"], after["code_verification_status"]) == ("CONNECTED", "VERIFIED")
    assert (after["platform_type"], after["name_status"]) == ("CLOUD_API", "APPROVED")
    assert after["health_status"]["can_send_message"] == "AVAILABLE"
    assert post(desk, f"{number}/messages", text_send(to="+263770000001")).status == 200


def test_older_name_of_the_country_code_is_taken_too(desk: Desk) -> None:
    body = {"cc": "263", "phone_number": "771234568", "verified_name": "Demo Shop"}
    number = post(desk, f"{ACCOUNT}/phone_numbers", body).json["id"]
    assert desk.get(f"/v25.0/{number}")["display_phone_number"] == "+263 771234568"


def test_code_that_was_not_asked_for_is_refused(desk: Desk) -> None:
    assert post(desk, f"{added(desk)}/verify_code", {"code": "123456"}).error["error_subcode"] == 2388093


def test_next_code_may_be_asked_for_a_minute_later(still: Desk) -> None:
    number = added(still)
    assert post(still, f"{number}/request_code", BY_SMS).status == 200
    still.control("clock", {"advance": 59})
    assert post(still, f"{number}/request_code", BY_SMS).error["code"] == 136024
    still.control("clock", {"advance": 1})
    assert post(still, f"{number}/request_code", BY_SMS).status == 200


def test_deregistered_number_sends_nothing_until_it_is_registered_with_its_pin(desk: Desk) -> None:
    assert post(desk, NUMBER, {"pin": "654321"}).json == {"success": True}
    assert desk.get(f"{NUMBER}?fields=is_pin_enabled")["is_pin_enabled"] is True
    assert post(desk, f"{NUMBER}/deregister").json == {"success": True}
    assert desk.send(text_send()).error["code"] == 133010
    assert post(desk, f"{NUMBER}/deregister").error["code"] == 133010
    assert post(desk, f"{NUMBER}/register", REGISTRATION).error["code"] == 133005
    assert post(desk, f"{NUMBER}/register", REGISTRATION | {"pin": "654321"}).status == 200
    assert desk.send(text_send()).status == 200


def test_tenth_registration_is_the_last_for_three_days(still: Desk) -> None:
    for _ in range(10):
        assert post(still, f"{NUMBER}/register", REGISTRATION).status == 200
    refused = post(still, f"{NUMBER}/register", REGISTRATION)
    assert (refused.error["code"], refused.headers["Retry-After"]) == (133016, str(72 * HOUR))
    still.control("clock", {"advance": 72 * HOUR})
    assert post(still, f"{NUMBER}/register", REGISTRATION).status == 200


def test_deregistered_number_is_registered_again_after_five_minutes(still: Desk) -> None:
    assert post(still, f"{NUMBER}/deregister").status == 200
    still.control("clock", {"advance": 299})
    assert post(still, f"{NUMBER}/register", REGISTRATION).error["code"] == 133015
    still.control("clock", {"advance": 1})
    assert post(still, f"{NUMBER}/register", REGISTRATION).status == 200


def test_profile_reads_back_what_was_written(desk: Desk) -> None:
    path, profile = f"{NUMBER}/whatsapp_business_profile", {"about": "Open till 6", "websites": ["https://ex.example"]}
    body = {"messaging_product": "whatsapp", "vertical": "RETAIL", "profile_picture_handle": "4::aW1n", **profile}
    assert post(desk, path, body).json == {"success": True}
    (seen,) = desk.get(f"{path}?fields=about,websites,vertical,profile_picture_url")["data"]
    assert seen.pop("profile_picture_url").startswith("https://")
    assert seen == {"messaging_product": "whatsapp", "vertical": "RETAIL", **profile}


@pytest.mark.parametrize(
    "wrong",
    [
        {"about": "x" * 140},
        {"address": "x" * 257},
        {"description": "x" * 513},
        {"websites": ["https://a.example", "https://b.example", "https://c.example"]},
        {"vertical": "SHOES"},
        {"colour": "red"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_profile_holds_to_its_lengths(desk: Desk, wrong: dict[str, Any]) -> None:
    answer = post(desk, f"{NUMBER}/whatsapp_business_profile", {"messaging_product": "whatsapp", **wrong})
    assert (answer.status, answer.error["code"]) == (400, 100)
    assert desk.get(f"{NUMBER}/whatsapp_business_profile")["data"] == [NO_PROFILE]


def test_identity_check_puts_the_hash_into_statuses(listened: Desk, receiver: Receiver) -> None:
    setting = {"user_identity_change": {"enable_identity_key_check": True}}
    assert post(listened, f"{NUMBER}/settings", setting).json == {"success": True}
    assert listened.get(f"{NUMBER}/settings")["user_identity_change"] == {"enable_identity_key_check": True}
    listened.control("reply", {"from": PHONE, "text": "Hi"})
    listened.send(text_send())
    until(lambda: len(receiver.statuses) == 3)
    known = listened.control(f"people/{PHONE}", method="GET")["identity_key_hash"]
    assert {status["recipient_identity_key_hash"] for status in receiver.values("statuses")} == {known}


def test_override_of_a_number_takes_its_messages_and_nothing_else(listened: Desk, receiver: Receiver) -> None:
    with receiving() as own:
        override = {"override_callback_uri": own.url, "verify_token": own.token}
        assert post(listened, NUMBER, {"webhook_configuration": override}).json == {"success": True}
        shown = listened.get(f"{NUMBER}?fields=webhook_configuration")["webhook_configuration"]
        assert shown == {"phone_number": own.url, "application": receiver.url}
        listened.control("reply", {"from": PHONE, "text": "Hi"})
        until(lambda: own.values("messages"))
        listened.control(f"numbers/{listened.options.phone_number_id}", {"quality_rating": "RED"})
        until(lambda: receiver.bodies)
        assert receiver.values("messages") == []
        assert post(listened, NUMBER, {"webhook_configuration": {"override_callback_uri": ""}}).status == 200
        listened.control("reply", {"from": PHONE, "text": "Again"})
        until(lambda: receiver.values("messages"))


def test_override_of_the_account_ends_with_a_subscription_without_a_body(listened: Desk, receiver: Receiver) -> None:
    path = f"{ACCOUNT}/subscribed_apps"
    with receiving() as own:
        assert post(listened, path, {"override_callback_uri": own.url, "verify_token": own.token}).status == 200
        assert listened.get(path)["data"][0]["override_callback_uri"] == own.url
        listened.control("reply", {"from": PHONE, "text": "Hi"})
        until(lambda: own.values("messages"))
    assert post(listened, path).json == {"success": True}
    assert "override_callback_uri" not in listened.get(path)["data"][0]


def test_without_a_subscription_no_message_is_told_but_reviews_are(listened: Desk, receiver: Receiver) -> None:
    assert listened.call("DELETE", f"{ACCOUNT}/subscribed_apps").json == {"success": True}
    assert listened.get(f"{ACCOUNT}/subscribed_apps") == {"data": []}
    listened.control("reply", {"from": PHONE, "text": "Hi"})
    listened.control(f"numbers/{listened.options.phone_number_id}", {"quality_rating": "YELLOW"})
    until(lambda: receiver.bodies)
    assert receiver.values("messages") == []


@pytest.mark.parametrize(
    "override", [{"override_callback_uri": "ftp://ex.example"}, {"override_callback_uri": "https://ex.example"}]
)
def test_override_needs_an_address_and_a_token(desk: Desk, override: dict[str, str]) -> None:
    assert post(desk, NUMBER, {"webhook_configuration": override}).error["code"] == 100


def test_numbers_are_listed_in_pages(desk: Desk) -> None:
    for place in range(3):
        added(desk, phone_number=f"77123450{place}")
    first = desk.get(f"{ACCOUNT}/phone_numbers?limit=3&fields=id,status")
    assert [set(number) for number in first["data"]] == [{"id", "status"}] * 3
    second = desk.get(f"{ACCOUNT}/phone_numbers?limit=3&after={first['paging']['cursors']['after']}")
    assert len(second["data"]) == 1
    assert "next" in first["paging"]
    assert "next" not in second["paging"]


def test_changes_of_a_number_are_told_by_webhooks_of_their_own(listened: Desk, receiver: Receiver) -> None:
    changed = f"numbers/{listened.options.phone_number_id}"
    listened.control(changed, {"throughput": "HIGH"})
    listened.control(changed, {"quality_rating": "RED"})
    listened.control(changed, {"verified_name": "Demo Shop"})
    until(lambda: sum(len(body["entry"][0]["changes"]) for body in receiver.bodies) == 3)
    changes = [change for body in receiver.bodies for change in body["entry"][0]["changes"]]
    assert [change["field"] for change in changes] == [
        "phone_number_quality_update",
        "phone_number_quality_update",
        "phone_number_name_update",
    ]
    assert changes[0]["value"] == {
        "display_phone_number": "15550783881",
        "event": "THROUGHPUT_UPGRADE",
        "max_daily_conversations_per_business": "TIER_2K",
    }
    assert changes[2]["value"]["requested_verified_name"] == "Demo Shop"
    assert all(isinstance(body["entry"][0]["time"], int) for body in receiver.bodies)
