"""Every recorded payload of the manifest, posted to the real address with a real signature, drained, and its effects.

A row names its file and the signals with the types of their events; further, where something happens: columns of
the template, the number, the contact, or of somebody new; open alerts by their causes; statuses left on the shelf;
kinds that nothing acts upon. A column that should be filled is true, one that should be empty false.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.dispatch import Signal
from django.test import TestCase

from integrations import numbers, signals, template_rows
from integrations.models import PhoneNumber, UnhandledKind, WebhookEvent, WhatsAppTemplate
from integrations.tests.signed_post import PAYLOADS, signed_post, with_app_secret
from integrations.webhook_inbox import drain
from integrations.whatsapp_templates import get_template_structure
from notifications.models import Contact, ShelvedStatus
from tenants.models import OperatorAlert
from tenants.services import default_tenant

Row = dict[str, Any]
MANIFEST: list[Row] = json.loads((PAYLOADS / "manifest.json").read_text())
SIGNALS = {name: found for name, found in vars(signals).items() if isinstance(found, Signal) and name != "Signal"}
WABA_ID, NUMBER_ID, PHONE = "102290129340398", "106540352242922", "+263771234567"
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@with_app_secret
class ManifestTests(TestCase):
    def setUp(self) -> None:
        self.heard: dict[str, list[str]] = {}
        for name, signal in SIGNALS.items():
            self.listen(name, signal)
        structure = get_template_structure("transaction_received") or {}
        self.template = WhatsAppTemplate.objects.create(
            waba_id=WABA_ID,
            template_id="1689556908129832",
            name="transaction_received",
            language="en_US",
            category="UTILITY",
            status="APPROVED",
            components=structure["components"],
        )
        self.number = PhoneNumber.objects.create(
            waba_id=WABA_ID,
            phone_number_id=NUMBER_ID,
            display_phone_number="+1 555-078-3881",
            verified_name="Ovii",
            status="CONNECTED",
            throughput_level="STANDARD",
            quality_rating="GREEN",
        )
        self.contact = Contact.objects.create(tenant=default_tenant(), phone=PHONE, name="Tariro")
        Contact.objects.update(created_at=LONG_AGO)
        for remembered in (numbers.numbers, template_rows):
            remembered.forget()
            self.addCleanup(remembered.forget)

    def listen(self, name: str, signal: Signal) -> None:
        def hear(events: Sequence[Any], **_: Any) -> None:
            self.heard.setdefault(name, []).extend(type(event).__name__ for event in events)

        signal.connect(hear)
        self.addCleanup(signal.disconnect, hear)

    def check(self, row: Row) -> None:
        answer = signed_post((PAYLOADS / f"{row['file']}.json").read_bytes())
        self.assertEqual((answer.status_code, json.loads(answer.content)), (200, {"status": "received"}))
        drain()
        self.assertEqual([event.error for event in WebhookEvent.objects.exclude(status="DONE")], [])
        self.assertEqual(self.heard, row["signals"])
        counted = dict(UnhandledKind.objects.values_list("kind", "count"))
        self.assertEqual(counted, row.get("unhandled", {}))
        alerts = OperatorAlert.objects.filter(resolved_at=None).order_by("cause")
        self.assertEqual([alert.cause for alert in alerts], sorted(row.get("alerts", [])))
        for alert in alerts:
            self.assertTrue(alert.summary and alert.what_to_do)
        self.assertEqual(ShelvedStatus.objects.count(), row.get("shelf", 0))
        self.check_columns(self.template, row.get("template", {}))
        self.check_columns(self.number, row.get("number", {}))
        self.check_columns(self.contact, row.get("contact", {}))
        if expected := row.get("stranger"):
            self.check_columns(Contact.objects.exclude(pk=self.contact.pk).get(), expected)

    def check_columns(self, instance: models.Model, expected: Row) -> None:
        fresh = type(instance)._default_manager.get(pk=instance.pk)
        for column, value in expected.items():
            found = getattr(fresh, column)
            if column == "shape":
                found = [f"{part.place} {part.index or len(part.names)}" for part in found.parts]
            self.assertEqual(bool(found) if isinstance(value, bool) else found, value, column)


def _test_of(row: Row) -> Callable[[ManifestTests], None]:
    def test(self: ManifestTests) -> None:
        self.check(row)

    test.__doc__ = " · ".join(filter(None, (row["field"], row["type"], row["variant"])))
    return test


for _row in MANIFEST:
    setattr(ManifestTests, f"test_{_row['file']}", _test_of(_row))


class ManifestItselfTests(TestCase):
    def test_every_file_has_its_row_and_every_row_a_meaning_of_its_own(self) -> None:
        files = {path.stem for path in PAYLOADS.glob("*__*.json")}
        self.assertEqual(sorted(row["file"] for row in MANIFEST), sorted(files))
        meanings = [(row["field"], row["type"], row["variant"]) for row in MANIFEST]
        self.assertEqual(len(set(meanings)), len(meanings))
