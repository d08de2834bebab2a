"""Meta's rules for templates, checked before Meta does (Meta, Message templates, Components; Review)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

LIMITS = {"HEADER": 60, "BODY": 1024, "FOOTER": 60}
CATEGORIES = ("AUTHENTICATION", "UTILITY", "MARKETING")
MOST_BUTTONS = {"QUICK_REPLY": 10, "URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1, "OTP": 1, "FLOW": 1}
LABEL_LIMIT = 25
# Meta publishes no formula: four variables failed in 90 characters and passed in 190.
WORDS_PER_VARIABLE, CHARACTERS_PER_VARIABLE = 3, 45

_BRACES = re.compile(r"\{\{(.*?)\}\}")
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule: its stable name, the part of the template, and what to change."""

    rule: str
    where: str
    message: str


Check = Callable[[Mapping[str, Any]], Iterator[Finding]]


def lint(meta_format: Mapping[str, Any]) -> list[Finding]:
    """Everything that Meta would refuse in a template as it would be submitted; empty when clean."""
    return [finding for check in _CHECKS for finding in check(meta_format)]


def _components(template: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    return (part for part in template.get("components", ()) if part.get("type") == kind)


def _buttons(template: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [button for part in _components(template, "BUTTONS") for button in part.get("buttons", ())]


def _texts(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in LIMITS:
        for part in _components(template, kind):
            if isinstance(part.get("text"), str):
                yield kind, part["text"]


def _identity(template: Mapping[str, Any]) -> Iterator[Finding]:
    if not _NAME.fullmatch(str(template.get("name", ""))):
        yield Finding("name", "name", "Use a-z, 0-9 and _ only, at most 512 characters.")
    if not _LANGUAGE.fullmatch(str(template.get("language", ""))):
        yield Finding("language", "language", "Write it like en_US or fr: an underscore, exact case.")
    if str(template.get("category", "")).upper() not in CATEGORIES:
        yield Finding("category", "category", f"Choose one of {', '.join(CATEGORIES)}.")
    if not any(_components(template, "BODY")):
        yield Finding("body-missing", "BODY", "A template needs a body.")


def _lengths(template: Mapping[str, Any]) -> Iterator[Finding]:
    for kind, text in _texts(template):
        if len(text) > LIMITS[kind]:
            yield Finding("length", kind, f"{len(text)} characters; Meta takes {LIMITS[kind]}.")
        if not text.strip():
            yield Finding("empty", kind, "The text is empty.")


def _numbering(template: Mapping[str, Any]) -> Iterator[Finding]:
    if str(template.get("parameter_format", "")).upper() == "NAMED":
        return
    for kind, text in _texts(template):
        found = list(dict.fromkeys(_BRACES.findall(text)))
        if kind != "FOOTER" and found != [str(number + 1) for number in range(len(found))]:
            yield Finding("numbering", kind, "Number the variables {{1}}, {{2}}, … by first use.")
        if "{" in _BRACES.sub("", text) or "}" in _BRACES.sub("", text):
            yield Finding("braces", kind, "A brace stands outside a {{variable}}.")


def _edges(template: Mapping[str, Any]) -> Iterator[Finding]:
    """Punctuation beyond the last variable does not count as text everywhere: words do."""
    for kind, text in _texts(template):
        rest = _BRACES.split(text)
        if kind != "BODY" or len(rest) < 3:
            continue
        if not re.search(r"\w", rest[0]):
            yield Finding("edge", kind, "The text begins with a variable: put a word before it.")
        if not re.search(r"\w", rest[-1]):
            yield Finding("edge", kind, "The text ends with a variable: put a word behind it.")
        if any(not between.strip() for between in rest[2:-1:2]):
            yield Finding("adjacent", kind, "Two variables stand side by side: put a word between them.")


def _ratio(template: Mapping[str, Any]) -> Iterator[Finding]:
    for part in _components(template, "BODY"):
        text = part.get("text") or ""
        variables = len(_BRACES.findall(text))
        words = len(re.findall(r"\w+", _BRACES.sub(" ", text)))
        few = words < WORDS_PER_VARIABLE * variables + 1 or len(text) < CHARACTERS_PER_VARIABLE * variables
        if variables and few:
            yield Finding("ratio", "BODY", f"{variables} variables are too many for {words} words: add words.")


def _examples(template: Mapping[str, Any]) -> Iterator[Finding]:
    for kind, key in (("HEADER", "header_text"), ("BODY", "body_text")):
        for part in _components(template, kind):
            wanted = len(set(_BRACES.findall(part.get("text") or "")))
            example = part.get("example") or {}
            given = example.get(f"{key}_named_params") or example.get(key) or []
            given = given[0] if given and isinstance(given[0], list) else given
            if wanted != len([one for one in given if one]):
                yield Finding("example", kind, f"Give one example for each of {wanted} variables.")


def _header(template: Mapping[str, Any]) -> Iterator[Finding]:
    for part in _components(template, "HEADER"):
        text = part.get("text") or ""
        if "\n" in text or re.search(r"[*_~`]", _BRACES.sub("", text)) or _EMOJI.search(text):
            yield Finding("header", "HEADER", "No newline, emoji or formatting mark in a header.")
        if len(_BRACES.findall(text)) > 1:
            yield Finding("header", "HEADER", "At most one variable in a header.")


def _footer(template: Mapping[str, Any]) -> Iterator[Finding]:
    for part in _components(template, "FOOTER"):
        text = part.get("text") or ""
        if "\n" in text or _BRACES.search(text):
            yield Finding("footer", "FOOTER", "No newline and no variable in a footer.")


def _layout(template: Mapping[str, Any]) -> Iterator[Finding]:
    for kind, text in _texts(template):
        if kind == "BODY" and re.search(r"\n\s*\n\s*\n", text):
            yield Finding("newlines", kind, "At most two newlines in a row.")
        if kind == "BODY" and len(_EMOJI.findall(text)) > 10:
            yield Finding("emoji", kind, "At most ten emoji.")


def _button_rules(template: Mapping[str, Any]) -> Iterator[Finding]:
    buttons = _buttons(template)
    if len(buttons) > 10:
        yield Finding("button-count", "BUTTONS", "At most ten buttons.")
    kinds = [str(button.get("type")) for button in buttons]
    for kind, most in MOST_BUTTONS.items():
        if kinds.count(kind) > most:
            yield Finding("button-count", "BUTTONS", f"At most {most} of type {kind}.")
    changes = sum(a != b for a, b in pairwise(kinds) if "QUICK_REPLY" in (a, b))
    if changes > 1:
        yield Finding("button-order", "BUTTONS", "Quick replies must stand together.")
    labels = [str(button["text"]) for button in buttons if button.get("text")]
    if any(len(label) > LABEL_LIMIT for label in labels):
        yield Finding("button-label", "BUTTONS", f"A label has at most {LABEL_LIMIT} characters.")
    if len(set(labels)) < len(labels):
        yield Finding("button-label", "BUTTONS", "Two buttons have the same label.")


def _button_urls(template: Mapping[str, Any]) -> Iterator[Finding]:
    for button in _buttons(template):
        if button.get("type") != "URL":
            continue
        url, variables = str(button.get("url") or ""), _BRACES.findall(str(button.get("url") or ""))
        if not url.startswith("https://") or len(url) > 2000 or "wa.me" in url:
            yield Finding("button-url", "BUTTONS", "Use an https address of your own domain.")
        if variables and (len(variables) > 1 or not url.endswith("}}")):
            yield Finding("button-url", "BUTTONS", "One variable, at the very end of the address.")
        if variables and not button.get("example"):
            yield Finding("example", "BUTTONS", "Give the full address as an example.")


def _authentication(template: Mapping[str, Any]) -> Iterator[Finding]:
    """Meta, Authentication templates: its own fixed text, one OTP button, nothing else."""
    buttons = _buttons(template)
    if str(template.get("category", "")).upper() != "AUTHENTICATION":
        if any(button.get("type") == "OTP" for button in buttons):
            yield Finding("authentication", "BUTTONS", "OTP buttons are for AUTHENTICATION only.")
        return
    if any(_texts(template)) or any(_components(template, "HEADER")):
        yield Finding("authentication", "BODY", "No text of your own and no header: Meta writes it.")
    if [button.get("type") for button in buttons] != ["OTP"]:
        yield Finding("authentication", "BUTTONS", "Exactly one button, of type OTP.")
    for part in _components(template, "FOOTER"):
        if not 1 <= int(part.get("code_expiration_minutes", 0)) <= 90:
            yield Finding("authentication", "FOOTER", "code_expiration_minutes is 1 to 90.")


_CHECKS: tuple[Check, ...] = (
    _identity,
    _lengths,
    _numbering,
    _edges,
    _ratio,
    _examples,
    _header,
    _footer,
    _layout,
    _button_rules,
    _button_urls,
    _authentication,
)
