"""Parameters of a template that is being sent (Meta, Cloud API, Template messages and Error codes)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.rules.refusal import Refusal, invalid
from sandbox.rules.variables import placeholders, static_text

FORBIDDEN = re.compile(r"[\n\r\t]| {5}")
MEDIA = {"IMAGE", "VIDEO", "DOCUMENT", "LOCATION", "GIF"}
BUTTON_NAMES = {"URL": "Url", "QUICK_REPLY": "Quick_reply", "PHONE_NUMBER": "Call", "COPY_CODE": "Copy_code"}
SUB_TYPES = {"url": "URL", "quick_reply": "QUICK_REPLY", "copy_code": "COPY_CODE", "flow": "FLOW"}
SUBSTITUTES = {"text": "text", "currency": "fallback_value", "date_time": "fallback_value"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a template expects of a send; read once, when the template is created."""

    authentication: bool
    named: bool
    header_media: str
    header: tuple[str, ...]
    body: tuple[str, ...]
    body_static: int
    buttons: tuple[tuple[str, bool], ...]


def read_shape(category: str, parameter_format: str, components: list[dict[str, Any]]) -> Shape:
    by_type = {component["type"]: component for component in components}
    header, body = by_type.get("HEADER", {}), by_type["BODY"]["text"]
    media = header.get("format", "")
    buttons = by_type.get("BUTTONS", {}).get("buttons", ())
    return Shape(
        authentication=category == "AUTHENTICATION",
        named=parameter_format == "NAMED",
        header_media=media if media in MEDIA else "",
        header=tuple(placeholders(header.get("text", ""))),
        body=tuple(placeholders(body)),
        body_static=len(static_text(body)),
        buttons=tuple(
            (button["type"], button["type"] == "COPY_CODE" or "{{" in button.get("url", "")) for button in buttons
        ),
    )


def check_parameters(shape: Shape, components: Any) -> None:
    """Raises `Refusal` where Meta's answer to the POST would be an error."""
    if components is None:
        components = []
    if not isinstance(components, list):
        raise invalid("template.components: a list of objects.")
    header: list[Any] = []
    body: list[Any] = []
    buttons: dict[int, list[Any]] = {}
    for component in components:
        kind = str(component.get("type", "")).lower() if isinstance(component, dict) else ""
        parameters = component.get("parameters", []) if kind else None
        if kind not in {"header", "body", "button"} or not isinstance(parameters, list):
            raise invalid(f"template.components: type {kind or 'missing'} is not header, body or button.")
        if kind == "header":
            header = parameters
        elif kind == "body":
            body = parameters
        else:
            buttons[button_index(shape, component)] = parameters
    check_header(shape, header)
    values = check_values("body", body, shape.body, shape.named)
    if shape.body_static + sum(map(len, values)) > 1024:
        raise Refusal(132005, "body: the text with its parameters has more than 1024 characters")
    if shape.authentication and any(len(value) > 15 for value in values):
        raise Refusal(131009, "body: a code has at most 15 characters")
    check_button_parameters(shape, buttons)


def button_index(shape: Shape, component: dict[str, Any]) -> int:
    try:
        index = int(component.get("index", ""))
    except (TypeError, ValueError):
        raise Refusal(131008, "buttons: index is required") from None
    if not 0 <= index < len(shape.buttons):
        raise Refusal(132000, f"buttons: the template has no button at index {index}")
    expected = shape.buttons[index][0]
    given = SUB_TYPES.get(str(component.get("sub_type", "")).lower())
    if expected == "PHONE_NUMBER":
        raise invalid(f"buttons: Button at index {index} is of type Call and does not support parameters")
    if given != expected:
        raise Refusal(132012, f"buttons: Button at index {index} is of type {expected}, not {given}")
    return index


def check_header(shape: Shape, parameters: list[Any]) -> None:
    if not shape.header_media:
        check_values("header", parameters, shape.header, shape.named)
        return
    kind = shape.header_media.lower()
    if len(parameters) != 1:
        raise count_mismatch("header", len(parameters), 1)
    parameter = parameters[0]
    if not isinstance(parameter, dict) or parameter.get("type") != kind:
        raise Refusal(132012, f"header: Format mismatch, expected {kind.upper()}")
    media = parameter.get(kind)
    if not isinstance(media, dict) or (kind != "location" and not (media.get("link") or media.get("id"))):
        raise Refusal(131008, f"header: {kind} needs an id or a link")


def check_values(place: str, parameters: list[Any], expected: tuple[str, ...], named: bool) -> list[str]:
    if len(parameters) != len(expected):
        raise count_mismatch(place, len(parameters), len(expected))
    values = [value_of(place, number, parameter) for number, parameter in enumerate(parameters)]
    names = {str(parameter["parameter_name"]) for parameter in parameters if parameter.get("parameter_name")}
    if named and names != set(expected):
        raise invalid(f"{place}: Parameter name is missing or empty, or not one of {', '.join(expected)}")
    if names and not named:
        raise Refusal(132012, f"{place}: the template has positional parameters")
    return values


def count_mismatch(place: str, given: int, expected: int) -> Refusal:
    return Refusal(
        132000,
        f"{place}: number of localizable_params ({given}) does not match the expected number of params ({expected})",
    )


def value_of(place: str, number: int, parameter: Any) -> str:
    kind = parameter.get("type") if isinstance(parameter, dict) else None
    if not isinstance(kind, str) or kind not in SUBSTITUTES:
        raise Refusal(132012, f"{place}: Parameter of type text is missing text value at index {number}")
    holder = parameter if kind == "text" else parameter.get(kind)
    value = holder.get(SUBSTITUTES[kind]) if isinstance(holder, dict) else None
    return check_value(place, number, value)


def check_value(place: str, number: int, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Refusal(131008, f"{place}: Parameter at index {number} of type text is missing its text value")
    if FORBIDDEN.search(value):
        raise Refusal(132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
    return value


def check_button_parameters(shape: Shape, given: dict[int, list[Any]]) -> None:
    for index, (kind, variable) in enumerate(shape.buttons):
        parameters = given.get(index)
        if parameters is None:
            if variable:
                name = BUTTON_NAMES.get(kind, kind.title())
                raise Refusal(131008, f"buttons: Button at index {index} of type {name} requires a parameter")
            continue
        if kind == "URL" and not variable:
            raise count_mismatch("buttons", len(parameters), 0)
        if len(parameters) != 1:
            raise count_mismatch("buttons", len(parameters), 1)
        check_button_value(shape, index, kind, parameters[0])


def check_button_value(shape: Shape, index: int, kind: str, parameter: Any) -> None:
    wanted = {"URL": "text", "QUICK_REPLY": "payload", "COPY_CODE": "coupon_code"}.get(kind)
    if wanted is None:
        return
    if not isinstance(parameter, dict) or parameter.get("type") != wanted:
        raise Refusal(132012, f"buttons: Button at index {index} needs a parameter of type {wanted}")
    value = check_value("buttons", index, parameter.get(wanted))
    limit = {"URL": 15 if shape.authentication else 2000, "QUICK_REPLY": 256, "COPY_CODE": 20}[kind]
    if len(value) > limit:
        raise Refusal(131009, f"buttons: the parameter at index {index} has more than {limit} characters")
