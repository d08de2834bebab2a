"""Reply buttons, lists and links (Meta, Cloud API, Interactive messages)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.rules.media import check_media
from sandbox.rules.refusal import Refusal, required

MEDIA_HEADERS = {"image", "video", "document"}
#: Types that take a text header only, and those that take no header or footer at all.
TEXT_HEADER_ONLY = {"list"}
BARE = {"location_request_message", "request_contact_info"}
#: These offer goods; the sandbox's account has no catalogue.
NEED_A_CATALOGUE = {"product", "product_list", "catalog_message"}


def check_interactive(interactive: dict[str, Any]) -> None:
    kind, action = str(interactive.get("type")), interactive.get("action")
    if kind in NEED_A_CATALOGUE:
        raise Refusal(131009, f"interactive.type: {kind} needs a catalogue, and the account has none")
    if kind not in ACTIONS:
        raise Refusal(131009, f"interactive.type: {kind} is not one of {', '.join(ACTIONS)}")
    if not isinstance(action, dict):
        raise Refusal(131008, "interactive.action is required")
    body = interactive.get("body")
    text(body.get("text") if isinstance(body, dict) else None, "body.text", 4096 if kind == "list" else 1024)
    if kind in BARE and {"header", "footer"} & set(interactive):
        raise Refusal(131009, f"interactive: {kind} has no header and no footer")
    if "footer" in interactive:
        footer = interactive["footer"]
        text(footer.get("text") if isinstance(footer, dict) else None, "footer.text", 60)
    if interactive.get("header") is not None:
        check_header(kind, interactive["header"])
    ACTIONS[kind](action)


def check_header(kind: str, header: Any) -> None:
    form = str(header.get("type")) if isinstance(header, dict) else ""
    if form == "text":
        text(header.get("text"), "header.text", 60)
    elif kind in TEXT_HEADER_ONLY:
        raise Refusal(131009, f"interactive.header: a {kind} has a text header only")
    elif form not in MEDIA_HEADERS:
        raise Refusal(131009, "interactive.header.type: text, image, video or document")
    elif not isinstance(header.get(form), dict):
        raise required(f"interactive['header']['{form}']")
    else:
        check_media(form, header[form])


def text(value: Any, field: str, limit: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refusal(131008, f"interactive.{field} is required")
    if len(value) > limit:
        raise Refusal(131009, f"interactive.{field}: {len(value)} characters; {limit} are allowed")
    return value


def is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def unique(values: list[str], field: str) -> None:
    if len(set(values)) < len(values):
        raise Refusal(131009, f"interactive.{field}: must be unique")


def check_reply_buttons(action: dict[str, Any]) -> None:
    buttons = action.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refusal(131009, "interactive.action.buttons: one to three buttons")
    replies = [
        button["reply"] for button in buttons if isinstance(button, dict) and isinstance(button.get("reply"), dict)
    ]
    if len(replies) < len(buttons):
        raise Refusal(131008, "interactive.action.buttons: each needs a reply")
    unique([text(reply.get("title"), "action.buttons.title", 20) for reply in replies], "buttons.title")
    ids = [text(reply.get("id"), "action.buttons.id", 256) for reply in replies]
    unique(ids, "buttons.id")
    if any(each != each.strip() for each in ids):
        raise Refusal(131009, "interactive.action.buttons.id: no space at either end")


def check_list(action: dict[str, Any]) -> None:
    text(action.get("button"), "action.button", 20)
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= 10:
        raise Refusal(131009, "interactive.action.sections: one to ten sections")
    if not all(is_list_of_objects(section.get("rows")) for section in sections if isinstance(section, dict)) or (
        not is_list_of_objects(sections)
    ):
        raise Refusal(131009, "interactive.action.sections: a list of objects, each with a list of rows")
    for section in sections:
        if len(sections) > 1 or "title" in section:
            text(section.get("title"), "action.sections.title", 24)
    rows = [row for section in sections for row in section["rows"]]
    if not 1 <= len(rows) <= 10:
        raise Refusal(131009, "interactive.action.sections: one to ten rows in total")
    unique([text(row.get("id"), "action.rows.id", 200) for row in rows], "rows.id")
    for row in rows:
        text(row.get("title"), "action.rows.title", 24)
        if "description" in row:
            text(row["description"], "action.rows.description", 72)


def check_link(action: dict[str, Any]) -> None:
    parameters = action.get("parameters")
    if action.get("name") != "cta_url" or not isinstance(parameters, dict):
        raise Refusal(131009, "interactive.action: name cta_url and its parameters are required")
    text(parameters.get("display_text"), "action.parameters.display_text", 20)
    if not re.match(r"https?://", text(parameters.get("url"), "action.parameters.url", 2000)):
        raise Refusal(131009, "interactive.action.parameters.url: an http or https address")


def check_named(name: str) -> Callable[[dict[str, Any]], None]:
    def check(action: dict[str, Any]) -> None:
        if action.get("name") != name:
            raise Refusal(131009, f"interactive.action.name: must be {name}")

    return check


def check_flow(action: dict[str, Any]) -> None:
    parameters = action.get("parameters")
    if action.get("name") != "flow" or not isinstance(parameters, dict):
        raise Refusal(131009, "interactive.action: name flow and its parameters are required")
    if str(parameters.get("flow_message_version")) != "3":
        raise Refusal(131009, "interactive.action.parameters.flow_message_version: must be 3")
    if bool(parameters.get("flow_id")) == bool(parameters.get("flow_name")):
        raise Refusal(131009, "interactive.action.parameters: flow_id or flow_name is required, not both")
    text(parameters.get("flow_cta"), "action.parameters.flow_cta", 30)
    if parameters.get("mode", "published") not in {"published", "draft"}:
        raise Refusal(131009, "interactive.action.parameters.mode: published or draft")


ACTIONS: dict[str, Callable[[dict[str, Any]], None]] = {
    "button": check_reply_buttons,
    "list": check_list,
    "cta_url": check_link,
    "location_request_message": check_named("send_location"),
    "request_contact_info": check_named("request_contact_info"),
    "flow": check_flow,
}
