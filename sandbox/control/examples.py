"""A call of each operation that can be made as it stands; they document, and a test makes them all."""

from __future__ import annotations

from typing import Any

PHONE = "+263771234567"
#: What stands in an address in the place of a name in braces.
IN_PATHS: dict[str, str] = {
    "phone": PHONE,
    "name": "order_update",
    "action": "pause",
    "number_id": "106540352242922",
    "delivery_id": "1",
    "fault_id": "1",
}
#: Where a name in braces means something else.
IN_PATHS_OF: dict[str, dict[str, str]] = {"faults/preset/{name}": {"name": "flaky-network"}}
TEMPLATE = {
    "name": "parcel_update",
    "language": "en_US",
    "category": "UTILITY",
    "components": [
        {
            "type": "BODY",
            "text": "Hello {{1}}, your parcel {{2}} is on its way to you and should arrive today.",
            "example": {"body_text": [["Tariro", "A-19"]]},
        }
    ],
}
#: Bodies by the operation's path; the document of an import is what an export gave.
BODIES: dict[str, Any] = {
    "clock": {"advance": 3600},
    "limits": {"enforced": True, "tier": "TIER_250"},
    "subscribed": {"subscribed": True},
    "numbers": {"display": "+1 555-078-3999", "verified_name": "Corner Bakery"},
    "numbers/{number_id}": {"quality_rating": "RED"},
    "account": {"field": "account_alerts", "value": {"alert_severity": "CRITICAL", "alert_type": "OBA_REJECTED"}},
    "token": {"expired": True},
    "reply": {"from": PHONE, "text": "Hello"},
    "people/{phone}": {"name": "Tariro", "offline": False},
    "people/{phone}/tap": {"wamid": "wamid.HBgM…", "button": 0},
    "people/{phone}/change-number": {"to": "+263771110000"},
    "templates": TEMPLATE,
    "templates/{name}/{action}": {"language": "en_US"},
    "webhooks/raw": {"body": {"object": "whatsapp_business_account", "entry": []}, "sign": "wrong"},
    "webhook": {"url": "http://127.0.0.1:8000/webhook/"},
    "faults": {"kind": "throttle", "retry_after": 3, "times": 2},
    "faults/preset/{name}": {"seed": 1},
    "import": {"meta": {}, "numbers": [], "templates": [], "people": [], "media": [], "messages": []},
}
