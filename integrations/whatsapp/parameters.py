"""What an approved template takes, against what a send of it brings along. Pure.

Sources: Meta, WhatsApp Cloud API, Send Message Templates; Meta, Error Codes 131008, 132000, 132005, 132012, 132018.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BODY_LIMIT = 1024
HEADER_LIMIT = 60
CODE_LIMIT = 15

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_BROKEN_LINE = re.compile(r"[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Part:
    """A text with placeholders: the header, the body, or the address of the button at `index`."""

    place: str
    text: str
    names: tuple[str, ...]
    limit: int = 0
    index: int = 0

    @property
    def named(self) -> bool:
        return any(not name.isdecimal() for name in self.names)


@dataclass(frozen=True, slots=True)
class Shape:
    """`known` is false where Meta has not told the components: nothing can be checked then.

    `media` is the header's format where it is no text; `code` says that the template is for one-time codes,
    whose button at `code_index` takes the code as well.
    """

    known: bool
    parts: tuple[Part, ...] = ()
    media: str = ""
    code: bool = False
    code_index: int = 0
    digest: str = ""
    named: bool = False


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why Meta would refuse the send. With `template` every message of it is concerned, else this one alone."""

    sentence: str
    template: bool


def shape_of(components: Iterable[Any]) -> Shape:
    """Read the components as `GET /{waba_id}/message_templates` lists them."""
    known = [one for one in components if isinstance(one, Mapping)]
    if not known:
        return Shape(known=False)
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:8]
    parts, media, code_index, code = [], "", 0, False
    for one in known:
        kind = str(one.get("type", "")).upper()
        style = str(one.get("format") or "TEXT").upper()
        if kind == "HEADER" and style != "TEXT":
            media = style
        elif kind in ("HEADER", "BODY"):
            limit = HEADER_LIMIT if kind == "HEADER" else BODY_LIMIT
            parts.append(_part(kind.lower(), str(one.get("text") or ""), limit))
        elif kind == "BUTTONS":
            for index, button in enumerate(_buttons(one)):
                if _takes_code(button):
                    code, code_index = True, index
                elif _PLACEHOLDER.search(str(button.get("url") or "")):
                    parts.append(_part("button", str(button["url"]), 0, index))
        code = code or "add_security_recommendation" in one
    named = any(part.named for part in parts if part.place == "body")
    return Shape(True, tuple(parts), media, code, code_index, digest, named)


def _part(place: str, text: str, limit: int, index: int = 0) -> Part:
    return Part(place, text, tuple(dict.fromkeys(_PLACEHOLDER.findall(text))), limit, index)


def _buttons(component: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in component.get("buttons") or () if isinstance(one, Mapping)]


def _takes_code(button: Mapping[str, Any]) -> bool:
    """Meta lists the button of an authentication template as OTP or as a URL of its own."""
    kind, url = str(button.get("type", "")).upper(), str(button.get("url") or "")
    return kind == "OTP" or "whatsapp.com/otp" in url


def with_names(components: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    """The components of a send of a template that names its placeholders. `names` are the variables in the order of
    the body's values."""
    return [_named(one, names) if one.get("type") == "body" else dict(one) for one in components]


def _named(component: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    given = component.get("parameters") or ()
    return {
        **component,
        "parameters": [{**one, "parameter_name": name} for one, name in zip(given, names, strict=False)],
    }


def mismatch(shape: Shape, components: Sequence[Mapping[str, Any]]) -> Mismatch | None:
    """The first reason for which Meta would refuse these components; None when it takes them.

    Sentences name places and lengths, never a value, which may be a code.
    """
    if not shape.known:
        return None
    return next(_mismatches(shape, components), None)


def _mismatches(shape: Shape, components: Sequence[Mapping[str, Any]]) -> Iterator[Mismatch]:
    given = {(str(one.get("type")), int(one.get("index") or 0)): one.get("parameters") or () for one in components}
    if shape.media and ("header", 0) not in given:
        yield Mismatch(f"the template at Meta has a header of type {shape.media}, which the message lacks", True)
    if shape.code:
        yield from _of_code(shape, given)
        return
    for part in shape.parts:
        yield from _of_part(part, given.pop((part.place, part.index), ()))
    for place, index in given:
        if not (place == "header" and shape.media):
            yield Mismatch(f"the template at Meta takes no values for its {_place(place, index)}", True)


def _of_part(part: Part, parameters: Sequence[Mapping[str, Any]]) -> Iterator[Mismatch]:
    place = _place(part.place, part.index)
    if len(parameters) != len(part.names):
        counts = f"takes {len(part.names)} value(s) for its {place}, the message brings {len(parameters)}"
        yield Mismatch(f"the template at Meta {counts}", True)
        return
    values = _by_name(part, parameters)
    if missing := [name for name in part.names if name not in values]:
        yield Mismatch(f"the template at Meta names the value {missing[0]} for its {place}, which is not given", True)
        return
    for name, value in values.items():
        if problem := value_problem(value):
            yield Mismatch(f"value {name} of the {place} {problem}", False)
    if part.limit:
        length = len(_PLACEHOLDER.sub(lambda match: values[match[1]], part.text))
        if length > part.limit:
            yield Mismatch(f"the {place} has {length} characters with its values, Meta takes {part.limit}", False)


def _by_name(part: Part, parameters: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    texts = [str(one.get("text") or "") for one in parameters]
    if part.named:
        return {str(one.get("parameter_name")): text for one, text in zip(parameters, texts, strict=True)}
    # Numbered placeholders take values by their numbers, in whatever order the text has them.
    return dict(zip(sorted(part.names, key=int), texts, strict=True))


def value_problem(value: str) -> str:
    """Why Meta refuses this value, as the end of a sentence; empty when it takes it."""
    if not value.strip():
        return "is empty"
    if _BROKEN_LINE.search(value):
        return "holds a newline or a tab"
    return "holds more than 4 spaces in a row" if " " * 5 in value else ""


def _of_code(shape: Shape, given: Mapping[tuple[str, int], Sequence[Mapping[str, Any]]]) -> Iterator[Mismatch]:
    """Meta, Authentication templates: one code, in the body and for the button, of 15 characters at most."""
    body = [str(one.get("text") or "") for one in given.get(("body", 0), ())]
    button = [str(one.get("text") or "") for one in given.get(("button", shape.code_index), ())]
    if len(body) != 1:
        yield Mismatch(f"the template at Meta takes one code, the message brings {len(body)} value(s)", True)
    elif button != body:
        yield Mismatch(f"the template at Meta takes the code for its button {shape.code_index} as well", True)
    elif problem := value_problem(body[0]):
        yield Mismatch(f"the code {problem}", False)
    elif len(body[0]) > CODE_LIMIT:
        yield Mismatch(f"the code has over {CODE_LIMIT} characters", False)


def _place(place: str, index: int) -> str:
    return f"{place} {index}" if place == "button" else place
