"""Whatever a client sends, the answer is Meta's: an acceptance or an error envelope, never a crash."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.tests.desk import LOGIN, ORDER, PHONE, Desk, login, order, text_send
from sandbox.tests.test_message_types import ROW, YES, buttons, card, choices, flow, link, message
from sandbox.tests.test_template_tools import wish

ODD: tuple[Any, ...] = (None, "", "x", 0, -1, 1.5, True, [], {}, [None], ["x"], [[]], {"x": None}, "9" * 5000)
NUMBER, ACCOUNT = "/v25.0/106540352242922", "/v25.0/102290129340398"
EVERYTHING = ORDER | {
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["A"]}},
        *ORDER["components"],
        {"type": "FOOTER", "text": "Demo Shop"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "URL", "text": "Go", "url": "https://ex.example/{{1}}", "example": ["https://ex.example/a"]},
                {"type": "QUICK_REPLY", "text": "Stop"},
            ],
        },
    ]
}
PAYLOADS: dict[str, tuple[str, Any]] = {
    "text": ("messages", text_send(context={"message_id": "wamid.A"}, biz_opaque_callback_data="a")),
    "template": ("messages", order("Tariro", "A-19")),
    "login": ("messages", login()),
    "image": ("messages", message("image", {"link": "https://ex.example/a.png", "caption": "x"})),
    "location": ("messages", message("location", {"latitude": 1, "longitude": 1, "name": "x"})),
    "contacts": ("messages", message("contacts", [card()])),
    "reaction": ("messages", message("reaction", {"message_id": "wamid.A", "emoji": "👍"})),
    "buttons": ("messages", buttons(YES, header={"type": "image", "image": {"link": "https://ex.example/a.png"}})),
    "list": ("messages", choices(ROW, sections=[{"title": "A", "rows": [ROW]}])),
    "link": ("messages", link(footer={"text": "x"})),
    "flow": ("messages", flow()),
    "receipt": (
        "messages",
        {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": "wamid.A",
            "typing_indicator": {"type": "text"},
        },
    ),
    "offer": ("marketing_messages", order("Tariro", "A-19", message_activity_sharing=True)),
    "profile": (
        "whatsapp_business_profile",
        {"messaging_product": "whatsapp", "about": "x", "websites": ["https://ex.example"], "vertical": "RETAIL"},
    ),
    "register": ("register", {"messaging_product": "whatsapp", "pin": "123456"}),
    "code": ("request_code", {"code_method": "SMS", "language": "en"}),
    "verify": ("verify_code", {"code": "123456"}),
    "settings": ("settings", {"user_identity_change": {"enable_identity_key_check": True}}),
    "number": (
        "phone_numbers",
        {"country_code": "263", "phone_number": "771234567", "verified_name": "Demo Shop"},
    ),
    "override": ("subscribed_apps", {"override_callback_uri": "http://127.0.0.1:9", "verify_token": "t"}),
    "create": ("message_templates", EVERYTHING),
    "create login": ("message_templates", LOGIN),
    "upsert": ("upsert_message_templates", wish("en_US")),
    "archive": ("message_templates/archive", {"hsm_ids": ["1"]}),
}
OF_THE_ACCOUNT = {"phone_numbers", "subscribed_apps", "message_templates", "upsert_message_templates"}


def bent(whole: Any) -> Iterator[Any]:
    """The payload with each of its parts replaced by something odd, or left out."""
    for steps in places(whole):
        for odd in ODD:
            changed = copy.deepcopy(whole)
            holder = changed
            for step in steps[:-1]:
                holder = holder[step]
            holder[steps[-1]] = odd
            yield changed
        del holder[steps[-1]]
        yield changed


def places(whole: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = whole if isinstance(whole, dict) else range(len(whole)) if isinstance(whole, list) else ()
    for key in keys:
        yield (*before, key)
        yield from places(whole[key], (*before, key))


@pytest.mark.parametrize("name", PAYLOADS)
def test_odd_values_never_break_the_sandbox(desk: Desk, name: str) -> None:
    edge, payload = PAYLOADS[name]
    owner = ACCOUNT if edge.partition("/")[0] in OF_THE_ACCOUNT else NUMBER
    desk.approved(ORDER, LOGIN)
    desk.control("reply", {"from": PHONE, "text": "Hi"})
    for changed in bent(payload):
        answer = desk.call("POST", f"{owner}/{edge}", changed)
        assert answer.status in {200, 400, 404}, (changed, answer.raw)
        assert answer.headers["Content-Type"].startswith("application/json")
    assert desk.call("GET", "/sandbox/messages?limit=500").status == 200
    assert desk.call("GET", f"{ACCOUNT}/message_templates?limit=500").status == 200


@pytest.mark.parametrize("value", ["", "x", "-1", "[", "[]", "{", "99999999999999999999", "%00", "a,b", "%C3%28"])
@pytest.mark.parametrize(
    "query",
    [
        "message_templates?limit=",
        "message_templates?after=",
        "message_templates?before=",
        "message_templates?status=",
        "message_templates?fields=",
        "message_templates?summary=",
        "message_templates?name=",
        "message_template_previews?category=AUTHENTICATION&languages=",
        "message_template_previews?category=AUTHENTICATION&code_expiration_minutes=",
        "phone_numbers?fields=",
        "?fields=",
        "?access_token=",
        "?appsecret_proof=",
    ],
)
def test_odd_parameters_never_break_the_sandbox(desk: Desk, query: str, value: str) -> None:
    desk.create(ORDER)
    separator = "" if query.startswith("?") else "/"
    answer = desk.call("GET", f"{ACCOUNT}{separator}{query}{value}")
    assert answer.status in {200, 400, 404}, answer.raw


@pytest.mark.parametrize("token", ["ä", "x y", "Bearer"])
def test_odd_tokens_are_wrong_tokens(desk: Desk, token: str) -> None:
    assert desk.send(text_send(), token=token).status == 401
