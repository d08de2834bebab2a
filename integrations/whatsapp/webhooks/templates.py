"""Fields about templates (Meta, Webhooks, "message_template_*_update", "template_category_update"). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.whatsapp.lenient import items, mapping, moment, text
from integrations.whatsapp.webhooks.facts import TemplateCategory, TemplateComponents, TemplateQuality, TemplateReview
from integrations.whatsapp.webhooks.reading import Scope, word

Value = Mapping[str, Any]
_BUTTON = "message_template_button_"


def review(value: Value, scope: Scope) -> Iterator[TemplateReview]:
    if event := word(value.get("event")):
        yield TemplateReview(
            event,
            reason=_reason(value),
            category=word(value.get("message_template_category")),
            description=_description(value),
            **_which(value, scope),
        )


def quality(value: Value, scope: Scope) -> Iterator[TemplateQuality]:
    if after := word(value.get("new_quality_score")):
        yield TemplateQuality(before=word(value.get("previous_quality_score")), after=after, **_which(value, scope))


def category(value: Value, scope: Scope) -> Iterator[TemplateCategory]:
    """While a change is announced, `new_category` is the present one and `correct_category` the one to come."""
    current = word(value.get("new_category"))
    coming = word(value.get("correct_category"))
    if not current and not coming:
        return
    yield TemplateCategory(
        current=current,
        before=word(value.get("previous_category")),
        coming="" if coming == current else coming,
        due_at=moment(value.get("category_update_timestamp")),
        **_which(value, scope),
    )


def components(value: Value, scope: Scope) -> Iterator[TemplateComponents]:
    if not text(value.get("message_template_element")):
        return
    buttons = [
        {
            key.removeprefix(_BUTTON): text(told)
            for key, told in mapping(button).items()
            if isinstance(key, str) and key.startswith(_BUTTON) and text(told)
        }
        for button in items(value.get("message_template_buttons"))
    ]
    yield TemplateComponents(
        header=text(value.get("message_template_title")),
        text=text(value.get("message_template_element")),
        footer=text(value.get("message_template_footer")),
        buttons=tuple(button for button in buttons if button),
        **_which(value, scope),
    )


def _which(value: Value, scope: Scope) -> dict[str, Any]:
    return {
        "template_id": text(value.get("message_template_id")),
        "name": text(value.get("message_template_name")),
        # Some samples spell `en-US`, which no other call takes.
        "language": text(value.get("message_template_language")).replace("-", "_"),
        "waba_id": scope.waba_id,
        "at": scope.at,
    }


def _reason(value: Value) -> str:
    rejection, other = mapping(value.get("rejection_info")), mapping(value.get("other_info"))
    for reason in (value.get("reason"), rejection.get("reason"), other.get("title")):
        said = text(reason)
        if said and said.upper() != "NONE":
            return said
    return ""


def _description(value: Value) -> str:
    rejection, other = mapping(value.get("rejection_info")), mapping(value.get("other_info"))
    return text(rejection.get("recommendation")) or text(other.get("description"))
