"""Header, body and footer of a template that is being created."""

from __future__ import annotations

import re
from typing import Any

from sandbox.rules.refusal import template_refusal
from sandbox.rules.variables import NAMED, PLACEHOLDER, placeholders, static_text

EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\U0001f1e6-\U0001f1ff]")
MEDIA = {"IMAGE", "VIDEO", "DOCUMENT", "GIF"}
HEADER_KEYS = {"type", "format", "text", "example"}
BODY_KEYS = {"type", "text", "example"}
FOOTER_KEYS = {"type", "text"}


def check_keys(component: dict[str, Any], allowed: set[str]) -> None:
    unexpected = sorted(set(component) - allowed)
    if unexpected:
        kind = str(component.get("type", "")).upper()
        raise template_refusal(2388042, f"component of type {kind} has unexpected field(s) ({', '.join(unexpected)})")


def text_of(component: dict[str, Any], subcode: int, limit: int) -> str:
    text = component.get("text")
    kind = str(component.get("type", "")).lower()
    if not isinstance(text, str) or not text.strip():
        raise template_refusal(subcode, f"The {kind} needs a text.")
    if len(text) > limit:
        raise template_refusal(2388040, f"The {kind} has {len(text)} characters; {limit} are allowed.")
    return text


def check_numbering(names: list[str], named: bool, subcode: int) -> None:
    """Positional variables count 1..n by first use; named ones are lower-case words."""
    if named:
        wrong = [name for name in names if not NAMED.fullmatch(name)]
    else:
        wrong = [name for place, name in enumerate(names, start=1) if name != str(place)]
    if wrong:
        raise template_refusal(subcode, f"Variable {{{{{wrong[0]}}}}} is not allowed here.")


def check_example(component: dict[str, Any], names: list[str], key: str, named: bool) -> None:
    """Every variable needs a sample: `body_text: [["a", "b"]]`, `header_text: ["a"]` or the named form."""
    example = component.get("example")
    example = example if isinstance(example, dict) else {}
    samples = example.get(f"{key}_named_params" if named else key)
    if named and isinstance(samples, list):
        given = {item.get("param_name") for item in samples if isinstance(item, dict) and item.get("example")}
        complete = given == set(names)
    else:
        if key == "body_text":
            samples = samples[0] if isinstance(samples, list) and len(samples) == 1 else None
        complete = isinstance(samples, list) and len(samples) == len(names)
        complete = complete and all(isinstance(sample, str) and sample for sample in samples or ())
    if not complete:
        raise template_refusal(2388043, f"Add one example value for each of {len(names)} variable(s).")


def check_header(component: dict[str, Any], named: bool) -> None:
    check_keys(component, HEADER_KEYS)
    kind = str(component.get("format", "")).upper()
    if kind in MEDIA:
        example = component.get("example")
        if not isinstance(example, dict) or not example.get("header_handle"):
            raise template_refusal(2388043, "A media header needs example.header_handle.")
        return
    if kind == "LOCATION":
        return
    if kind != "TEXT":
        raise template_refusal(2388047, f"Header format {kind or 'missing'} is not known.")
    text = text_of(component, 2388047, 60)
    names = placeholders(text)
    if "\n" in text or EMOJI.search(text) or re.search(r"[*_~`]", static_text(text)):
        raise template_refusal(2388047, "A header has no new line, emoji, asterisk or formatting.")
    if len(names) > 1:
        raise template_refusal(2388047, "A header has at most one variable.")
    check_numbering(names, named, 2388047)
    if names:
        check_example(component, names, "header_text", named)


def check_body(component: dict[str, Any], named: bool) -> None:
    check_keys(component, BODY_KEYS)
    text = text_of(component, 2388072, 1024)
    names = placeholders(text)
    if re.search(r"\{\{|\}\}", PLACEHOLDER.sub("", text)):
        raise template_refusal(2388072, "A variable is not closed.")
    check_numbering(names, named, 2388072)
    if not names:
        return
    bare = text.strip()
    if PLACEHOLDER.match(bare) or bare.endswith("}}"):
        raise template_refusal(2388299, "Variables can't be at the start or end of the template.")
    check_ratio(text, len(PLACEHOLDER.findall(text)))
    check_example(component, names, "body_text", named)


def check_ratio(text: str, variables: int) -> None:
    """Meta publishes no formula. Four variables in 90 characters are known to fail, in 190 to pass; this
    stands between: three static words for each variable and one more, and 35 characters each from two on."""
    words = len(re.findall(r"\w+", static_text(text)))
    if words < 3 * variables + 1 or (variables > 1 and len(text) < 35 * variables):
        raise template_refusal(
            2388293,
            "This template has too many variables for its length. Reduce the number of variables or increase "
            "the message length.",
        )


def check_footer(component: dict[str, Any]) -> None:
    check_keys(component, FOOTER_KEYS)
    text = text_of(component, 2388073, 60)
    if placeholders(text) or "\n" in text:
        raise template_refusal(2388073, "A footer has no variables and no new lines.")


def rejection_reason(components: list[dict[str, Any]]) -> str:
    """What the review finds although creation passed; empty when nothing."""
    body = next((c.get("text", "") for c in components if c["type"] == "BODY"), "")
    if re.search(r"\}\}\s*\{\{", body) or "\n\n\n" in body or len(EMOJI.findall(body)) > 10:
        return "INVALID_FORMAT"
    urls = [b.get("url", "") for c in components if c["type"] == "BUTTONS" for b in c["buttons"]]
    if any(url and not url.startswith("https://") for url in urls):
        return "INVALID_FORMAT"
    return ""
