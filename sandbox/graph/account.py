"""The account, its subscription, tokens."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

from sandbox.graph.call import Call, Handler, chosen
from sandbox.rules.refusal import Refusal, invalid, required
from sandbox.world import World

APP_ID = "1111111111111111"
SCOPES = ["whatsapp_business_messaging", "whatsapp_business_management"]


def account(world: World, call: Call, found: None) -> dict[str, Any]:
    record = {
        "id": world.store.waba_id,
        "name": world.options.business_name,
        "timezone_id": "1",
        "message_template_namespace": hashlib.blake2b(world.store.waba_id.encode(), digest_size=16).hexdigest(),
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "currency": "USD",
        "country": "US",
        "status": "ACTIVE",
        "ownership_type": "SELF",
        "is_enabled_for_insights": True,
        "marketing_messages_lite_api_status": "ELIGIBLE",
        "health_status": {
            "can_send_message": "AVAILABLE",
            "entities": [{"entity_type": "WABA", "id": world.store.waba_id, "can_send_message": "AVAILABLE"}],
        },
    }
    default = ("id", "name", "timezone_id", "message_template_namespace")
    return chosen(record, call.query.get("fields"), default)


def subscription(world: World, call: Call, found: None) -> dict[str, Any]:
    """Which apps are told; without one no `messages` webhooks come."""
    store = world.store
    if not store.subscribed:
        return {"data": []}
    link = f"https://www.facebook.com/games/?app_id={APP_ID}"
    entry: dict[str, Any] = {"whatsapp_business_api_data": {"id": APP_ID, "link": link, "name": "sandbox"}}
    if store.override_url:
        entry["override_callback_uri"] = store.override_url
    return {"data": [entry]}


def subscribe(world: World, call: Call, found: None) -> dict[str, Any]:
    """With an address of the account's own, or, without a body, back to the app's (Meta, Webhooks, Overrides)."""
    body, store = call.body if isinstance(call.body, dict) else {}, world.store
    uri, token = str(body.get("override_callback_uri") or ""), body.get("verify_token")
    check_override(uri, token)
    store.subscribed, store.override_url, store.override_verify_token = True, uri, str(token or "")
    store.touch()
    return {"success": True}


def check_override(uri: str, verify_token: Any) -> None:
    if not uri:
        return
    if len(uri) > 200 or not re.match(r"https?://", uri):
        raise invalid("override_callback_uri: an address of at most 200 characters.")
    if not verify_token:
        raise required("verify_token")


def unsubscribe(world: World, call: Call, found: None) -> dict[str, Any]:
    world.store.subscribed, world.store.override_url = False, ""
    world.store.touch()
    return {"success": True}


def app(world: World, call: Call, found: None) -> dict[str, Any]:
    return {"id": APP_ID, "name": "sandbox", "link": f"https://www.facebook.com/games/?app_id={APP_ID}"}


def debug_token(world: World, call: Call, found: None) -> dict[str, Any]:
    token = call.query.get("input_token")
    if not token:
        raise required("input_token")
    store = world.store
    known = hmac.compare_digest(token.encode(), store.access_token.encode())
    valid = known and not store.token_expired
    data: dict[str, Any] = {"app_id": APP_ID, "type": "SYSTEM_USER", "application": "sandbox"}
    data |= {"is_valid": valid, "expires_at": 0, "data_access_expires_at": 0}
    if known:
        data["issued_at"] = int(store.started)
        data["scopes"] = SCOPES
        data["granular_scopes"] = [{"scope": scope, "target_ids": [store.waba_id]} for scope in SCOPES]
        data["user_id"] = "3333333333333333"
    if not valid:
        message = "Session has expired." if known else "The access token could not be decrypted"
        data["error"] = {"code": 190, "message": message, "subcode": 463 if known else 0}
    return {"data": data}


def check_proof(world: World, call: Call) -> None:
    """`appsecret_proof` is optional here, but a wrong one is refused."""
    given = call.query.get("appsecret_proof")
    if given is None:
        return
    secret, token = world.callbacks.app_secret.encode(), call.token.encode()
    if not hmac.compare_digest(given.encode(), hmac.new(secret, token, hashlib.sha256).hexdigest().encode()):
        raise Refusal(
            100,
            message="Invalid appsecret_proof provided in the API argument",
            error_type="GraphMethodException",
        )


EDGES: dict[tuple[str, str, str], Handler] = {
    ("account", "GET", ""): account,
    ("account", "GET", "subscribed_apps"): subscription,
    ("account", "POST", "subscribed_apps"): subscribe,
    ("account", "DELETE", "subscribed_apps"): unsubscribe,
    ("debug_token", "GET", ""): debug_token,
    (APP_ID, "GET", ""): app,
    ("app", "GET", ""): app,
}
