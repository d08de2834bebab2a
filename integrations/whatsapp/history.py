"""What Meta remembers of a sent message: the answer of `message_history` -> statuses. Pure.

Source: Meta's OpenAPI description, `GET /{Phone-Number-ID}/message_history`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.whatsapp.lenient import items, mapping, moment, text

FIELDS = "id,message_id,events{delivery_status,timestamp,webhook_update_state,error_description}"


@dataclass(frozen=True, slots=True)
class PastStatus:
    """One status of a message as Meta remembers it.

    `status` is spelt as in webhooks, `at` is UTC. `webhook` is what became of the webhook about it (DELIVERED,
    RETRYING, FAILED, …) and `problem` why a message failed; both are empty where Meta says nothing.
    """

    wamid: str
    status: str
    at: datetime
    webhook: str = ""
    problem: str = ""


def past_statuses(answer: Mapping[str, Any]) -> list[PastStatus]:
    """Every status in the answer, in its order; one without a name or a time is passed over."""
    found = []
    for message in map(mapping, items(answer.get("data"))):
        wamid = text(message.get("message_id"))
        for event in map(mapping, items(mapping(message.get("events")).get("data"))):
            status, at = text(event.get("delivery_status")).lower(), moment(event.get("timestamp"))
            if wamid and status and at:
                webhook, problem = text(event.get("webhook_update_state")), text(event.get("error_description"))
                found.append(PastStatus(wamid, status, at, webhook, problem))
    return found
