"""Reply buttons, lists and links (Meta, Cloud API, Interactive messages)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.rules.refusal import Refusal, invalid


def check_interactive(interactive: Any) -> None:
    if not isinstance(interactive, dict):
        raise invalid("interactive: an object is required.")
    kind = interactive.get("type")
    action = interactive.get("action")
    if kind not in ACTIONS:
        raise Refusal(131009, f"interactive.type: {kind} is not one of {', '.join(ACTIONS)}")
    if not isinstance(action, dict):
        raise Refusal(131008, "interactive.action is required")
    body = interactive.get("body")
    text(body.get("text") if isinstance(body, dict) else None, "body.text", 4096 if kind == "list" else 1024)
    if "footer" in interactive:
        text(interactive["footer"].get("text"), "footer.text", 60)
    header = interactive.get("header")
    if header is not None and header.get("type") == "text":
        text(header.get("text"), "header.text", 60)
    elif header is not None and kind == "list":
        raise Refusal(131009, "interactive.header: a list has a text header only")
    ACTIONS[kind](action)


def text(value: Any, field: str, limit: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refusal(131008, f"interactive.{field} is required")
    if len(value) > limit:
        raise Refusal(131009, f"interactive.{field}: {len(value)} characters; {limit} are allowed")
    return value


def unique(values: list[str], field: str) -> None:
    if len(set(values)) < len(values):
        raise Refusal(131009, f"interactive.{field}: must be unique")


def check_reply_buttons(action: dict[str, Any]) -> None:
    buttons = action.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refusal(131009, "interactive.action.buttons: one to three buttons")
    replies = [button["reply"] for button in buttons if isinstance(button.get("reply"), dict)]
    if len(replies) < len(buttons):
        raise Refusal(131008, "interactive.action.buttons: each needs a reply")
    unique([text(reply.get("title"), "action.buttons.title", 20) for reply in replies], "buttons.title")
    unique([text(reply.get("id"), "action.buttons.id", 256) for reply in replies], "buttons.id")


def check_list(action: dict[str, Any]) -> None:
    text(action.get("button"), "action.button", 20)
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= 10:
        raise Refusal(131009, "interactive.action.sections: one to ten sections")
    for section in sections:
        if len(sections) > 1 or "title" in section:
            text(section.get("title"), "action.sections.title", 24)
    rows = [row for section in sections for row in section.get("rows", ())]
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
    text(parameters.get("url"), "action.parameters.url", 2000)


ACTIONS: dict[str, Callable[[dict[str, Any]], None]] = {
    "button": check_reply_buttons,
    "list": check_list,
    "cta_url": check_link,
}
