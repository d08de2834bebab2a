"""What is to be said, and to which address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from integrations.whatsapp.interactive import Action

Variable = str | int | float | Decimal | list[str]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person can be reached; at least one is given. `phone` is any spelling that E.164 can be made of."""

    phone: str = ""
    bsuid: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class TemplateContent:
    """A template and its variables by name, the secret ones left out."""

    name: str
    variables: Mapping[str, Variable] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextContent:
    """Free text; WhatsApp takes it within 24 hours of the person's last message."""

    body: str


@dataclass(frozen=True, slots=True)
class InteractiveContent:
    """A text with buttons, a list, a link or a question for the location; within the same 24 hours."""

    body: str
    action: Action
    header: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True)
class MediaContent:
    """An `image` or a `document`, by the id of an upload (`WhatsAppClient.upload_media`) or by a link; within the
    same 24 hours. `filename` is what a document is called on the phone."""

    kind: str
    id: str = ""
    link: str = ""
    caption: str = ""
    filename: str = ""


Content = TemplateContent | TextContent | InteractiveContent | MediaContent


def storable(variables: Mapping[str, Variable]) -> dict[str, str | int | float | list[str]]:
    """Variables as a JSON column keeps them. Raises ValueError for anything but text, numbers, lists of text."""
    kept: dict[str, str | int | float | list[str]] = {}
    for name, value in variables.items():
        if isinstance(value, Decimal):
            kept[name] = str(value)
        elif (isinstance(value, str | int | float) and not isinstance(value, bool)) or (
            isinstance(value, list) and all(isinstance(item, str) for item in value)
        ):
            kept[name] = value
        else:
            raise ValueError(
                f"Variable {name!r} must be text, a number or a list of texts, not {type(value).__name__}."
            )
    return kept
