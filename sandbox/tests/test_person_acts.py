"""What people do, as Meta tells it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sandbox.tests.desk import ORDER, PHONE, Desk, Receiver, order, text_send, until

WA_ID = PHONE.lstrip("+")
DATA = base64.b64encode(b"bytes").decode()
CARD = {"name": {"formatted_name": "Rudo", "first_name": "Rudo"}, "phones": [{"phone": "+263770000001"}]}
ITEM = {"product_retailer_id": "rice-2kg", "quantity": 1, "item_price": 9.5, "currency": "USD"}
FORM = {"name": "flow", "body": "Sent", "response_json": '{"flow_token":"t"}'}


def said(desk: Desk, receiver: Receiver, **what: Any) -> Any:
    """The one message that the webhook tells of."""
    before = len(receiver.values("messages"))
    desk.control("reply", {"from": PHONE, **what})
    until(lambda: len(receiver.values("messages")) > before)
    return receiver.values("messages")[before]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("location", {"latitude": -17.8, "longitude": 31.05, "name": "Shop"}),
        ("contacts", [CARD]),
        ("button", {"text": "Stop", "payload": "STOP-A-19"}),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "r1", "title": "Rice", "description": "2 kg"}}),
        ("interactive", {"type": "nfm_reply", "nfm_reply": FORM}),
        ("order", {"catalog_id": "1", "text": "Please", "product_items": [ITEM]}),
    ],
)
def test_what_a_person_says_is_told_as_it_is(listened: Desk, receiver: Receiver, kind: str, content: Any) -> None:
    message = said(listened, receiver, **{kind: content})
    assert message.pop("id").startswith("wamid.")
    assert message.pop("timestamp").isdecimal()
    assert message.pop("from_user_id").startswith("ZW.")
    assert message == {"from": WA_ID, "type": kind, kind: content}
    (contact,) = receiver.values("contacts")
    assert (contact["wa_id"], contact["profile"]) == (WA_ID, {"name": "Phone 4567"})


@pytest.mark.parametrize(
    ("kind", "mime_type", "more"),
    [
        ("image", "image/jpeg", {"caption": "Look"}),
        ("video", "video/mp4", {"caption": "Look"}),
        ("audio", "audio/ogg; codecs=opus", {"voice": True}),
        ("document", "application/pdf", {"filename": "bill.pdf"}),
        ("sticker", "image/webp", {"animated": False}),
    ],
)
def test_file_of_a_person_can_be_downloaded(
    listened: Desk, receiver: Receiver, kind: str, mime_type: str, more: dict[str, Any]
) -> None:
    given = {key: value for key, value in more.items() if key in {"caption", "filename"}}
    content = said(listened, receiver, **{kind: {"data": DATA, **given}})[kind]
    media = listened.get(f"/v25.0/{content['id']}")
    assert content == {"mime_type": mime_type, "sha256": media["sha256"], "id": media["id"], **more}
    address = media["url"].removeprefix(listened.server.url)
    assert listened.call("GET", address).raw == b"bytes"


def test_answer_names_the_message_it_quotes_and_its_sender(listened: Desk, receiver: Receiver) -> None:
    listened.control(f"people/{PHONE}", {"window_open": True})
    wamid = listened.send(text_send()).json["messages"][0]["id"]
    assert said(listened, receiver, text="Yes", context=wamid)["context"] == {"from": "15550783881", "id": wamid}


def test_reaction_is_told_and_taken_back_without_an_emoji(listened: Desk, receiver: Receiver) -> None:
    listened.control(f"people/{PHONE}", {"window_open": True})
    wamid = listened.send(text_send()).json["messages"][0]["id"]
    for reaction in ({"message_id": wamid, "emoji": "👍"}, {"message_id": wamid}):
        assert said(listened, receiver, reaction=reaction)["reaction"] == reaction


def test_correction_and_deletion_name_the_original(listened: Desk, receiver: Receiver) -> None:
    wamid = said(listened, receiver, text="Helo")["id"]
    corrected = {"original_message_id": wamid, "message": {"type": "text", "text": {"body": "Hello"}}}
    assert said(listened, receiver, edit=corrected)["edit"] == corrected
    assert listened.message(wamid)["text"] == "Hello"
    assert said(listened, receiver, revoke={"original_message_id": wamid})["revoke"] == {"original_message_id": wamid}


def test_unsupported_message_may_lack_its_type(listened: Desk, receiver: Receiver) -> None:
    assert "unsupported" not in said(listened, receiver, unsupported={})
    assert said(listened, receiver, unsupported={"type": "poll"})["unsupported"] == {"type": "poll"}


def test_changed_number_is_told_by_a_system_message_without_contacts(listened: Desk, receiver: Receiver) -> None:
    listened.control(f"people/{PHONE}", {"window_open": False})
    changed = listened.control(f"people/{PHONE}/change-number", {"to": "+263770000009"})
    (message,) = until(lambda: receiver.values("messages"))
    assert (message["from"], message["type"]) == (WA_ID, "system")
    assert message["system"] == {
        "body": "User Phone 4567 changed from 263771234567 to 263770000009",
        "wa_id": "263770000009",
        "user_id": changed["user_id"],
        "type": "user_changed_number",
    }
    assert receiver.values("contacts") == []
    assert listened.control("people/+263770000009", method="GET")["window_open"] is False


def test_changed_number_leaves_the_old_user_id_unknown(listened: Desk) -> None:
    old = listened.control(f"people/{PHONE}", {"window_open": True})["user_id"]
    new = listened.control(f"people/{PHONE}/change-number", {"to": "+263770000009"})["user_id"]
    payload = {key: value for key, value in text_send().items() if key != "to"}
    assert listened.send(payload | {"recipient": old}).error["error_subcode"] == 33
    assert listened.send(payload | {"recipient": new}).status == 200


def test_stopped_and_resumed_offers_are_told(listened: Desk, receiver: Receiver) -> None:
    for stopped in (True, True, False):
        listened.control(f"people/{PHONE}", {"stopped_marketing": stopped})
    until(lambda: len(receiver.values("user_preferences")) == 2)
    stop, resume = receiver.values("user_preferences")
    assert (stop["value"], resume["value"]) == ("stop", "resume")
    assert stop["detail"] == "User requested to stop marketing messages"
    assert (stop["wa_id"], type(stop["timestamp"])) == (WA_ID, int)


def test_person_with_a_username_is_known_by_the_user_id_alone(listened: Desk, receiver: Receiver) -> None:
    listened.approved(ORDER)
    user_id = listened.control(f"people/{PHONE}", {"hides_number": True})["user_id"]
    message = said(listened, receiver, text="Hi")
    assert (message["from_user_id"], "from" in message) == (user_id, False)
    listened.send(order("Tariro", "A-19"))
    until(lambda: receiver.statuses == ["sent", "delivered", "read"])
    assert [set(status) & {"recipient_id", "recipient_user_id"} for status in receiver.values("statuses")] == [
        {"recipient_user_id"}
    ] * 3
    assert WA_ID not in str(receiver.bodies)


def test_username_is_told_once_a_message_has_arrived(listened: Desk, receiver: Receiver) -> None:
    listened.approved(ORDER)
    listened.control(f"people/{PHONE}", {"hides_number": True, "offline": True})
    wamid = listened.send(order("Tariro", "A-19")).json["messages"][0]["id"]
    until(lambda: receiver.statuses == ["sent"])
    assert ["username" in contact["profile"] for contact in receiver.values("contacts")] == [False]
    listened.control(f"people/{PHONE}", {"offline": False})
    until(lambda: listened.message(wamid)["status"] == "read")
    until(lambda: len(receiver.statuses) == 3)
    assert "username" in receiver.values("contacts")[-1]["profile"]


def test_failure_names_the_recipient_as_the_business_did(listened: Desk, receiver: Receiver) -> None:
    user_id = listened.control(f"people/{PHONE}", {"hides_number": True, "fail": 131026})["user_id"]
    listened.send(text_send())
    listened.send({key: value for key, value in text_send(recipient=user_id).items() if key != "to"})
    until(lambda: len(receiver.statuses) == 2)
    to_number, to_user_id = receiver.values("statuses")
    assert (to_number.get("recipient_id"), to_number.get("recipient_user_id")) == (WA_ID, None)
    assert (to_user_id.get("recipient_id"), to_user_id.get("recipient_user_id")) == (None, user_id)
    assert receiver.values("contacts") == []


def test_login_message_that_nobody_asked_for_is_answered_with_metas_button(listened: Desk, receiver: Receiver) -> None:
    button = {"text": "I didn't request a code", "payload": "DID_NOT_REQUEST_CODE"}
    assert said(listened, receiver, button=button)["button"] == button


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (
            "account_update",
            {
                "event": "DISABLED_UPDATE",
                "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE", "waba_ban_date": "November 30, 2026"},
            },
        ),
        ("account_update", {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SPAM"}}),
        (
            "account_alerts",
            {
                "entity_type": "WABA",
                "entity_id": "1",
                "alert_info": {
                    "alert_severity": "INFORMATIONAL",
                    "alert_status": "NONE",
                    "alert_type": "OBA_APPROVED",
                    "alert_description": "Approved",
                },
            },
        ),
        ("account_review_update", {"decision": "APPROVED"}),
        (
            "business_capability_update",
            {"max_daily_conversations_per_business": 2000, "max_phone_numbers_per_business": 20},
        ),
        ("security", {"event": "PIN_CHANGED", "requester": "7"}),
    ],
)
def test_what_meta_says_about_the_account_is_told(listened: Desk, receiver: Receiver, field: str, value: Any) -> None:
    listened.control("account", {"field": field, "value": value})
    body = until(lambda: receiver.bodies)[0]
    (change,) = body["entry"][0]["changes"]
    assert change["field"] == field
    assert change["value"].items() >= value.items()
