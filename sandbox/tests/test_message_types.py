from __future__ import annotations

from typing import Any

import pytest

from sandbox.tests.desk import BODY, ORDER, PHONE, Answer, Desk, template_send, text_send, until
from sandbox.tests.uploading import upload

FILES = {
    "image": ("image/png", b"\x89PNG\r\n"),
    "video": ("video/mp4", b"ftypmp42"),
    "audio": ("audio/ogg", b"OggS"),
    "document": ("application/pdf", b"%PDF-1.7"),
    "sticker": ("image/webp", b"RIFF\0\0\0\0WEBPVP8 "),
}
YES, NO, LATER, NEVER = (
    {"type": "reply", "reply": {"id": word.lower(), "title": word}} for word in ("Yes", "No", "Later", "Never")
)
ROW = {"id": "r1", "title": "Rice", "description": "A bag of 2 kg"}
FLOW = {"flow_message_version": "3", "flow_id": "1", "flow_cta": "Book", "flow_token": "t"}


def message(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    whole = text_send(type=kind, **more)
    del whole["text"]
    return whole | {kind: content}


def interactive(kind: str, action: Any, body: str = "Choose", **more: Any) -> dict[str, Any]:
    return message("interactive", {"type": kind, "body": {"text": body}, "action": action, **more})


def buttons(*given: Any, **more: Any) -> dict[str, Any]:
    return interactive("button", {"buttons": list(given)}, **more)


def choices(*rows: Any, sections: Any = None, button: str = "Open", **more: Any) -> dict[str, Any]:
    return interactive("list", {"button": button, "sections": sections or [{"rows": list(rows)}]}, **more)


def link(text: str = "Open", url: str = "https://ex.example", **more: Any) -> dict[str, Any]:
    return interactive("cta_url", {"name": "cta_url", "parameters": {"display_text": text, "url": url}}, **more)


def flow(**more: Any) -> dict[str, Any]:
    return interactive("flow", {"name": "flow", "parameters": FLOW | more})


def place_request(**more: Any) -> dict[str, Any]:
    return interactive("location_request_message", {"name": "send_location"}, **more)


def card(**more: Any) -> dict[str, Any]:
    name = {"formatted_name": "Tariro M", "first_name": "Tariro"}
    return {"name": name, "phones": [{"phone": PHONE, "type": "CELL"}], **more}


def sent(desk: Desk, payload: Any) -> Any:
    """The message after an open window took it."""
    desk.control(f"people/{PHONE}", {"window_open": True})
    answer = desk.send(payload)
    assert answer.status == 200, answer.raw
    assert "message_status" not in answer.json["messages"][0]
    return until(lambda: found if (found := desk.message(answer.json["messages"][0]["id"]))["statuses"] else None)


def refused(desk: Desk, payload: Any) -> Answer:
    answer = desk.send(payload)
    assert answer.status == 400, answer.raw
    assert desk.get("/sandbox/health")["messages"] == 0
    return answer


@pytest.mark.parametrize("kind", FILES)
def test_media_goes_by_id_and_by_link(desk: Desk, kind: str) -> None:
    mime_type, content = FILES[kind]
    media_id = upload(desk, content, mime_type).json["id"]
    for source in ({"id": media_id}, {"link": f"https://ex.example/{kind}"}):
        shown = sent(desk, message(kind, source))
        assert shown["status"] != "failed"
        assert shown["rendered"]["media"]["kind"] == kind


@pytest.mark.parametrize(
    ("kind", "more", "allowed"),
    [
        ("image", {"caption": "x" * 1024}, True),
        ("image", {"caption": "x" * 1025}, False),
        ("image", {"caption": None}, True),
        ("video", {"caption": "x"}, True),
        ("document", {"caption": "x", "filename": "bill.pdf"}, True),
        ("image", {"filename": "a.png"}, False),
        ("audio", {"caption": "x"}, False),
        ("audio", {"voice": True}, True),
        ("sticker", {"caption": "x"}, False),
        ("sticker", {"filename": "a.webp"}, False),
        ("image", {"link": "ftp://ex.example/a.png"}, False),
        ("image", {"link": ""}, False),
    ],
)
def test_media_takes_what_belongs_to_its_kind(desk: Desk, kind: str, more: Any, *, allowed: bool) -> None:
    payload = message(kind, {"link": "https://ex.example/a"} | more)
    if allowed:
        sent(desk, payload)
    else:
        assert refused(desk, payload).error["code"] in {100, 131009}


@pytest.mark.parametrize(
    ("kind", "content", "shown"),
    [
        ("location", {"latitude": -17.8, "longitude": 31.05, "name": "Shop", "address": "1 Main St"}, "location"),
        ("location", {"latitude": "-17.8", "longitude": "31.05"}, "location"),
        ("contacts", [card()], "contacts"),
    ],
)
def test_place_and_contact_are_shown(desk: Desk, kind: str, content: Any, shown: str) -> None:
    assert sent(desk, message(kind, content))["rendered"][shown]


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("location", {"longitude": 31.05}, 100),
        ("location", {"latitude": 91, "longitude": 31.05}, 131009),
        ("location", {"latitude": "here", "longitude": 31.05}, 131009),
        ("contacts", [], 100),
        ("contacts", [{"phones": []}], 100),
        ("contacts", [{"name": {"formatted_name": "Tariro"}}], 131009),
        ("reaction", {"emoji": "👍"}, 100),
        ("reaction", {"message_id": "wamid.A", "emoji": "yes"}, 131009),
    ],
)
def test_place_contact_and_reaction_are_checked(desk: Desk, kind: str, content: Any, code: int) -> None:
    assert refused(desk, message(kind, content)).error["code"] == code


ACCEPTED = {
    "one button": buttons(YES),
    "three buttons": buttons(YES, NO, LATER, header={"type": "text", "text": "x" * 60}, footer={"text": "x" * 60}),
    "picture above": buttons(YES, header={"type": "image", "image": {"link": "https://ex.example/a.png"}}),
    "body of 1024": buttons(YES, body="x" * 1024),
    "list": choices(ROW, body="x" * 4096),
    "ten rows": choices(*(ROW | {"id": f"r{place}"} for place in range(10))),
    "two sections": choices(
        sections=[{"title": "A", "rows": [ROW]}, {"title": "B", "rows": [ROW | {"id": "r2"}]}],
    ),
    "link": link("x" * 20, header={"type": "text", "text": "Sale"}),
    "place": place_request(),
    "flow": flow(mode="draft"),
    "flow by name": flow(flow_id=None, flow_name="booking"),
    "contact request": interactive("request_contact_info", {"name": "request_contact_info"}),
}
REFUSED = {
    "no button": buttons(),
    "four buttons": buttons(YES, NO, LATER, NEVER),
    "same title": buttons(YES, {"type": "reply", "reply": {"id": "b", "title": "Yes"}}),
    "same id": buttons(YES, {"type": "reply", "reply": {"id": "yes", "title": "No"}}),
    "title of 21": buttons({"type": "reply", "reply": {"id": "a", "title": "x" * 21}}),
    "id of 257": buttons({"type": "reply", "reply": {"id": "x" * 257, "title": "Yes"}}),
    "id with space": buttons({"type": "reply", "reply": {"id": " a", "title": "Yes"}}),
    "body of 1025": buttons(YES, body="x" * 1025),
    "no body": message("interactive", {"type": "button", "action": {"buttons": [YES]}}),
    "footer of 61": buttons(YES, footer={"text": "x" * 61}),
    "header of 61": buttons(YES, header={"type": "text", "text": "x" * 61}),
    "sticker above": buttons(YES, header={"type": "sticker", "sticker": {"link": "https://ex.example/a.webp"}}),
    "eleven rows": choices(*(ROW | {"id": f"r{place}"} for place in range(11))),
    "row twice": choices(ROW, ROW),
    "row id of 201": choices(ROW | {"id": "x" * 201}),
    "row title of 25": choices(ROW | {"title": "x" * 25}),
    "description of 73": choices(ROW | {"description": "x" * 73}),
    "list button of 21": choices(ROW, button="x" * 21),
    "list under a picture": choices(ROW, header={"type": "image", "image": {"link": "https://ex.example/a.png"}}),
    "sections without titles": choices(sections=[{"rows": [ROW]}, {"rows": [ROW | {"id": "r2"}]}]),
    "eleven sections": choices(sections=[{"title": str(n), "rows": [ROW | {"id": str(n)}]} for n in range(11)]),
    "body of 4097": choices(ROW, body="x" * 4097),
    "link text of 21": link("x" * 21),
    "link without http": link(url="ex.example"),
    "place with footer": place_request(footer={"text": "x"}),
    "flow without id": flow(flow_id=None),
    "flow with both": flow(flow_name="booking"),
    "old flow": flow(flow_message_version="2"),
    "catalogue": interactive("catalog_message", {"name": "catalog_message"}),
}


@pytest.mark.parametrize("payload", ACCEPTED.values(), ids=ACCEPTED)
def test_interactive_message_within_its_limits_is_taken(desk: Desk, payload: Any) -> None:
    sent(desk, payload)


@pytest.mark.parametrize("payload", REFUSED.values(), ids=REFUSED)
def test_interactive_message_beyond_its_limits_is_refused(desk: Desk, payload: Any) -> None:
    assert refused(desk, payload).error["code"] in {131008, 131009}


def test_reply_quotes_the_message_of_its_context(desk: Desk) -> None:
    said = desk.control("reply", {"from": PHONE, "text": "Hi"})["wamid"]
    assert sent(desk, text_send(context={"message_id": said}))["payload"]["context"] == {"message_id": said}
    reaction = message("reaction", {"message_id": said, "emoji": "👍"}, context={"message_id": said})
    assert desk.send(reaction).error["code"] == 100


def test_reaction_is_only_sent_and_is_taken_back_by_an_empty_emoji(desk: Desk) -> None:
    said = desk.control("reply", {"from": PHONE, "text": "Hi"})["wamid"]
    for emoji in ("👍", ""):
        reaction = sent(desk, message("reaction", {"message_id": said, "emoji": emoji}))
        last = sent(desk, text_send())
        until(lambda wamid=last["wamid"]: desk.message(wamid)["status"] == "read")
        assert [status["status"] for status in desk.message(reaction["wamid"])["statuses"]] == ["sent"]


def test_read_receipt_stays_within_its_number(desk: Desk) -> None:
    other = desk.control("numbers", {"display": "+1 555-078-3882"})["id"]
    elsewhere = desk.control("reply", {"from": PHONE, "text": "a", "phone_number_id": other})["wamid"]
    here = desk.control("reply", {"from": PHONE, "text": "b"})["wamid"]
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": here}
    assert desk.send(receipt | {"typing_indicator": {"type": "text"}}).json == {"success": True}
    assert (desk.message(here)["status"], desk.message(elsewhere)["status"]) == ("read", "accepted")
    assert desk.send(receipt | {"message_id": elsewhere}).error["code"] == 100
    assert desk.send(receipt | {"typing_indicator": {"type": "audio"}}).error["code"] == 100
    assert desk.send(receipt | {"status": "seen"}).error["code"] == 100


def test_number_wins_over_the_user_id(desk: Desk) -> None:
    desk.control(f"people/{PHONE}", {"window_open": True})
    other = desk.control("people/+263770000001", {"name": "Rudo"})["user_id"]
    assert desk.send(text_send(recipient=other)).json["contacts"] == [{"input": PHONE, "wa_id": "263771234567"}]


def test_marketing_messages_are_for_marketing_templates_alone(desk: Desk) -> None:
    desk.approved(ORDER, ORDER | {"name": "offer", "category": "MARKETING"})
    edge = f"/v25.0/{desk.options.phone_number_id}/marketing_messages"
    values = [{"type": "body", "parameters": [{"type": "text", "text": text} for text in "ab"]}]
    offer = template_send("offer", values, message_activity_sharing=True)
    assert desk.call("POST", edge, offer).json["messages"][0]["message_status"] == "accepted"
    assert desk.call("POST", edge, template_send("order_update", values)).error["code"] == 131009
    assert desk.call("POST", edge, text_send()).error["code"] == 131009
    assert desk.call("POST", edge, offer | {"message_activity_sharing": "yes"}).error["code"] == 100


def test_media_header_takes_a_link_or_an_id(desk: Desk) -> None:
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1hZ2U="]}}
    desk.approved(ORDER | {"components": [header, BODY]})
    media_id = upload(desk, b"\x89PNG\r\n", "image/png").json["id"]
    body = {"type": "body", "parameters": [{"type": "text", "text": text} for text in "ab"]}
    for image, code in (({"id": media_id}, 0), ({"link": "https://ex.example/a.png"}, 0), ({}, 131008)):
        above = {"type": "header", "parameters": [{"type": "image", "image": image}]}
        answer = desk.send(template_send("order_update", [above, body]))
        assert answer.json.get("error", {"code": 0})["code"] == code
    above = {"type": "header", "parameters": [{"type": "video", "video": {"id": media_id}}]}
    assert desk.send(template_send("order_update", [above, body])).error["code"] == 132012
