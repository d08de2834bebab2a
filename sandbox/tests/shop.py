"""A business that sends through the sandbox with nothing but HTTP."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from sandbox.testing import CloudApi
from sandbox.tests.desk import login, order

TARIRO = "+263771234567"
RUDO = "+263 77 765-4321"
ORDER = "Hello {{1}}, order {{2}} left our store today. Thank you for shopping with us."


def post(cloud_api: CloudApi, payload: dict[str, Any]) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(cloud_api.url).netloc, timeout=10)
    headers = {"Authorization": f"Bearer {cloud_api.access_token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", f"/v25.0/{cloud_api.phone_number_id}/messages", json.dumps(payload), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def open_shop(cloud_api: CloudApi) -> CloudApi:
    """With two templates, and a message of each to Tariro."""
    cloud_api.templates.add("order_update", ORDER)
    cloud_api.templates.add_login()
    post(cloud_api, order("Tariro", "A-19", to=TARIRO, biz_opaque_callback_data="ord-7"))
    post(cloud_api, login("482913", to=TARIRO))
    return cloud_api
