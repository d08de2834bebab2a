"""What Meta says of the token, the app, the number and the account. Reads only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from django.conf import settings

from integrations import conf
from integrations.account_calls import AccountCalls
from integrations.exceptions import Misconfigured, Unreachable, WhatsAppError
from integrations.services import WhatsAppClient
from integrations.whatsapp.lenient import items, mapping, moment, text
from ovii_backend.doctor import templates
from ovii_backend.doctor.finding import Finding, fine, problem, unknown, warning
from ovii_backend.doctor.here import skewed

NUMBER_FIELDS = (
    "id,display_phone_number,verified_name,status,quality_rating,name_status,account_mode,platform_type,"
    "health_status,webhook_configuration"
)
ACCOUNT_FIELDS = "id,name,account_review_status,health_status"
# Meta, Permissions: what sending, and what templates, numbers and webhooks take.
SCOPES = {
    "whatsapp_business_messaging": "sending",
    "whatsapp_business_management": "templates, numbers and the subscription",
}
TOKEN_ENDS_SOON = timedelta(days=14)
# The answer's Date has whole seconds and is as old as the way.
META_CLOCK_TOLERANCE_SECONDS = 30.0
RENEWAL = (
    "Meta Business Settings, System users, Generate token, never expiring, with whatsapp_business_messaging and "
    "whatsapp_business_management; enter it in the admin, WhatsApp Configurations."
)
MANAGER = "WhatsApp Manager (business.facebook.com/wa/manage), "
# Meta, Phone Numbers, "status": what to do about those that cannot send.
NUMBER_REMEDIES = {
    "PENDING": "Register it: POST /<phone number id>/register with a PIN, or WhatsApp Manager, Phone numbers.",
    "BANNED": MANAGER + "Account quality: appeal.",
    "RESTRICTED": MANAGER + "Account quality: see until when.",
}


@dataclass(slots=True)
class Account:
    """What was learnt on the way and later findings need. `number` and `token` are Meta's objects."""

    client: WhatsAppClient
    calls: AccountCalls
    number: Mapping[str, Any] = field(default_factory=dict)
    token: Mapping[str, Any] = field(default_factory=dict)
    reached: bool = False

    @property
    def app_id(self) -> str:
        return settings.WHATSAPP_APP_ID or text(self.token.get("app_id"))


def learn(client: WhatsAppClient) -> Account:
    return Account(client, AccountCalls(client))


def examine(account: Account) -> Iterator[Finding]:
    """Stops after the first call where Meta cannot be reached or takes the token for nothing."""
    yield from _guarded("meta", lambda: _first_call(account))
    if not account.reached:
        return
    yield from _guarded("token", lambda: _token(account), refused=_token_cannot_be_read)
    yield from _guarded("app secret", lambda: _secret(account), refused=_secret_is_another)
    yield from _number(account.number)
    yield from _guarded("account", lambda: _account(account), refused=_account_is_another)
    if account.client.waba_id:
        yield from _guarded("templates", lambda: templates.examine(account.client))


def _guarded(
    part: str,
    ask: Callable[[], Iterator[Finding]],
    refused: Callable[[WhatsAppError], Finding] | None = None,
) -> Iterator[Finding]:
    """What `ask` finds; an error of Meta's becomes a finding too."""
    try:
        yield from list(ask())
    except WhatsAppError as error:
        if refused and not error.retryable:
            yield refused(error)
        else:
            yield _not_answered(part, error)
    except Misconfigured as error:
        yield problem(part, str(error), "Meta cannot be asked.", "Correct the setting that it names.")


def _not_answered(part: str, error: WhatsAppError) -> Finding:
    if isinstance(error, Unreachable):
        return problem(
            part,
            f"Meta cannot be reached at {settings.WHATSAPP_GRAPH_URL}: {error.details or error.title}.",
            "Nothing can be sent.",
            f"From this machine: curl -sS {settings.WHATSAPP_GRAPH_URL} — look at firewall, proxy and name service.",
        )
    if error.retryable:
        return unknown(part, f"Meta does not answer now: {error}", "Run the doctor again in a minute.")
    return problem(part, str(error), "Meta refuses what is sent with these credentials.", _remedy(error))


def _remedy(error: WhatsAppError) -> str:
    if error.code == 190:
        return RENEWAL
    return f"{error.operator_message} See docs/reference/errors.md, code {error.code}."


def _first_call(account: Account) -> Iterator[Finding]:
    """The number itself: shows at once whether host, version, token and number belong together."""
    answer = account.calls.read(account.client.phone_number_id, NUMBER_FIELDS)
    account.number, account.reached = answer.body, True
    yield fine("meta", f"answers at {settings.WHATSAPP_GRAPH_URL}")
    yield _version(account.client.api_version, answer.headers.get("facebook-api-version", ""))
    if skew := clock_of(answer.headers.get("Date", "")):
        yield skew


def _version(asked: str, served: str) -> Finding:
    newest = conf.LIVE_VERSIONS[-1]
    if retired := conf.retired_version(asked):
        return warning("version", retired, "Meta may refuse it any day.", f"WHATSAPP_API_VERSION={newest}")
    if served and served != asked:
        return warning(
            "version",
            f"{asked} was asked for, Meta served {served}.",
            "Answers may be other than expected.",
            f"WHATSAPP_API_VERSION={newest}",
        )
    return fine("version", asked)


def clock_of(date: str) -> Finding | None:
    try:
        theirs = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
    return skewed("clock", time.time() - theirs, "Meta's", META_CLOCK_TOLERANCE_SECONDS)


def _token(account: Account) -> Iterator[Finding]:
    account.token = token = account.calls.token(settings.WHATSAPP_APP_ID)
    if not token.get("is_valid"):
        said = text(mapping(token.get("error")).get("message"))
        yield problem("token", f"The access token is not valid. {said}".strip(), "Nothing can be sent.", RENEWAL)
        return
    missing = [scope for scope in SCOPES if scope not in items(token.get("scopes"))]
    if missing:
        uses = " and ".join(SCOPES[scope] for scope in missing)
        yield problem("token", f"It lacks {', '.join(missing)}.", f"Needed for {uses}.", RENEWAL)
        return
    ends = moment(token.get("expires_at"))
    if ends and ends < datetime.now(UTC) + TOKEN_ENDS_SOON:
        yield warning("token", f"It ends on {ends:%d %b %Y %H:%M} UTC.", "Nothing is sent after that.", RENEWAL)
        return
    yield fine("token", f"valid{f' until {ends:%d %b %Y}' if ends else ''}, with both permissions")


def _token_cannot_be_read(error: WhatsAppError) -> Finding:
    return unknown("token", f"Meta took it for a call, but tells nothing about it: {error}")


def _secret(account: Account) -> Iterator[Finding]:
    if account.client.credentials.app_secret:
        account.calls.prove_secret(account.client.phone_number_id)
        yield fine("app secret", "of the app that the token belongs to")


def _secret_is_another(error: WhatsAppError) -> Finding:
    return problem(
        "app secret",
        "It is not the secret of the app that the access token belongs to.",
        "Every webhook of that app is refused with 401, so no message is seen as delivered.",
        "App Dashboard, App settings, Basic, App secret, Show: enter it in the admin, WhatsApp Configurations, or as "
        "WHATSAPP_APP_SECRET. It is neither the access token nor the verify token.",
    )


def _number(number: Mapping[str, Any]) -> Iterator[Finding]:
    shown = text(number.get("display_phone_number")) or text(number.get("id"))
    status = text(number.get("status")) or "UNKNOWN"
    if status not in ("CONNECTED", "FLAGGED", "UNKNOWN"):
        do = NUMBER_REMEDIES.get(status, MANAGER + "Phone numbers: see what it shows there.")
        yield problem("number", f"{shown} is {status}.", "Meta answers every send with 133010.", do)
    elif text(number.get("account_mode")) == "SANDBOX":
        yield warning(
            "number",
            f"{shown} is a test number.",
            "It reaches five people who were entered at Meta, all others are refused with 131030.",
            MANAGER + "Phone numbers: add one of your own.",
        )
    else:
        yield fine("number", f"{shown}, {status.lower()}")
    if (quality := text(number.get("quality_rating"))) in ("RED", "YELLOW"):
        kind = problem if quality == "RED" else warning
        yield kind(
            "quality",
            f"The quality of {shown} is {quality}.",
            "People block or report what comes from it; Meta lowers its limits and may stop it.",
            MANAGER + "Insights: see which templates are blocked, send them to fewer people.",
        )
    yield from _health("number", number.get("health_status"))


def _health(part: str, told: Any) -> Iterator[Finding]:
    """Meta's own verdict on whether messages go, by entity (Meta, Messaging health status)."""
    for entity in map(mapping, items(mapping(told).get("entities"))):
        state = text(entity.get("can_send_message"))
        if state not in ("BLOCKED", "LIMITED"):
            continue
        errors = [mapping(one) for one in items(entity.get("errors"))] or [{}]
        kind = problem if state == "BLOCKED" else warning
        for error in errors:
            what = f"{text(entity.get('entity_type')) or part} is {state}: {text(error.get('error_description'))}"
            do = text(error.get("possible_solution")) or MANAGER + "Account tools."
            yield kind(
                "health", what.rstrip(": "), f"Meta's code {text(error.get('error_code')) or 'is not told'}.", do
            )


def _account(account: Account) -> Iterator[Finding]:
    if not account.client.waba_id:
        yield problem(
            "account", "No WABA ID is known.", "Templates and the subscription belong to it.", "Set WHATSAPP_WABA_ID."
        )
        return
    told = account.calls.read(account.client.waba_id, ACCOUNT_FIELDS).body
    review = text(told.get("account_review_status"))
    if review in ("REJECTED", "PENDING"):
        yield warning("account", f"Its review is {review}.", "Limits stay low.", MANAGER + "Overview.")
    else:
        yield fine("account", text(told.get("name")) or account.client.waba_id)
    yield from _health("account", told.get("health_status"))


def _account_is_another(error: WhatsAppError) -> Finding:
    return problem(
        "account",
        f"The account (WABA) cannot be read: {error}",
        "Templates cannot be synced and the subscription cannot be seen.",
        "Check WHATSAPP_WABA_ID (it is not the phone number ID), and give the system user this account as an asset: "
        "Meta Business Settings, System users, Assign assets.",
    )
