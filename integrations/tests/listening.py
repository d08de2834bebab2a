"""Receivers of the three signals for tests of the inbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.test import TestCase

from integrations.models import WebhookEvent
from integrations.signals import message_received, message_status_changed, template_status_changed
from integrations.tests.signed_post import encode


def statuses(*wamids: str) -> bytes:
    found = [{"id": wamid, "status": "sent", "timestamp": "1760000000"} for wamid in wamids]
    return encode({"entry": [{"changes": [{"field": "messages", "value": {"statuses": found}}]}]})


class Poisoned(Exception):
    pass


class Listening(TestCase):
    """Receivers that remember what they were given, and refuse the wamids in `poison`."""

    def setUp(self) -> None:
        self.batches: list[list[str]] = []
        self.events: list[Any] = []
        self.poison: set[str] = set()
        for signal in (message_status_changed, message_received, template_status_changed):
            signal.connect(self.hear)
            self.addCleanup(signal.disconnect, self.hear)

    def hear(self, sender: object, events: Sequence[Any], **_: object) -> None:
        wamids = [getattr(event, "wamid", event) for event in events]
        self.batches.append(wamids)
        self.events += events
        if bad := self.poison.intersection(wamids):
            raise Poisoned(f"cannot take {bad}")

    def statuses_of_rows(self) -> list[str]:
        return list(WebhookEvent.objects.order_by("id").values_list("status", flat=True))
