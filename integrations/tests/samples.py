"""Every template once, as it is submitted and as it is sent."""

from __future__ import annotations

from typing import Any

from integrations.template_definitions import EXAMPLES
from integrations.tests.meta import NUMBER
from integrations.whatsapp.messages import template_message, text_message
from integrations.whatsapp_templates import (
    convert_template_to_meta_format,
    format_template_components,
    get_all_templates,
)


def creations() -> dict[str, dict[str, Any]]:
    return {name: convert_template_to_meta_format(name) for name in get_all_templates()}


def sends() -> dict[str, dict[str, Any]]:
    def send(name: str, structure: dict[str, Any]) -> dict[str, Any]:
        values = {variable: EXAMPLES[variable] for variable in structure["variables"]}
        components = format_template_components(name, values)
        return template_message(NUMBER, name, structure["language"], components, "ovii:0193b0c2")

    found = {name: send(name, structure) for name, structure in get_all_templates().items()}
    return found | {"text": text_message(NUMBER, "Hello", "ovii:0193b0c2")}
