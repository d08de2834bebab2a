from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from sandbox.tests.desk import PHONE, Answer, Desk, running, text_send
from sandbox.tests.uploading import upload

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(90))
MINUTE, DAY = 60, 24 * 3600
STILL, MOVING = (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0" + bytes([flags]) + bytes(150 * 1024) for flags in (0, 2))


@pytest.fixture(scope="module")
def slow() -> Iterator[Desk]:
    with running(clock="manual") as desk:
        yield desk


@pytest.fixture
def still(slow: Desk) -> Desk:
    """A sandbox as new whose clock moves by hand."""
    slow.control("reset")
    return slow


def uploaded(desk: Desk) -> str:
    return str(upload(desk, PICTURE, "image/png", "logo.png").json["id"])


def address(desk: Desk, media_id: str) -> str:
    parts = urlsplit(desk.get(f"/v25.0/{media_id}")["url"])
    return f"{parts.path}?{parts.query}"


def part_of(desk: Desk, media_id: str, wanted: str) -> Answer:
    return desk.call("GET", address(desk, media_id), headers={"Range": wanted})


def test_upload_answers_an_id_of_digits_alone(desk: Desk) -> None:
    answer = upload(desk, PICTURE, "image/png")
    assert list(answer.json) == ["id"]
    assert answer.json["id"].isdecimal()


def test_lookup_describes_the_file_with_its_digest_in_base64(desk: Desk) -> None:
    media_id = uploaded(desk)
    seen = desk.get(f"/v25.0/{media_id}")
    assert seen.pop("url").startswith(f"{desk.server.url}/")
    assert seen == {
        "messaging_product": "whatsapp",
        "mime_type": "image/png",
        "sha256": base64.b64encode(hashlib.sha256(PICTURE).digest()).decode(),
        "file_size": len(PICTURE),
        "id": media_id,
    }


def test_bytes_come_from_the_address_of_the_lookup_without_a_redirect(desk: Desk) -> None:
    answer = desk.call("GET", address(desk, uploaded(desk)))
    assert (answer.status, answer.raw, answer.headers["Content-Type"]) == (200, PICTURE, "image/png")


def test_address_needs_the_token_too(desk: Desk) -> None:
    where = address(desk, uploaded(desk))
    assert desk.call("GET", where, token=None).status == 401
    assert desk.call("GET", where, token="other").json["error"]["code"] == 190


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [("bytes=0-9", 0, 9), ("bytes=90-", 90, 97), ("bytes=-8", 90, 97), ("bytes=5-500", 5, 97)],
)
def test_range_gives_a_part_of_the_bytes(desk: Desk, wanted: str, first: int, last: int) -> None:
    answer = part_of(desk, uploaded(desk), wanted)
    assert (answer.status, answer.raw) == (206, PICTURE[first : last + 1])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(PICTURE)}"


def test_range_beyond_the_end_is_refused(desk: Desk) -> None:
    answer = part_of(desk, uploaded(desk), "bytes=98-")
    assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */98")


def test_address_is_good_for_five_minutes_and_a_new_lookup_gives_another(still: Desk) -> None:
    media_id = uploaded(still)
    where = address(still, media_id)
    still.control("clock", {"advance": 5 * MINUTE})
    assert still.call("GET", where).status == 200
    still.control("clock", {"advance": 1})
    assert still.call("GET", where).status == 404
    assert still.call("GET", address(still, media_id)).status == 200


def test_uploaded_media_lives_thirty_days(still: Desk) -> None:
    media_id = uploaded(still)
    still.control("clock", {"advance": 30 * DAY})
    assert still.get(f"/v25.0/{media_id}")["id"] == media_id
    still.control("clock", {"advance": 1})
    assert still.call("GET", f"/v25.0/{media_id}").error["error_subcode"] == 33
    assert still.send(text_send(type="image", image={"id": media_id})).error["code"] == 131009


def test_received_media_lives_seven_days(still: Desk) -> None:
    data = base64.b64encode(PICTURE).decode()
    wamid = still.control("reply", {"from": PHONE, "image": {"data": data, "mime_type": "image/png"}})["wamid"]
    media_id = still.message(wamid)["payload"]["image"]["id"]
    still.control("clock", {"advance": 7 * DAY})
    assert still.call("GET", address(still, media_id)).raw == PICTURE
    still.control("clock", {"advance": 1})
    assert still.call("GET", f"/v25.0/{media_id}").error["error_subcode"] == 33


def test_removed_media_is_a_missing_object(desk: Desk) -> None:
    media_id = uploaded(desk)
    assert desk.call("DELETE", f"/v25.0/{media_id}").json == {"success": True}
    answer = desk.call("GET", f"/v25.0/{media_id}")
    assert (answer.status, answer.error["code"], answer.error["error_subcode"]) == (400, 100, 33)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_media_of_another_number_is_a_missing_object(desk: Desk, method: str) -> None:
    media_id = uploaded(desk)
    other = desk.control("numbers", {"display": "+1 555-078-3882"})["id"]
    assert desk.call(method, f"/v25.0/{media_id}?phone_number_id={other}").error["error_subcode"] == 33
    assert desk.call(method, f"/v25.0/{media_id}?phone_number_id={desk.options.phone_number_id}").status == 200


def test_upload_needs_the_product_and_a_file(desk: Desk) -> None:
    without_product = upload(desk, PICTURE, "image/png", messaging_product=None)
    assert without_product.error["message"] == "(#100) The parameter messaging_product is required."
    path = f"/v25.0/{desk.options.phone_number_id}/media"
    without_file = desk.call("POST", path, {"messaging_product": "whatsapp"})
    assert without_file.error["message"] == "(#100) The parameter file is required."


def test_moving_sticker_may_be_larger_than_a_still_one(desk: Desk) -> None:
    assert upload(desk, MOVING, "image/webp").status == 200
    refused = upload(desk, STILL, "image/webp").error
    assert refused["code"] == 131053
    assert "102400 are allowed" in refused["error_data"]["details"]


def test_media_calls_are_no_management_calls(desk: Desk) -> None:
    media_id = uploaded(desk)
    answers = [desk.call("GET", f"/v25.0/{media_id}"), desk.call("GET", address(desk, media_id))]
    assert all("X-Business-Use-Case-Usage" not in answer.headers for answer in answers)
    assert desk.control("limits", method="GET")["management_calls"] == 0


def session(desk: Desk, length: int, kind: str = "image/png") -> Answer:
    return desk.call("POST", f"/v25.0/1111111111111111/uploads?file_length={length}&file_type={kind}&file_name=a.png")


def appended(desk: Desk, upload_id: str, content: bytes, offset: int) -> Answer:
    return desk.call("POST", f"/v25.0/{upload_id}", content, headers={"file_offset": str(offset)})


def test_sample_is_uploaded_in_parts_and_its_handle_makes_a_media_header(desk: Desk) -> None:
    upload_id = session(desk, len(PICTURE)).json["id"]
    assert appended(desk, upload_id, PICTURE[:40], 0).status == 200
    assert desk.get(f"/v25.0/{upload_id}") == {"id": upload_id, "file_offset": 40}
    handle = appended(desk, upload_id, PICTURE[40:], 40).json["h"]
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}}
    body = {"type": "BODY", "text": "Our shop is open again from Monday on."}
    template = {"name": "opening", "language": "en", "category": "MARKETING", "components": [header, body]}
    assert desk.create(template).status == 200


def test_upload_takes_the_token_as_oauth(desk: Desk) -> None:
    path, token = "/v25.0/1111111111111111/uploads?file_length=1&file_type=image/png", desk.options.access_token
    assert desk.call("POST", path, token=None, headers={"Authorization": f"OAuth {token}"}).status == 200


def test_part_at_the_wrong_place_is_refused(desk: Desk) -> None:
    upload_id = session(desk, len(PICTURE)).json["id"]
    refused = appended(desk, upload_id, PICTURE, 7).error
    assert (refused["code"], refused["error_data"]["details"]) == (100, "file_offset: 0 bytes have come.")


@pytest.mark.parametrize(
    ("length", "kind", "code"), [(0, "image/png", 100), (5, "image/gif", 100), (6 << 20, "image/png", 131053)]
)
def test_upload_that_cannot_be_a_sample_is_refused(desk: Desk, length: int, kind: str, code: int) -> None:
    assert session(desk, length, kind).error["code"] == code
