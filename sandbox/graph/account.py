"""Numbers, the account, its subscription, tokens."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from sandbox.graph.call import Call, Handler, chosen
from sandbox.graph.paging import page
from sandbox.rules.refusal import Refusal, required
from sandbox.store import Number
from sandbox.world import World

APP_ID = "1111111111111111"
SCOPES = ["whatsapp_business_messaging", "whatsapp_business_management"]
NUMBER_FIELDS = (
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
    "webhook_configuration",
    "id",
)


def number_record(world: World, number: Number) -> dict[str, Any]:
    connected = number.status == "CONNECTED"
    shown: dict[str, Any] = {
        "id": number.id,
        "verified_name": number.verified_name,
        "display_phone_number": number.display,
        "code_verification_status": "VERIFIED",
        "quality_rating": number.quality_rating,
        "platform_type": "CLOUD_API" if connected else "NOT_APPLICABLE",
        "throughput": {"level": number.throughput if connected else "NOT_APPLICABLE"},
        "status": number.status,
        "name_status": "APPROVED",
        "account_mode": "LIVE",
        "is_official_business_account": False,
        "is_pin_enabled": True,
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "health_status": health_status(number),
    }
    if world.callbacks.url:
        shown["webhook_configuration"] = {"application": world.callbacks.url}
    return shown


def health_status(number: Number) -> dict[str, Any]:
    state = "AVAILABLE" if number.status == "CONNECTED" else "BLOCKED"
    entity = {"entity_type": "PHONE_NUMBER", "id": number.id, "can_send_message": state}
    return {"can_send_message": state, "entities": [entity]}


def number(world: World, call: Call, found: Number) -> dict[str, Any]:
    return chosen(number_record(world, found), call.query.get("fields"), NUMBER_FIELDS)


def numbers(world: World, call: Call, found: None) -> dict[str, Any]:
    fields = call.query.get("fields")
    records = [number_record(world, each) for each in world.store.numbers.values()]
    return page(call, [chosen(record, fields, NUMBER_FIELDS) for record in records])


def account(world: World, call: Call, found: None) -> dict[str, Any]:
    record = {
        "id": world.store.waba_id,
        "name": world.options.business_name,
        "timezone_id": "1",
        "message_template_namespace": hashlib.blake2b(world.store.waba_id.encode(), digest_size=16).hexdigest(),
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "currency": "USD",
    }
    default = ("id", "name", "timezone_id", "message_template_namespace")
    return chosen(record, call.query.get("fields"), default)


def subscription(world: World, call: Call, found: None) -> dict[str, Any]:
    """Without a subscribed app no `messages` webhooks come."""
    if call.method == "GET":
        app = {"id": APP_ID, "link": "https://www.facebook.com/games/?app_id=" + APP_ID, "name": "sandbox"}
        return {"data": [{"whatsapp_business_api_data": app}] if world.store.subscribed else []}
    world.store.subscribed = call.method == "POST"
    return {"success": True}


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
    if not hmac.compare_digest(given, hmac.new(secret, token, hashlib.sha256).hexdigest()):
        raise Refusal(
            100,
            message="Invalid appsecret_proof provided in the API argument",
            error_type="GraphMethodException",
        )


EDGES: dict[tuple[str, str, str], Handler] = {
    ("number", "GET", ""): number,
    ("account", "GET", ""): account,
    ("account", "GET", "phone_numbers"): numbers,
    ("account", "GET", "subscribed_apps"): subscription,
    ("account", "POST", "subscribed_apps"): subscription,
    ("account", "DELETE", "subscribed_apps"): subscription,
    ("debug_token", "GET", ""): debug_token,
}
