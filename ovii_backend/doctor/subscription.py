"""Whether Meta tells us anything: the app's subscription to the account, its fields, and the address it posts to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integrations import webhook_address
from integrations.exceptions import Misconfigured, WhatsAppError
from integrations.whatsapp.lenient import items, mapping, text
from ovii_backend.doctor.at_meta import Account
from ovii_backend.doctor.finding import Finding, fine, problem, unknown, warning

OBJECT = "whatsapp_business_account"
FIELDS = "App Dashboard, WhatsApp, Configuration, Webhook fields"
# Meta, Webhooks, Fields: without "messages" there are neither statuses nor answers; the others warn in time.
NEEDED = "messages"
USEFUL = (
    "message_template_status_update", "message_template_quality_update", "message_template_components_update",
    "template_category_update", "phone_number_quality_update", "phone_number_name_update", "account_update",
    "account_alerts", "account_review_update", "business_capability_update", "security", "user_preferences",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """Where Meta posts, or shall post; `ours` where a setting of ours says so."""

    url: str
    ours: bool


def address_at_meta(account: Account) -> str:
    """Number before account before app (Meta, Webhooks, Overrides); empty where Meta does not say."""
    told = mapping(account.number.get("webhook_configuration"))
    places = ("phone_number", "whatsapp_business_account", "application")
    return next((text(told.get(place)) for place in places if told.get(place)), "")


def address(account: Account) -> Address | None:
    """The address to try: ours if we know it, else Meta's word."""
    if ours := webhook_address.configured():
        return Address(ours, ours=True)
    theirs = address_at_meta(account)
    return Address(theirs, ours=False) if theirs else None


def examine(account: Account) -> Iterator[Finding]:
    if account.client.waba_id:
        yield from _asked("subscription", lambda: _subscribed(account))
    yield from _fields(account)
    yield from _same_address(account)


def _asked(part: str, ask: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield ask()
    except (WhatsAppError, Misconfigured) as error:
        yield unknown(part, f"Meta does not say: {error}", "Mend what was found above, then run the doctor again.")


def _subscribed(account: Account) -> Finding:
    apps = account.calls.subscribed_apps()
    if any(app["id"] == account.app_id for app in apps) or (apps and not account.app_id):
        return fine(
            "subscription", f"{len(apps)} apps hear of the account" if len(apps) > 1 else "our app hears of the account"
        )
    others = ", ".join(app["name"] or app["id"] for app in apps)
    return problem(
        "subscription",
        f"The account is subscribed by {others}, not by our app {account.app_id}."
        if apps
        else "No app is subscribed to the account.",
        "Meta sends us no webhook: no message is seen as delivered and nobody's answer arrives.",
        "python manage.py subscribe_whatsapp",
        repair="subscribe",
    )


def _fields(account: Account) -> Iterator[Finding]:
    if not (account.app_id and account.client.credentials.app_secret):
        yield unknown("fields", "Which fields the app is told cannot be asked without app id and app secret.", FIELDS)
        return
    try:
        told = {text(one.get("object")): one for one in account.calls.app_subscriptions(account.app_id)}
    except (WhatsAppError, Misconfigured) as error:
        yield unknown(
            "fields",
            f"Meta does not say which fields the app is told ({_code(error)}).",
            f"{FIELDS}: see that “messages” is on, and that the app is in mode Live.",
        )
        return
    yield _subscribed_fields(mapping(told.get(OBJECT)))


def _code(error: WhatsAppError | Misconfigured) -> str:
    """The app's own token was asked with: what is said of tokens elsewhere would mislead."""
    return f"code {error.code}" if isinstance(error, WhatsAppError) and error.code else str(error)


def _subscribed_fields(told: Mapping[str, Any]) -> Finding:
    names = {text(mapping(one).get("name")) or text(one) for one in items(told.get("fields"))}
    if NEEDED not in names or told.get("active") is False:
        return problem(
            "fields",
            "The app is not told the field “messages”." if names else "The app has no webhook for WhatsApp.",
            "That field carries statuses and answers alike; there is no field “message_status”.",
            f"{FIELDS}: subscribe to messages.",
        )
    if missing := [name for name in USEFUL if name not in names]:
        return warning(
            "fields",
            f"The app is not told {', '.join(missing)}.",
            "Rejected templates, low quality and restrictions are then noticed late or never.",
            f"{FIELDS}: subscribe to them.",
        )
    return fine("fields", f"{len(names)} fields")


def _same_address(account: Account) -> Iterator[Finding]:
    ours, theirs = webhook_address.configured(), address_at_meta(account)
    if ours and theirs and ours.rstrip("/") != theirs.rstrip("/"):
        yield problem(
            "address",
            f"Meta posts to {theirs}, not to {ours}.",
            "An address of the number or the account wins over the app's; our webhooks go elsewhere.",
            "python manage.py subscribe_whatsapp --override, or correct it: App Dashboard, WhatsApp, Configuration.",
        )
    elif theirs:
        yield fine("address", f"Meta posts to {theirs}")
