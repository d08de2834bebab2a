from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parents[1] / "schemas"
NAMES = (
    "template_create",
    "message_send",
    "message_response",
    "error",
    "webhook",
    "template_answer",
    "media_answer",
    "account_answer",
)


@cache
def validator(name: str, part: str = "") -> Draft202012Validator:
    """Of the whole schema, or of one of its `$defs`."""
    schema = json.loads((FOLDER / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    if part:
        schema = {"$ref": f"#/$defs/{part}", "$defs": schema["$defs"]}
    return Draft202012Validator(schema)


def examples(kind: str) -> list[Path]:
    return sorted((FOLDER / kind).glob("*.json"))


def example(path: Path) -> tuple[str, Any]:
    """The schema's name and the example."""
    return path.stem.partition("__")[0], json.loads(path.read_text())
