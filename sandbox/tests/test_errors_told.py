"""Codes without a natural cause: magic numbers and the control calls bring them about."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.tests.desk import LOGIN, ORDER, PHONE, Answer, Desk, Receiver, order, text_send, until
from sandbox.tests.refusals import Provoke, Row, check, failed_with

MAGIC = "+1555 0 "


def dialled(code: int) -> Provoke:
    """To +1555 0 and the code in six digits."""
    return lambda desk: desk.send(text_send(to=f"{MAGIC}{code:06}"))


def told(code: int) -> Provoke:
    def provoke(desk: Desk) -> Answer:
        desk.control(f"people/{PHONE}", {"refuse": code})
        return desk.send(text_send())

    return provoke


def faulty(code: int) -> Provoke:
    """On registration, where no person is."""

    def provoke(desk: Desk) -> Answer:
        desk.fault("error", "account", code=code, edge="register")
        return desk.call("POST", "/v25.0/106540352242922/register", {"messaging_product": "whatsapp", "pin": "123456"})

    return provoke


#: Code -> `error_data.details`.
DIALLED = {
    4: "",
    368: "",
    80007: "",
    130429: "Message failed to send because there were too many messages sent from this phone number in a short "
    "period of time",
    131000: "Message failed to send due to an unknown error",
    131005: "Permission is either not granted or has been removed",
    131016: "A service is temporarily unavailable",
    131021: "Message failed to send because the sender and recipient phone numbers are the same",
    131030: "Recipient phone number not in allowed list: Add recipient phone number to recipient list and try again.",
    131031: "Business Account has been locked",
    131037: "Message failed to send because the display name of this phone number has not been approved",
    131045: "Message failed to send due to a phone number registration error",
    131048: "Message failed to send because there are restrictions on how many messages can be sent from this phone "
    "number. This may be because too many previous messages were blocked or flagged as spam",
    131056: "Message failed to send because there were too many messages sent from this phone number to the same phone "
    "number in a short period of time",
    131057: "Business Account is in maintenance mode",
    131064: "Message failed to send because templates were put in the wrong category repeatedly",
    132007: "Template content violates a WhatsApp policy",
    133000: "A previous deregistration attempt failed",
    133004: "Server is temporarily unavailable",
    133010: "Phone number is not registered on the Whatsapp Business Platform",
    133015: "The phone number you are attempting to register was recently deleted, and deletion has not yet completed",
    135000: "Message failed to send because of an unknown error with your request parameters",
}
TOLD = {
    1: "",
    2: "",
    3: "",
    10: "",
    33: "",
    200: "",
    613: "",
    131051: "Message type is currently not supported.",
    131058: "The hello_world template can only be sent from the public test numbers",
    131063: "Marketing templates are sent with marketing_messages only",
    132068: "Flow is in blocked state",
    132069: "Flow is in throttled state and 10 messages using this flow were already sent in the last hour",
    134011: "The WhatsApp payments terms of service have not been accepted",
    139200: "This message is not eligible for Direct Send",
}
FAULTY = {
    0: "",
    133008: "Too many two-step verification PIN guesses for this phone number",
    133009: "Two-step verification PIN was entered too quickly",
}
TABLE = [
    *(Row(f"dialled {code}", dialled(code), code, details) for code, details in DIALLED.items()),
    *(Row(f"told {code}", told(code), code, details) for code, details in TOLD.items()),
    *(Row(f"faulty {code}", faulty(code), code, details) for code, details in FAULTY.items()),
]
#: Code of a `failed` status that follows the acceptance -> its details.
FAILED_DIALLED = {
    130472: "Message failed to send because this user's phone number is part of an experiment",
    130497: "Message failed to send because the business account is restricted from messaging users in this country",
    131014: "Request for url failed",
    131026: "Message Undeliverable.",
    131042: "Message failed to send because there were one or more errors related to your payment method.",
    131043: "Message has not been delivered within its time to live",
    131047: "Message failed to send because more than 24 hours have passed since the customer last replied "
    "to this number.",
    131049: "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
    131050: "Message failed to send because the user has chosen to stop receiving marketing messages from you",
    131052: "Media file could not be downloaded",
    131053: "Media file could not be uploaded",
    132015: "Template is paused",
    137000: "The identity key hash of the recipient has changed",
}
FAILED_TOLD = {
    131000: "Message failed to send due to an unknown error",
    131016: "A service is temporarily unavailable",
    131044: "Message failed to send because there were one or more errors related to your payment method.",
    131048: "Message failed to send because there are restrictions on how many messages can be sent from this phone "
    "number. This may be because too many previous messages were blocked or flagged as spam",
    131064: "Message failed to send because templates were put in the wrong category repeatedly",
}


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_call_is_refused(desk: Desk, row: Row) -> None:
    check(row, row.provoke(desk))
    assert desk.get("/sandbox/health")["messages"] == 0


def test_magic_number_lets_the_token_expire_for_its_own_calls_only(desk: Desk) -> None:
    assert dialled(190)(desk).error["code"] == 190
    assert desk.send(text_send()).status == 200


def only_failure(receiver: Receiver) -> dict[str, Any]:
    (status,) = until(lambda: receiver.values("statuses"))
    assert status["status"] == "failed"
    assert set(status) == {"id", "status", "timestamp", "recipient_id", "biz_opaque_callback_data", "errors"}
    (error,) = status["errors"]
    return dict(error)


@pytest.mark.parametrize("code", FAILED_DIALLED)
def test_accepted_message_to_a_magic_number_fails(listened: Desk, receiver: Receiver, code: int) -> None:
    listened.approved(ORDER)
    answer = listened.send(order("Tariro", "A-19", to=f"{MAGIC}{code:06}", biz_opaque_callback_data="ord-7"))
    assert answer.json["messages"][0]["message_status"] == "accepted"
    assert only_failure(receiver) == failed_with(code, FAILED_DIALLED[code])


@pytest.mark.parametrize("code", FAILED_TOLD)
def test_accepted_message_to_an_unlucky_person_fails(listened: Desk, receiver: Receiver, code: int) -> None:
    listened.approved(ORDER)
    listened.control(f"people/{PHONE}", {"fail": code})
    listened.send(order("Tariro", "A-19", biz_opaque_callback_data="ord-7"))
    assert only_failure(receiver) == failed_with(code, FAILED_TOLD[code])


@pytest.mark.parametrize(
    ("ending", "statuses"), [("200001", ["sent"]), ("200002", ["sent", "delivered"]), ("200004", ["sent"])]
)
def test_magic_phone_is_off_or_unread_or_has_blocked_the_business(desk: Desk, ending: str, statuses: list[str]) -> None:
    desk.approved(LOGIN, ORDER)
    wamid = desk.send(order("Tariro", "A-19", to=MAGIC + ending)).json["messages"][0]["id"]
    last = desk.send(order("Tariro", "A-20")).json["messages"][0]["id"]
    until(lambda: desk.message(last)["status"] == "read")
    assert [status["status"] for status in desk.message(wamid)["statuses"]] == statuses
