from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
NAMED = re.compile(r"[a-z][a-z0-9_]*")


def placeholders(text: str) -> list[str]:
    """The distinct names between `{{` and `}}`, in order of first use."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with each placeholder replaced; one without a value stays as it is."""
    return PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group(0)), text)


def static_text(text: str) -> str:
    return PLACEHOLDER.sub(" ", text)
