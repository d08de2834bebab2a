"""Phone numbers: read, add, verify, register, profile, settings (Meta, Business phone numbers)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sandbox.graph.account import check_override
from sandbox.graph.call import Call, Handler, chosen
from sandbox.graph.paging import page
from sandbox.records import Number
from sandbox.rules.refusal import Refusal, invalid, phone_refusal, required
from sandbox.world import World

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
CODE_PAUSE_SECONDS = 60
#: Meta sends the code by SMS or voice; here it is always this one.
VERIFICATION_CODE = "123456"
PIN = re.compile(r"\d{6}")
#: Field -> longest text (Meta, Business profiles).
PROFILE_LIMITS = {"about": 139, "address": 256, "description": 512, "email": 128, "vertical": 64}
VERTICALS = {
    "UNDEFINED", "OTHER", "AUTO", "BEAUTY", "APPAREL", "EDU", "ENTERTAIN", "EVENT_PLAN", "FINANCE", "GROCERY", "GOVT",
    "HOTEL", "HEALTH", "NONPROFIT", "PROF_SERVICES", "RETAIL", "TRAVEL", "RESTAURANT", "NOT_A_BIZ",
}  # fmt: skip
MOST_WEBSITES = 2
#: Setting -> the key that it needs and its type.
SETTINGS: dict[str, tuple[type, str]] = {
    "storage_configuration": (str, "status"),
    "user_identity_change": (bool, "enable_identity_key_check"),
    "calling": (dict, ""),
}
PICTURE = "https://pps.whatsapp.net/v/t61/profile-picture.jpg"
BLOCKED_FOR = {
    "PENDING": (141000, "The phone number is not registered.", "Register the phone number."),
    "DISCONNECTED": (141000, "The phone number is not registered.", "Register the phone number."),
    "BANNED": (141002, "The phone number is banned.", "Appeal in WhatsApp Manager."),
    "RESTRICTED": (141004, "The phone number is restricted.", "Wait until the restriction ends."),
    "FLAGGED": (141005, "The quality of the phone number is low.", "Send what people asked for."),
}


def number_record(world: World, number: Number) -> dict[str, Any]:
    connected = number.status == "CONNECTED"
    shown: dict[str, Any] = {
        "id": number.id,
        "verified_name": number.verified_name,
        "display_phone_number": number.display,
        "code_verification_status": number.code_verification_status,
        "quality_rating": number.quality_rating,
        "quality_score": {"score": number.quality_rating},
        "platform_type": "CLOUD_API" if connected else "NOT_APPLICABLE",
        "throughput": {"level": number.throughput if connected else "NOT_APPLICABLE"},
        "status": number.status,
        "name_status": number.name_status,
        "account_mode": "LIVE",
        "is_official_business_account": False,
        "is_pin_enabled": bool(number.pin),
        "is_on_biz_app": False,
        "whatsapp_business_manager_messaging_limit": world.limits.tier,
        "messaging_limit_tier": world.limits.tier,
        "last_onboarded_time": datetime.fromtimestamp(world.store.started, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "health_status": health_status(number),
    }
    addresses = {
        "phone_number": number.override_url,
        "whatsapp_business_account": world.store.override_url,
        "application": world.callbacks.url,
    }
    if any(addresses.values()):
        shown["webhook_configuration"] = {place: url for place, url in addresses.items() if url}
    return shown


def health_status(number: Number) -> dict[str, Any]:
    state = {"CONNECTED": "AVAILABLE", "FLAGGED": "LIMITED"}.get(number.status, "BLOCKED")
    entity: dict[str, Any] = {"entity_type": "PHONE_NUMBER", "id": number.id, "can_send_message": state}
    if number.status in BLOCKED_FOR:
        code, description, solution = BLOCKED_FOR[number.status]
        entity["errors"] = [{"error_code": code, "error_description": description, "possible_solution": solution}]
    return {"can_send_message": state, "entities": [entity]}


def one(world: World, call: Call, number: Number) -> dict[str, Any]:
    return chosen(number_record(world, number), call.query.get("fields"), NUMBER_FIELDS)


def listed(world: World, call: Call, found: None) -> dict[str, Any]:
    fields = call.query.get("fields")
    records = [number_record(world, each) for each in world.store.numbers.values()]
    return page(call, [chosen(record, fields, NUMBER_FIELDS) for record in records])


def add(world: World, call: Call, found: None) -> dict[str, Any]:
    body = call.body
    country = str(body.get("country_code") or body.get("cc") or "")
    digits = str(body.get("phone_number") or "")
    for name, value in (("country_code", country), ("phone_number", digits), ("verified_name", "verified_name")):
        if not value or (name == "verified_name" and not body.get(name)):
            raise required(name)
    if not (country.isdecimal() and re.sub(r"[\s-]", "", digits).isdecimal()):
        raise invalid("country_code and phone_number: digits only.")
    display = f"+{country} {digits}"
    if any(number.digits == re.sub(r"\D", "", display) for number in world.store.numbers.values()):
        raise phone_refusal(2388012, "The phone number is already registered to an account.")
    number = world.store.add_number(display, str(body["verified_name"]))
    number.status, number.code_verification_status = "PENDING", "NOT_VERIFIED"
    number.name_status = "PENDING_REVIEW"
    return {"id": number.id}


def request_code(world: World, call: Call, number: Number) -> dict[str, Any]:
    given = call.query | call.body
    if given.get("code_method") not in ("SMS", "VOICE"):
        raise invalid("code_method: SMS or VOICE.")
    if not given.get("language"):
        raise required("language")
    now = world.store.now()
    if now - number.code_requested < CODE_PAUSE_SECONDS:
        raise Refusal(136024, subcode=2388091)
    number.code_requested = now
    return {"success": True}


def verify_code(world: World, call: Call, number: Number) -> dict[str, Any]:
    code = str((call.query | call.body).get("code") or "").replace("-", "")
    if not code:
        raise required("code")
    if not number.code_requested:
        raise phone_refusal(2388093, "Ask for a code first.")
    if code != VERIFICATION_CODE:
        raise phone_refusal(2388093, f"The code is wrong (the sandbox's is always {VERIFICATION_CODE}).")
    number.code_verification_status = "VERIFIED"
    world.store.touch(number)
    return {"success": True}


def pin_of(call: Call) -> str:
    pin = str(call.body.get("pin") or "")
    if not pin:
        raise required("pin")
    if not PIN.fullmatch(pin):
        raise invalid("pin: six digits.")
    return pin


def register(world: World, call: Call, number: Number) -> dict[str, Any]:
    """With the two-step PIN, where there is one; the first PIN becomes it."""
    if call.body.get("messaging_product") != "whatsapp":
        raise required("messaging_product")
    pin = pin_of(call)
    world.limits.check_registration(number)
    if number.code_verification_status != "VERIFIED":
        raise Refusal(133006)
    if number.pin and number.pin != pin:
        raise Refusal(133005)
    number.pin, number.status = pin, "CONNECTED"
    if number.name_status == "PENDING_REVIEW":
        number.name_status = "APPROVED"
    world.store.touch(number)
    return {"success": True}


def deregister(world: World, call: Call, number: Number) -> dict[str, Any]:
    if number.status != "CONNECTED":
        raise Refusal(133010)
    world.limits.check_registration(number)
    number.status, number.deregistered = "DISCONNECTED", world.store.now()
    world.store.touch(number)
    return {"success": True}


def change(world: World, call: Call, number: Number) -> dict[str, Any]:
    """The two-step PIN, or an address of its own for the number's webhooks."""
    if "webhook_configuration" in call.body:
        wish = call.body["webhook_configuration"]
        if not isinstance(wish, dict):
            raise invalid("webhook_configuration: an object.")
        uri = str(wish.get("override_callback_uri") or "")
        check_override(uri, wish.get("verify_token"))
        number.override_url, number.override_verify_token = uri, str(wish.get("verify_token") or "")
    else:
        number.pin = pin_of(call)
    world.store.touch(number)
    return {"success": True}


def profile(world: World, call: Call, number: Number) -> dict[str, Any]:
    record = {"messaging_product": "whatsapp", "vertical": "UNDEFINED", **number.profile}
    if record.pop("profile_picture_handle", None):
        record["profile_picture_url"] = PICTURE
    names = call.query.get("fields")
    if names:
        record = {name: record[name] for name in names.split(",") if name in record}
    return {"data": [record | {"messaging_product": "whatsapp"}]}


def set_profile(world: World, call: Call, number: Number) -> dict[str, Any]:
    body = dict(call.body)
    if body.pop("messaging_product", None) != "whatsapp":
        raise required("messaging_product")
    for name, value in body.items():
        check_profile_field(name, value)
    number.profile |= body
    world.store.touch(number)
    return {"success": True}


def check_profile_field(name: str, value: Any) -> None:
    if name == "websites":
        good = isinstance(value, list) and len(value) <= MOST_WEBSITES
        if not good or not all(isinstance(each, str) and len(each) <= 256 for each in value):
            raise invalid(f"websites: at most {MOST_WEBSITES}, of 256 characters each.")
    elif name == "vertical" and str(value) not in VERTICALS:
        raise invalid(f"vertical: one of {', '.join(sorted(VERTICALS))}.")
    elif name in PROFILE_LIMITS and (not isinstance(value, str) or len(value) > PROFILE_LIMITS[name]):
        raise invalid(f"{name}: at most {PROFILE_LIMITS[name]} characters.")
    elif name not in PROFILE_LIMITS and name != "profile_picture_handle":
        raise invalid(f"{name}: not a field of the profile.")


def settings(world: World, call: Call, number: Number) -> dict[str, Any]:
    shown = {
        "storage_configuration": {"status": "DEFAULT"},
        "user_identity_change": {"enable_identity_key_check": False},
    }
    return {**shown, **number.settings, "id": number.id}


def set_settings(world: World, call: Call, number: Number) -> dict[str, Any]:
    wishes = {name: value for name, value in call.body.items() if name != "messaging_product"}
    for name, value in wishes.items():
        if name not in SETTINGS:
            raise invalid(f"{name}: not a setting.")
        kind, needed = SETTINGS[name]
        if not isinstance(value, dict) or (needed and not isinstance(value.get(needed), kind)):
            raise invalid(f"{name}: an object" + (f" with {needed}." if needed else "."))
    number.settings |= wishes
    world.store.touch(number)
    return {"success": True}


EDGES: dict[tuple[str, str, str], Handler] = {
    ("number", "GET", ""): one,
    ("number", "POST", ""): change,
    ("account", "GET", "phone_numbers"): listed,
    ("account", "POST", "phone_numbers"): add,
    ("number", "POST", "request_code"): request_code,
    ("number", "POST", "verify_code"): verify_code,
    ("number", "POST", "register"): register,
    ("number", "POST", "deregister"): deregister,
    ("number", "GET", "whatsapp_business_profile"): profile,
    ("number", "POST", "whatsapp_business_profile"): set_profile,
    ("number", "GET", "settings"): settings,
    ("number", "POST", "settings"): set_settings,
}
