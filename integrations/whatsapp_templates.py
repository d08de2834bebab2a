"""The message templates: their structure, what is sent with them, what is submitted to Meta. Pure."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.template_definitions import DEFINITIONS, EXAMPLES, LANGUAGE, OTP_MINUTES, Definition

BODY_LIMIT = 1024
CODE_LIMIT = 15
OTP_TTL_SECONDS = 300

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_BROKEN_LINE = re.compile(r"[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]")


def _structure(name: str, definition: Definition) -> dict[str, Any]:
    variables = list(dict.fromkeys(_PLACEHOLDER.findall(definition.body)))
    authentication = definition.category == "AUTHENTICATION"
    structure: dict[str, Any] = {
        "name": name,
        "language": LANGUAGE,
        "category": definition.category,
        "components": _otp_components() if authentication else _text_components(definition, variables),
        "variables": variables,
    }
    if authentication:
        structure["message_send_ttl_seconds"] = OTP_TTL_SECONDS
    return structure


def _otp_components() -> list[dict[str, Any]]:
    return [
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "FOOTER", "code_expiration_minutes": OTP_MINUTES},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}]},
    ]


def _text_components(definition: Definition, variables: list[str]) -> list[dict[str, Any]]:
    def numbered(match: re.Match[str]) -> str:
        return f"{{{{{variables.index(match[1]) + 1}}}}}"

    body = {"type": "BODY", "text": _PLACEHOLDER.sub(numbered, definition.body)}
    if variables:
        body["example"] = {"body_text": [[EXAMPLES[name] for name in variables]]}  # type: ignore[assignment]
    return [body, {"type": "FOOTER", "text": definition.footer}]


_STRUCTURES = {name: _structure(name, definition) for name, definition in DEFINITIONS.items()}


def get_template_structure(name: str) -> dict[str, Any] | None:
    """name, language, category, components as Meta takes them, and variables in order; None when unknown."""
    return copy.deepcopy(_STRUCTURES.get(name))


def get_all_templates() -> dict[str, dict[str, Any]]:
    """Every structure by its name."""
    return copy.deepcopy(_STRUCTURES)


def convert_template_to_meta_format(name: str) -> dict[str, Any]:
    """What `POST /{waba_id}/message_templates` takes. Raises ValueError for an unknown name."""
    structure = copy.deepcopy(_known(name))
    del structure["variables"]
    return structure


def format_template_components(name: str, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The `components` of a send. Values are strings, numbers, or lists of strings, joined with ", ".

    Raises ValueError with a sentence that names template and variable, never a value, which may be a code.
    """
    structure = _known(name)
    names = structure["variables"]
    for variable in names:
        if variable not in variables:
            raise ValueError(f"Template {name} needs the variable {variable}, which is missing.")
    for variable in variables:
        if variable not in names:
            raise ValueError(f"Template {name} has no variable {variable}; it takes {', '.join(names)}.")
    values = [_value(name, variable, variables[variable]) for variable in names]
    if structure["category"] == "AUTHENTICATION":
        return _code_components(name, values[0])
    _check_length(structure, values)
    return [{"type": "body", "parameters": _texts(values)}] if values else []


def _known(name: str) -> dict[str, Any]:
    if name not in _STRUCTURES:
        raise ValueError(f"There is no template {name!r}. Known are: {', '.join(_STRUCTURES)}.")
    return _STRUCTURES[name]


def _value(name: str, variable: str, value: Any) -> str:
    text = _text(name, variable, value)
    here = f"Template {name}, variable {variable}:"
    if not text.strip():
        raise ValueError(f"{here} it is empty, which Meta refuses; send a placeholder such as “-”.")
    if _BROKEN_LINE.search(text):
        raise ValueError(f"{here} it holds a newline or tab, which Meta refuses; put it on one line.")
    if " " * 5 in text:
        raise ValueError(f"{here} it holds more than 4 spaces in a row, which Meta refuses.")
    return text


def _text(name: str, variable: str, value: Any) -> str:
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    if isinstance(value, str):
        return value
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(value)
    raise ValueError(
        f"Template {name}, variable {variable}: takes a string, a number or a list of strings, "
        f"not {type(value).__name__}."
    )


def _code_components(name: str, code: str) -> list[dict[str, Any]]:
    """Meta, Authentication templates: the code goes twice, for the text and for the copy button."""
    if len(code) > CODE_LIMIT:
        raise ValueError(f"Template {name}, variable code: has over {CODE_LIMIT} characters.")
    button = {"type": "button", "sub_type": "url", "index": "0", "parameters": _texts([code])}
    return [{"type": "body", "parameters": _texts([code])}, button]


def _check_length(structure: dict[str, Any], values: list[str]) -> None:
    body: str = next(part["text"] for part in structure["components"] if part["type"] == "BODY")
    text = _PLACEHOLDER.sub(lambda match: values[int(match[1]) - 1], body)
    if len(text) > BODY_LIMIT:
        longest = structure["variables"][max(range(len(values)), key=lambda index: len(values[index]))]
        raise ValueError(
            f"Template {structure['name']}: the text has {len(text)} characters with its values filled in, Meta "
            f"takes {BODY_LIMIT}; shorten the variable {longest}."
        )


def _texts(values: list[str]) -> list[dict[str, str]]:
    return [{"type": "text", "text": value} for value in values]
