from __future__ import annotations

from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from integrations.models import WhatsAppTemplate
from integrations.tasks import poll_templates
from integrations.tests.graph_server import Reply, graph_error
from integrations.tests.meta import WithMeta

AT_META = {
    "data": [
        {
            "id": "1689556908129832",
            "name": "kyc_approved",
            "language": "en_US",
            "status": "APPROVED",
            "category": "UTILITY",
            "components": [],
        }
    ]
}


class PollTemplatesTests(WithMeta, TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.set(WHATSAPP_WABA_ID="222", WHATSAPP_PHONE_NUMBER_ID="111", WHATSAPP_ACCESS_TOKEN="EAAtesttoken")

    def row(self, **columns: object) -> WhatsAppTemplate:
        defaults = {"waba_id": "222", "name": "kyc_approved", "language": "en_US", "category": "UTILITY"}
        return WhatsAppTemplate.objects.create(**defaults | columns)

    def test_template_that_waits_for_its_verdict_is_asked_for(self) -> None:
        row = self.row(last_synced_at=timezone.now())
        self.meta.replies.append(Reply(body=AT_META))
        poll_templates()
        row.refresh_from_db()
        self.assertEqual(row.status, "APPROVED")

    def test_template_is_looked_at_again_after_an_hour_and_not_before(self) -> None:
        row = self.row(status="APPROVED", last_synced_at=timezone.now() - timedelta(minutes=59))
        poll_templates()
        self.assertEqual(len(self.meta.requests), 0)
        WhatsAppTemplate.objects.filter(pk=row.pk).update(last_synced_at=timezone.now() - timedelta(minutes=61))
        self.meta.replies.append(Reply(body=AT_META))
        poll_templates()
        self.assertEqual(len(self.meta.requests), 1)

    def test_refusal_is_a_warning_that_says_who_must_act(self) -> None:
        self.row()
        self.meta.replies.append(graph_error(190, 401))
        with self.assertLogs("integrations.tasks", "WARNING") as logs:
            poll_templates()
        self.assertIn("token", logs.output[0])

    def test_nobody_is_asked_without_credentials(self) -> None:
        self.row()
        for missing in ("WHATSAPP_WABA_ID", "WHATSAPP_ACCESS_TOKEN"):
            with self.subTest(missing), self.settings(**{missing: ""}):
                poll_templates()
        self.assertEqual(len(self.meta.requests), 0)
