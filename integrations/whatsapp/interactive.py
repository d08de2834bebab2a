"""Interactive messages: buttons, lists, a link, a question for the location. Pure.

Limits: Meta, Cloud API, Interactive messages. They are checked here, before anything is written or sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

BODY, MENU_BODY, HEADER, FOOTER = 1024, 4096, 60, 60
BUTTONS, BUTTON_ID, BUTTON_TITLE = 3, 256, 20
SECTIONS, ROWS, SECTION_TITLE, ROW_ID, ROW_TITLE, ROW_DESCRIPTION = 10, 10, 24, 200, 24, 72


@dataclass(frozen=True, slots=True)
class Button:
    """A reply button. A tap brings `id` back as the payload."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Buttons:
    """One to three reply buttons."""

    buttons: Sequence[Button]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a menu. Choosing it brings `id` back as the payload."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    rows: Sequence[Row]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """A list that opens by `button`: up to ten rows in all, in sections."""

    button: str
    sections: Sequence[Section]


@dataclass(frozen=True, slots=True)
class Link:
    """One button that opens an address."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class AskLocation:
    """A button by which the person sends where they are."""


Action = Buttons | Menu | Link | AskLocation


def interactive_object(body: str, action: Action, *, header: str = "", footer: str = "") -> dict[str, Any]:
    """The value of `interactive` in a message. Raises ValueError with what Meta would refuse, in words."""
    _text("The text", body, MENU_BODY if isinstance(action, Menu) else BODY)
    if isinstance(action, AskLocation) and (header or footer):
        raise ValueError("A question for the location has neither header nor footer.")
    kind, built = _action(action)
    found: dict[str, Any] = {"type": kind}
    if header:
        found["header"] = {"type": "text", "text": _text("The header", header, HEADER)}
    found["body"] = {"text": body}
    if footer:
        found["footer"] = {"text": _text("The footer", footer, FOOTER)}
    return found | {"action": built}


def _action(action: Action) -> tuple[str, dict[str, Any]]:
    if isinstance(action, Buttons):
        return "button", _buttons(action)
    if isinstance(action, Menu):
        return "list", _menu(action)
    if isinstance(action, Link):
        return "cta_url", _link(action)
    return "location_request_message", {"name": "send_location"}


def _buttons(action: Buttons) -> dict[str, Any]:
    if not 1 <= len(action.buttons) <= BUTTONS:
        raise ValueError(f"A message has one to {BUTTONS} reply buttons, not {len(action.buttons)}.")
    for button in action.buttons:
        _id("button", button.id, BUTTON_ID)
        _text("The title of a button", button.title, BUTTON_TITLE)
    _unique("buttons", "id", [button.id for button in action.buttons])
    _unique("buttons", "title", [button.title for button in action.buttons])
    replies = [{"type": "reply", "reply": {"id": one.id, "title": one.title}} for one in action.buttons]
    return {"buttons": replies}


def _menu(action: Menu) -> dict[str, Any]:
    _text("The button of a list", action.button, BUTTON_TITLE)
    rows = [row for section in action.sections for row in section.rows]
    if not 1 <= len(action.sections) <= SECTIONS or not all(section.rows for section in action.sections):
        raise ValueError(f"A list has one to {SECTIONS} sections with a row or more in each.")
    if len(rows) > ROWS:
        raise ValueError(f"A list has up to {ROWS} rows in all its sections, not {len(rows)}.")
    for row in rows:
        _id("row", row.id, ROW_ID)
        _text("The title of a row", row.title, ROW_TITLE)
        if row.description:
            _text("The description of a row", row.description, ROW_DESCRIPTION)
    _unique("rows", "id", [row.id for row in rows])
    return {"button": action.button, "sections": [_section(one, len(action.sections) > 1) for one in action.sections]}


def _section(section: Section, needs_title: bool) -> dict[str, Any]:
    if needs_title and not section.title:
        raise ValueError("Each section of a list needs a title where there are several.")
    title = {"title": _text("The title of a section", section.title, SECTION_TITLE)} if section.title else {}
    return title | {"rows": [_row(row) for row in section.rows]}


def _row(row: Row) -> dict[str, str]:
    description = {"description": row.description} if row.description else {}
    return {"id": row.id, "title": row.title} | description


def _link(action: Link) -> dict[str, Any]:
    _text("The title of a link", action.title, BUTTON_TITLE)
    try:
        usable = urlsplit(action.url).scheme in ("http", "https") and bool(urlsplit(action.url).hostname)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"A link needs an http(s) address, not {action.url!r}.")
    return {"name": "cta_url", "parameters": {"display_text": action.title, "url": action.url}}


def _text(what: str, value: str, limit: int) -> str:
    if not value.strip():
        raise ValueError(f"{what} may not be empty.")
    if len(value) > limit:
        raise ValueError(f"{what} holds {limit} characters; this one has {len(value)}.")
    return value


def _id(what: str, value: str, limit: int) -> None:
    _text(f"The id of a {what}", value, limit)
    if value != value.strip():
        raise ValueError(f"The id of a {what} begins or ends with a space.")


def _unique(what: str, which: str, values: Iterable[str]) -> None:
    seen = list(values)
    if len(set(seen)) < len(seen):
        raise ValueError(f"Two {what} have the same {which}.")
