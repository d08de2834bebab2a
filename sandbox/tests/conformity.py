"""Every answer and every webhook of a test against the closed schemas."""

from __future__ import annotations

import json
import re
from typing import Any

from jsonschema import Draft202012Validator

from sandbox.graph.call import PATH, is_graph_path
from sandbox.options import Options
from sandbox.tests.schema_files import validator

#: Kind of the object, method, edge -> schema and part of it.
SCHEMAS: dict[tuple[str, str, str], tuple[str, str]] = {
    ("number", "POST", "messages"): ("message_response", ""),
    ("number", "POST", "marketing_messages"): ("message_response", ""),
    ("account", "POST", "message_templates"): ("template_answer", "created"),
    ("account", "GET", "message_templates"): ("template_answer", "listed"),
    ("account", "DELETE", "message_templates"): ("account_answer", "success"),
    ("account", "POST", "upsert_message_templates"): ("template_answer", "upserted"),
    ("account", "GET", "message_template_previews"): ("template_answer", "previews"),
    ("account", "POST", "message_templates/archive"): ("account_answer", "success"),
    ("account", "POST", "message_templates/unarchive"): ("account_answer", "success"),
    ("template", "GET", ""): ("template_answer", "template"),
    ("template", "POST", ""): ("template_answer", "edited"),
    ("template", "POST", "unpause"): ("template_answer", "unpaused"),
    ("template", "GET", "compare"): ("template_answer", "compared"),
    ("number", "POST", "media"): ("media_answer", "uploaded"),
    ("media", "GET", ""): ("media_answer", "media"),
    ("media", "DELETE", ""): ("media_answer", "removed"),
    ("app", "POST", "uploads"): ("media_answer", "session"),
    ("upload", "GET", ""): ("media_answer", "session"),
    ("upload", "POST", ""): ("media_answer", ""),
    ("number", "GET", ""): ("account_answer", "number"),
    ("number", "POST", ""): ("account_answer", "success"),
    ("account", "GET", "phone_numbers"): ("account_answer", "numbers"),
    ("account", "POST", "phone_numbers"): ("account_answer", "added"),
    ("number", "POST", "request_code"): ("account_answer", "success"),
    ("number", "POST", "verify_code"): ("account_answer", "success"),
    ("number", "POST", "register"): ("account_answer", "success"),
    ("number", "POST", "deregister"): ("account_answer", "success"),
    ("number", "GET", "whatsapp_business_profile"): ("account_answer", "profile"),
    ("number", "POST", "whatsapp_business_profile"): ("account_answer", "success"),
    ("number", "GET", "settings"): ("account_answer", "settings"),
    ("number", "POST", "settings"): ("account_answer", "success"),
    ("number", "GET", "message_history"): ("account_answer", "history"),
    ("account", "GET", ""): ("account_answer", "account"),
    ("account", "GET", "subscribed_apps"): ("account_answer", "subscriptions"),
    ("account", "POST", "subscribed_apps"): ("account_answer", "success"),
    ("account", "DELETE", "subscribed_apps"): ("account_answer", "success"),
    ("app", "GET", ""): ("account_answer", "app"),
    ("debug_token", "GET", ""): ("account_answer", "token"),
}
#: Beginnings of the ids that the sandbox gives out.
BEGINNINGS = {"upload:": "upload", "1065403522": "number", "594425479": "template", "10375432": "media", "1" * 16: "app"}


def kind_of(object_id: str, options: Options) -> str:
    known = {options.waba_id: "account", options.phone_number_id: "number"}
    by_beginning = (kind for beginning, kind in BEGINNINGS.items() if object_id.startswith(beginning))
    return known.get(object_id) or next(by_beginning, object_id)


def check_answer(method: str, target: str, status: int, raw: bytes, options: Options) -> None:
    """Raises `AssertionError`; what a fault spoilt, bytes of a file and the sandbox's own calls are let pass."""
    path = target.partition("?")[0]
    found = PATH.fullmatch(path)
    if not is_graph_path(path) or found is None or found["object"] == "lookaside":
        return
    try:
        body = json.loads(raw)
    except ValueError:
        return
    if status >= 400:
        complain(validator("error"), body)
        return
    place = (kind_of(found["object"], options), method, found["edge"] or "")
    assert place in SCHEMAS, f"no schema for {place}"
    complain(validator(*SCHEMAS[place]), body)


def complain(schema: Draft202012Validator, body: Any) -> None:
    for error in schema.iter_errors(body):
        raise AssertionError(f"{error.json_path}: {error.message[:500]}\nin {json.dumps(body)[:2000]}")


def flaw_of(webhook: bytes) -> str:
    """What is wrong with a webhook's body; empty when nothing is."""
    try:
        complain(validator("webhook"), json.loads(webhook))
    except (ValueError, AssertionError) as error:
        return re.sub(r"\s+", " ", str(error))
    return ""
