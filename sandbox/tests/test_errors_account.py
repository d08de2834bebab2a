"""Refusals about numbers, limits, media, lists and versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sandbox.tests.desk import ORDER, PHONE, Answer, Desk, order, running, text_send
from sandbox.tests.refusals import Row, check
from sandbox.tests.uploading import upload

NUMBER = "/v25.0/106540352242922"
ACCOUNT = "/v25.0/102290129340398"
INVALID = "(#100) Invalid parameter"
REGISTRATION = {"messaging_product": "whatsapp", "pin": "123456"}
BY_SMS = {"code_method": "SMS", "language": "en_US"}


@pytest.fixture(scope="module")
def limited() -> Iterator[Desk]:
    with running(limits="real", clock="manual", tier="TIER_250", strict_versions=True) as desk:
        yield desk


@pytest.fixture
def strict(limited: Desk) -> Desk:
    """A sandbox as new that holds to Meta's limits, with a clock that stands still."""
    limited.control("reset")
    return limited


def repeated(times: int, call: Callable[[Desk], Answer]) -> Callable[[Desk], Answer]:
    """The answer to the last call; those before were taken."""

    def provoke(desk: Desk) -> Answer:
        for _ in range(times - 1):
            assert call(desk).status == 200
        return call(desk)

    return provoke


def to_many_people(desk: Desk) -> Answer:
    desk.control("templates", ORDER)
    for place in range(250):
        desk.control("clock", {"advance": 0.05})
        assert desk.send(order("Tariro", "A-19", to=f"+26377{place:07}")).status == 200
    return desk.send(order("Tariro", "A-19", to="+263779999999"))


def to_many_people_at_once(desk: Desk) -> Answer:
    for place in range(80):
        assert desk.send(text_send(to=f"+26377{place:07}")).status == 200
    return desk.send(text_send(to="+263779999999"))


def many_templates(desk: Desk) -> Answer:
    for place in range(100):
        assert desk.create(ORDER | {"name": f"order_{place}"}).status == 200
    return desk.create(ORDER)


def without_a_registered_number(path: str) -> Callable[[Desk], Answer]:
    def provoke(desk: Desk) -> Answer:
        desk.control("numbers/106540352242922", {"status": "DISCONNECTED"})
        return repeated(201, lambda desk: desk.call("GET", path))(desk)

    return provoke


def registered_again(desk: Desk) -> Answer:
    for call in ("register", "deregister"):
        assert desk.call("POST", f"{NUMBER}/{call}", REGISTRATION).status == 200
    return desk.call("POST", f"{NUMBER}/register", REGISTRATION)


def registered_with_another_pin(desk: Desk) -> Answer:
    assert desk.call("POST", f"{NUMBER}/register", REGISTRATION).status == 200
    return desk.call("POST", f"{NUMBER}/register", REGISTRATION | {"pin": "000000"})


def added(desk: Desk) -> str:
    number = {"country_code": "263", "phone_number": "771234567", "verified_name": "Demo Shop"}
    return f"/v25.0/{desk.call('POST', f'{ACCOUNT}/phone_numbers', number).json['id']}"


def registered_before_it_was_verified(desk: Desk) -> Answer:
    return desk.call("POST", f"{added(desk)}/register", REGISTRATION)


def sent_from_an_unregistered_number(desk: Desk) -> Answer:
    return desk.call("POST", f"{added(desk)}/messages", text_send())


def wrong_code(desk: Desk) -> Answer:
    number = added(desk)
    assert desk.call("POST", f"{number}/request_code", BY_SMS).status == 200
    return desk.call("POST", f"{number}/verify_code", {"code": "000000"})


def picture_as_a_document(desk: Desk) -> Answer:
    desk.control(f"people/{PHONE}", {"window_open": True})
    media_id = upload(desk, b"\xff\xd8\xff", "image/jpeg").json["id"]
    return desk.send(text_send(type="document", document={"id": media_id}))


def added_twice(desk: Desk) -> Answer:
    added(desk)
    number = {"country_code": "263", "phone_number": "77 123 4567", "verified_name": "Demo Shop"}
    return desk.call("POST", f"{ACCOUNT}/phone_numbers", number)


KNOWN_FILES = (
    "application/msword, application/pdf, application/vnd.ms-excel, application/vnd.ms-powerpoint, "
    "application/vnd.openxmlformats-officedocument.presentationml.presentation, "
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, "
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document, audio/aac, audio/amr, audio/mp4, "
    "audio/mpeg, audio/ogg, image/jpeg, image/png, image/webp, text/plain, video/3gpp, video/mp4"
)
TABLE = [
    Row(
        "81st message in a second",
        to_many_people_at_once,
        130429,
        "Rate limit hit: 80 messages a second from this number.",
    ),
    Row(
        "46th message to one person",
        repeated(46, lambda desk: desk.send(text_send())),
        131056,
        "Too many messages sent from this phone number to the same person.",
    ),
    Row("251st person in a day", to_many_people, 131048, "Messaging limit reached: 250 people in 24 hours."),
    Row(
        "201st call to an account without a registered number",
        without_a_registered_number(ACCOUNT),
        80007,
        "Too many calls to this WhatsApp Business account.",
    ),
    Row(
        "201st call to its numbers",
        without_a_registered_number(f"{ACCOUNT}/phone_numbers"),
        80008,
        "Too many calls to this WhatsApp Business account.",
    ),
    Row("101st template in an hour", many_templates, 80008, "100 templates an hour are allowed."),
    Row(
        "11th registration in three days",
        repeated(11, lambda desk: desk.call("POST", f"{NUMBER}/register", REGISTRATION)),
        133016,
        "10 registrations in 72 hours are allowed.",
    ),
    Row(
        "registration just after the deregistration",
        registered_again,
        133015,
        "Wait five minutes before you register this phone number again.",
    ),
    Row("another PIN", registered_with_another_pin, 133005, "Two-step verification PIN is incorrect"),
    Row(
        "registration of a number that was not verified",
        registered_before_it_was_verified,
        133006,
        "Phone number needs to be verified before registering",
    ),
    Row(
        "message from a number that was never registered",
        sent_from_an_unregistered_number,
        133010,
        "Phone number is not registered on the Whatsapp Business Platform",
    ),
    Row(
        "second code within a minute",
        repeated(2, lambda desk: desk.call("POST", f"{NUMBER}/request_code", BY_SMS)),
        136024,
        "A code was sent a moment ago: wait before you ask again",
        subcode=2388091,
    ),
    Row(
        "wrong code",
        wrong_code,
        100,
        message="Invalid parameter",
        subcode=2388093,
        title="The verification code is wrong",
        user_msg="The code is wrong (the sandbox's is always 123456).",
    ),
    Row(
        "number that is here already",
        added_twice,
        100,
        message="Invalid parameter",
        subcode=2388012,
        title="This phone number can't be added",
        user_msg="The phone number is already registered to an account.",
    ),
    Row("PIN of letters", lambda desk: desk.call("POST", NUMBER, {"pin": "abc"}), 100, "pin: six digits.", INVALID),
    Row(
        "profile that says too much",
        lambda desk: desk.call(
            "POST", f"{NUMBER}/whatsapp_business_profile", {"messaging_product": "whatsapp", "about": "x" * 140}
        ),
        100,
        "about: at most 139 characters.",
        INVALID,
    ),
    Row(
        "large picture",
        lambda desk: upload(desk, bytes(5 * 1024 * 1024 + 1), "image/png"),
        131053,
        "The file has 5242881 bytes; 5242880 are allowed for image/png.",
    ),
    Row("empty file", lambda desk: upload(desk, b"", "image/png"), 131053, "The file is empty."),
    Row(
        "unknown kind of file",
        lambda desk: upload(desk, b"GIF89a", "image/gif"),
        100,
        message=f"(#100) Param file must be a file with one of the following types: {KNOWN_FILES}.",
    ),
    Row(
        "picture as a document",
        picture_as_a_document,
        131053,
        "document.id: media 1037543291000001 is image/jpeg",
    ),
    Row(
        "media that is not here",
        lambda desk: desk.send(text_send(type="image", image={"id": "1037543291000009"})),
        131009,
        "image.id: there is no media 1037543291000009",
    ),
    Row(
        "false cursor",
        lambda desk: desk.call("GET", f"{ACCOUNT}/message_templates?after=zzz"),
        131059,
        "Start again without the cursor.",
    ),
    Row(
        "limit of letters",
        lambda desk: desk.call("GET", f"{ACCOUNT}/phone_numbers?limit=many"),
        100,
        message="(#100) Param limit must be an integer",
    ),
    Row(
        "version that has ended",
        lambda desk: desk.call("GET", "/v19.0/102290129340398"),
        2635,
        message="(#2635) You are calling a deprecated version of the API. Please update to v26.0.",
    ),
    Row(
        "version that is still to come",
        lambda desk: desk.call("GET", "/v99.0/102290129340398"),
        2635,
        message="(#2635) Unknown version v99.0. The newest is v26.0.",
    ),
    Row(
        "wrong proof of the app secret",
        lambda desk: desk.call("GET", f"{ACCOUNT}?appsecret_proof=00"),
        100,
        message="Invalid appsecret_proof provided in the API argument",
        type="GraphMethodException",
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_call_is_refused(strict: Desk, row: Row) -> None:
    check(row, row.provoke(strict))
