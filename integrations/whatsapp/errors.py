"""Meta's error envelope -> a typed error. The table of codes stands in `error_table.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.exceptions import (
    Action,
    CredentialsRejected,
    PayloadRefused,
    RecipientRefused,
    TemplateRefused,
    TemporaryFailure,
    Throttled,
    UncertainOutcome,
    UnknownRefusal,
    WhatsAppError,
    WindowClosed,
)
from integrations.whatsapp.error_table import CODES, RANGES, SUBCODES, Row
from integrations.whatsapp.usage import requested_pause

CLASSES: dict[Action, type[WhatsAppError]] = {
    Action.RETRY: TemporaryFailure,
    Action.SLOW: Throttled,
    Action.RECIPIENT: RecipientRefused,
    Action.TEMPLATE: TemplateRefused,
    Action.CONFIGURATION: CredentialsRejected,
    Action.WINDOW: WindowClosed,
    Action.PAYLOAD: PayloadRefused,
    Action.UNKNOWN: UnknownRefusal,
}

_THROTTLED = Row(Action.SLOW, "Meta throttles: sending slows down by itself.", 5.0, "number")
_FAILED = Row(Action.RETRY, "Meta's service failed: nothing to do unless it goes on.", 10.0)
_TRANSIENT = Row(Action.RETRY, "Meta failed for a moment and asks to try again.", 10.0)


def error_from_response(status: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> WhatsAppError:
    """The error of an HTTP answer whose JSON body has an `error` object."""
    error = body.get("error")
    error = error if isinstance(error, Mapping) else {}
    return _build(error, status, requested_pause(headers))


def error_from_webhook(errors: Sequence[Mapping[str, Any]]) -> WhatsAppError:
    """The error of a `failed` status: the first that the table knows, else the first."""
    known = [error for error in errors if isinstance(error, Mapping)]
    chosen = next((error for error in known if _row(*_codes(error))), known[0] if known else {})
    return _build(chosen, None, None)


def unreadable_answer(status: int, headers: Mapping[str, str], *, changes_something: bool) -> WhatsAppError:
    """The error of an answer that is no Graph envelope: a proxy's page, an empty body."""
    pause = requested_pause(headers)
    if 300 <= status < 400:
        return CredentialsRejected(
            "Meta's address answered with a redirect: correct WHATSAPP_GRAPH_URL.", http_status=status
        )
    if status == 429:
        return Throttled(_THROTTLED.sentence, http_status=status, bucket="number", retry_after=pause or 5.0)
    if 400 <= status < 500:
        return UnknownRefusal(
            f"Something answered HTTP {status} without Meta's reasons: check WHATSAPP_GRAPH_URL and proxy.",
            http_status=status,
        )
    if changes_something:
        return UncertainOutcome(
            f"The answer (HTTP {status}) is not Meta's JSON: the request may have been carried out. "
            "For a message, its status webhook decides.",
            http_status=status,
        )
    return TemporaryFailure(
        f"The answer (HTTP {status}) is not Meta's JSON: it is asked for again; check proxies if it goes on.",
        http_status=status,
        retry_after=pause or 10.0,
    )


def _build(error: Mapping[str, Any], status: int | None, pause: float | None) -> WhatsAppError:
    code, subcode = _codes(error)
    row = _decide(error, code, subcode, status)
    answers: dict[str, Any] = {"bucket": row.bucket, "max_attempts": row.max_attempts}
    if row.action in (Action.RETRY, Action.SLOW):
        answers["retry_after"] = pause or row.retry_after
    if row.fault:
        answers["fault"] = row.fault
    return CLASSES[row.action](
        row.sentence,
        code=code,
        subcode=subcode,
        http_status=status,
        title=str(error.get("title") or error.get("error_user_title") or error.get("message") or ""),
        details=_details(error),
        fbtrace_id=str(error.get("fbtrace_id") or ""),
        **answers,
    )


def _decide(error: Mapping[str, Any], code: int | None, subcode: int | None, status: int | None) -> Row:
    row = _row(code, subcode)
    if row and row.action in (Action.RETRY, Action.SLOW):
        return row
    if error.get("is_transient") is True:
        return _TRANSIENT
    if row:
        return row
    if status == 429:
        return _THROTTLED
    if status is not None and status >= 500:
        return _FAILED
    return Row(
        Action.UNKNOWN,
        f"Meta refused with code {code}, which is not documented here: look it up in Meta's error codes.",
    )


def _row(code: int | None, subcode: int | None) -> Row | None:
    if code is None:
        return None
    found = SUBCODES.get((code, subcode)) if subcode is not None else None
    found = found or CODES.get(code)
    return found or next((row for first, last, row in RANGES if first <= code <= last), None)


def _codes(error: Mapping[str, Any]) -> tuple[int | None, int | None]:
    return _integer(error.get("code")), _integer(error.get("error_subcode"))


def _integer(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _details(error: Mapping[str, Any]) -> str:
    """`error_data` may be an object, a JSON string of one, any other string, or absent."""
    data = error.get("error_data")
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return data
    found = data.get("details") if isinstance(data, Mapping) else data
    return str(found or error.get("error_user_msg") or error.get("message") or "")
