"""What Meta refuses about templates, with the words that stand above and in the explanation."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.tests.desk import BODY, LOGIN, ORDER, Answer, Desk
from sandbox.tests.refusals import Provoke, Row, check

TEMPLATES = "/v25.0/102290129340398/message_templates"
INVALID = "(#100) Invalid parameter"
TITLES = {
    2388006: "This template can't be edited",
    2388007: "Edit limit reached",
    2388008: "This template can't be deleted",
    2388019: "Template limit reached",
    2388023: "Message template language is being deleted",
    2388024: "Content in this language already exists",
    2388040: "Character limit exceeded",
    2388042: "Template component is not valid",
    2388043: "Message template is missing example values",
    2388047: "Message header format is incorrect",
    2388072: "Message body format is incorrect",
    2388073: "Message footer format is incorrect",
    2388293: "Parameter to words ratio exceeds limit",
    2388299: "Leading or trailing parameters are not allowed",
}
LONG = "We thank you for shopping with us and hope to see you again soon in our store. "


def creating(*components: Any, **more: Any) -> Provoke:
    return lambda desk: desk.create(ORDER | {"components": list(components) or ORDER["components"]} | more)


def with_body(text: str, *samples: str) -> Provoke:
    example = {"example": {"body_text": [list(samples)]}} if samples else {}
    return creating({"type": "BODY", "text": text, **example})


def with_header(text: str) -> Provoke:
    return creating({"type": "HEADER", "format": "TEXT", "text": text}, BODY)


def with_footer(text: str) -> Provoke:
    return creating(BODY, {"type": "FOOTER", "text": text})


def with_buttons(*buttons: Any) -> Provoke:
    return creating(BODY, {"type": "BUTTONS", "buttons": list(buttons)})


def created_twice(desk: Desk) -> Answer:
    assert desk.create(ORDER).status == 200
    return desk.create(ORDER)


def created_after_deletion(desk: Desk) -> Answer:
    desk.approved(ORDER)
    assert desk.call("DELETE", f"{TEMPLATES}?name=order_update").status == 200
    return desk.create(ORDER)


def created_in_a_full_account(desk: Desk) -> Answer:
    """The account is filled with what an export holds of one template."""
    desk.approved(ORDER)
    document = desk.control("export", method="GET")
    (template,) = document["templates"]
    document["templates"] = [
        template | {"id": str(int(template["id"]) + place), "name": f"order_{place}"} for place in range(6000)
    ]
    desk.control("import", document)
    return desk.create(ORDER)


def changed_after(action: str, method: str = "POST") -> Provoke:
    def provoke(desk: Desk) -> Answer:
        desk.approved(ORDER)
        desk.control(f"templates/order_update/{action}")
        if method == "DELETE":
            return desk.call("DELETE", f"{TEMPLATES}?name=order_update")
        return edited(desk)

    return provoke


def edited(desk: Desk, **more: Any) -> Answer:
    (template,) = desk.get(f"{TEMPLATES}?fields=id")["data"]
    return desk.call("POST", f"/v25.0/{template['id']}", more or {"components": [BODY]})


def edited_twice(desk: Desk) -> Answer:
    desk.approved(ORDER)
    assert edited(desk).status == 200
    desk.control("templates/order_update/approve")
    return edited(desk)


def upserted_with_own_words(desk: Desk) -> Answer:
    wish = {key: value for key, value in LOGIN.items() if key != "language"} | {"languages": ["en_US"]}
    return desk.call("POST", "/v25.0/102290129340398/upsert_message_templates", wish)


def moved_to_marketing(desk: Desk) -> Answer:
    desk.approved(ORDER)
    return edited(desk, category="MARKETING")


def refused(name: str, provoke: Provoke, subcode: int, user_msg: str) -> Row:
    title = TITLES[subcode]
    return Row(name, provoke, 100, message="Invalid parameter", subcode=subcode, title=title, user_msg=user_msg)


def invalid(name: str, provoke: Provoke, details: str) -> Row:
    return Row(name, provoke, 100, details, INVALID)


LINK = {"type": "URL", "text": "Track", "url": "https://ex.example/t/{{1}}"}
QUICK_REPLY = {"type": "QUICK_REPLY", "text": "Stop"}
NO_OTP = "An authentication template needs exactly one OTP button."
TABLE = [
    refused("full account", created_in_a_full_account, 2388019, "The account has 6000 templates."),
    refused(
        "name that was just deleted",
        created_after_deletion,
        2388023,
        "New en_US content can't be added while the existing content is being deleted.",
    ),
    refused(
        "same name and language",
        created_twice,
        2388024,
        "There is already en_US content for this template. Create a new one instead.",
    ),
    refused("long body", with_body("x" * 1025), 2388040, "The body has 1025 characters; 1024 are allowed."),
    refused("long header", with_header("x" * 61), 2388040, "The header has 61 characters; 60 are allowed."),
    refused("long footer", with_footer("x" * 61), 2388040, "The footer has 61 characters; 60 are allowed."),
    refused(
        "long label",
        with_buttons(QUICK_REPLY | {"text": "x" * 26}),
        2388040,
        "Button text has 26 characters; 25 are allowed.",
    ),
    refused(
        "text in an authentication body",
        lambda desk: desk.create(LOGIN | {"components": [{"type": "BODY", "text": "x"}, *LOGIN["components"][1:]]}),
        2388042,
        "component of type BODY has unexpected field(s) (text)",
    ),
    refused(
        "no OTP button", lambda desk: desk.create(LOGIN | {"components": LOGIN["components"][:2]}), 2388042, NO_OTP
    ),
    refused("no example", with_body(LONG + "{{1}} bye"), 2388043, "Add one example value for each of 1 variable(s)."),
    refused(
        "link without an example",
        with_buttons(LINK),
        2388043,
        "A URL with a variable needs one example: the whole address.",
    ),
    refused(
        "quick replies apart",
        with_buttons(QUICK_REPLY, LINK | {"url": "https://ex.example"}, QUICK_REPLY | {"text": "No"}),
        2388042,
        "Quick replies must stand together.",
    ),
    refused(
        "emoji in the header",
        with_header("Order 🎉"),
        2388047,
        "A header has no new line, emoji, asterisk or formatting.",
    ),
    refused("no body", creating({"type": "FOOTER", "text": "x"}), 2388072, "A template needs a BODY component."),
    refused("leap in numbers", with_body(LONG + "{{2}} bye", "a"), 2388072, "Variable {{2}} is not allowed here."),
    refused("open variable", with_body(LONG + "{{1 bye"), 2388072, "A variable is not closed."),
    refused("variable in the footer", with_footer("Bye {{1}}"), 2388073, "A footer has no variables and no new lines."),
    refused(
        "many variables in few words",
        with_body("Hi {{1}} {{2}} and {{3}} or {{4}} bye", *"abcd"),
        2388293,
        "This template has too many variables for its length. Reduce the number of variables or increase the message "
        "length.",
    ),
    refused(
        "variable first",
        with_body("{{1}} " + LONG, "a"),
        2388299,
        "Variables can't be at the start or end of the template.",
    ),
    refused(
        "variable last",
        with_body(LONG + "{{1}}", "a"),
        2388299,
        "Variables can't be at the start or end of the template.",
    ),
    refused(
        "edit of a disabled template",
        changed_after("disable"),
        2388006,
        "A template that is DISABLED cannot be edited.",
    ),
    refused(
        "second edit in a day",
        edited_twice,
        2388007,
        "An approved template can be edited 1 time(s) in 1 day(s).",
    ),
    refused(
        "deletion of a disabled template",
        changed_after("disable", "DELETE"),
        2388008,
        "A disabled template cannot be deleted.",
    ),
    invalid(
        "capital in the name",
        creating(name="Order"),
        "name: only lower-case letters, digits and underscores, at most 512.",
    ),
    invalid("Shona", creating(language="sn"), "language: sn is not a supported language code."),
    invalid("hyphen", creating(language="en-US"), "language: en-US is not a supported language code."),
    invalid("category", creating(category="OTHER"), "category: must be one of AUTHENTICATION, MARKETING, UTILITY."),
    invalid(
        "time to live",
        creating(message_send_ttl_seconds=29),
        "message_send_ttl_seconds: 30 to 43200 for UTILITY, or -1.",
    ),
    invalid(
        "own words in an upsert",
        upserted_with_own_words,
        "components: text and autofill_text are not allowed; Meta translates them.",
    ),
    invalid(
        "category of an approved template",
        moved_to_marketing,
        "category: the category of an approved template cannot be changed.",
    ),
    Row(
        "unknown name deleted",
        lambda desk: desk.call("DELETE", f"{TEMPLATES}?name=nothing"),
        100,
        "No template is called nothing.",
        INVALID,
        http_status=404,
    ),
    Row(
        "id without a name deleted",
        lambda desk: desk.call("DELETE", f"{TEMPLATES}?hsm_id=1"),
        100,
        message="(#100) The parameter name is required.",
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_call_about_a_template_is_refused(desk: Desk, row: Row) -> None:
    check(row, row.provoke(desk))


def test_every_title_is_shown_by_a_row() -> None:
    assert {row.subcode for row in TABLE} - {None} == set(TITLES)
