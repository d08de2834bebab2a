from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from integrations.exceptions import WhatsAppError
from integrations.models import PhoneNumber, WhatsAppTemplate
from integrations.number_sync import refresh_numbers
from integrations.numbers import levels
from integrations.services import WhatsAppClient
from integrations.signals import phone_number_changed
from integrations.tasks import poll_numbers
from integrations.template_refusals import PROPAGATION, is_mended
from integrations.tests.graph_server import Reply, graph_error, graph_server


def listed(number_id: str = "106", **changes: Any) -> dict[str, Any]:
    known = {
        "id": number_id,
        "display_phone_number": "+263 77 123 4567",
        "verified_name": "Ovii",
        "quality_rating": "GREEN",
        "status": "CONNECTED",
        "name_status": "APPROVED",
        "throughput": {"level": "STANDARD"},
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
    }
    return known | changes


def page(*numbers: dict[str, Any], after: str = "") -> Reply:
    paging: dict[str, Any] = {"cursors": {"after": after or "Z"}}
    return Reply(body={"data": list(numbers), "paging": paging | ({"next": "https://x"} if after else {})})


class NumberTests(TestCase):
    def setUp(self) -> None:
        self.meta = self.enterContext(graph_server())
        self.enterContext(
            override_settings(
                WHATSAPP_GRAPH_URL=self.meta.url,
                WHATSAPP_WABA_ID="222",
                WHATSAPP_PHONE_NUMBER_ID="106",
                WHATSAPP_ACCESS_TOKEN="EAAtesttoken",
            )
        )
        self.changes: list[Any] = []
        phone_number_changed.connect(self.hear)
        self.addCleanup(phone_number_changed.disconnect, self.hear)

    def hear(self, events: Any, **_: Any) -> None:
        self.changes += [(one.phone_number_id, one.before, one.after) for one in events]

    def refresh(self, *pages: Reply) -> None:
        self.meta.answer(*pages)
        refresh_numbers(WhatsAppClient())

    def test_every_page_is_read_into_rows(self) -> None:
        self.refresh(page(listed(), after="A"), page(listed("107", throughput={"level": "HIGH"}, status="PENDING")))
        first, second = PhoneNumber.objects.order_by("phone_number_id")
        self.assertEqual((first.waba_id, first.verified_name, first.quality_rating), ("222", "Ovii", "GREEN"))
        self.assertEqual((first.messaging_limit, first.name_status, first.can_send), ("TIER_2K", "APPROVED", True))
        self.assertEqual((second.throughput_level, second.can_send), ("HIGH", False))
        self.assertEqual(self.meta.requests[1].query["after"], ["A"])
        self.assertEqual(levels(), {"106": "STANDARD", "107": "HIGH"})

    def test_another_status_is_announced_once(self) -> None:
        self.refresh(page(listed()))
        self.refresh(page(listed(status="DISCONNECTED")))
        self.refresh(page(listed(status="DISCONNECTED")))
        self.assertEqual(self.changes, [("106", "", "CONNECTED"), ("106", "CONNECTED", "DISCONNECTED")])

    def test_a_number_that_the_account_lost_is_deleted_and_comes_back(self) -> None:
        self.refresh(page(listed(), listed("107")))
        self.refresh(page(listed()))
        self.assertEqual(PhoneNumber.objects.get(phone_number_id="107").status, "DELETED")
        self.refresh(page(listed(), listed("107")))
        self.assertEqual(PhoneNumber.objects.get(phone_number_id="107").status, "CONNECTED")

    def test_a_refusal_leaves_the_rows_as_they_were(self) -> None:
        self.refresh(page(listed()))
        with self.assertRaises(WhatsAppError):
            self.refresh(page(listed("107"), after="A"), graph_error(190, 401))
        self.assertEqual([row.status for row in PhoneNumber.objects.all()], ["CONNECTED"])

    def test_the_command_prints_what_meta_told(self) -> None:
        self.meta.answer(page(listed()), page(listed()))
        told = StringIO()
        call_command("sync_whatsapp_numbers", stdout=told)
        self.assertRegex(told.getvalue(), r"106 +\+263 77 123 4567 +Ovii +CONNECTED +GREEN +STANDARD +TIER_2K")
        told = StringIO()
        call_command("sync_whatsapp_numbers", "--format=json", stdout=told)
        self.assertEqual(json.loads(told.getvalue())[0]["phone_number_id"], "106")

    def test_the_admin_reads_and_shows_them(self) -> None:
        self.client.force_login(get_user_model().objects.create_superuser("+263771000001"))
        self.meta.answer(page(listed(), listed("107", status="BANNED", quality_rating="RED")))
        answer = self.client.post(reverse("admin:integrations_phonenumber_refresh"), follow=True)
        self.assertContains(answer, "Read from Meta: 2 numbers.")
        self.assertContains(answer, '<span class="pill pill-failed">Red</span>')
        self.assertContains(answer, '<span class="pill pill-failed">Banned</span>')
        self.assertContains(answer, '<span class="pill pill-delivered">Green</span>')

    def test_what_meta_leaves_out_is_empty(self) -> None:
        self.refresh(page({"id": "106"}))
        row = PhoneNumber.objects.get()
        self.assertEqual((row.status, row.throughput_level, row.can_send, str(row)), ("", "", True, "106"))

    def test_the_poll_says_in_one_line_what_went_wrong(self) -> None:
        self.meta.answer(graph_error(190, 401))
        with self.assertLogs("integrations.tasks", "WARNING") as logs:
            poll_numbers()
        self.assertIn("token", logs.output[0])

    def test_a_client_for_another_number_costs_no_second_heyoo(self) -> None:
        client = WhatsAppClient()
        other = client.for_number("107")
        self.assertIs(client.for_number("106"), client)
        self.assertIs(client.for_number("107").client, other.client)
        other.send_text_message("+263771234567", "Hello")
        self.assertTrue(self.meta.requests[0].path.endswith("/107/messages"))


class RefusedTemplateTests(TestCase):
    def test_what_makes_a_refused_template_worth_another_try(self) -> None:
        now = timezone.now()
        body = [{"type": "BODY", "text": "You got {{1}}."}]
        table = [
            # code, how long ago, what Meta lists, worth it
            (132000, timedelta(days=1), {"status": "APPROVED", "components": body}, False),
            (132000, timedelta(0), {"status": "APPROVED", "components": [{"type": "BODY", "text": "Other"}]}, True),
            (132000, timedelta(days=1), {"status": "PAUSED", "components": body}, False),
            (132001, PROPAGATION, {"status": "APPROVED", "components": body}, True),
            (132001, timedelta(seconds=1), {"status": "APPROVED", "components": body}, False),
        ]
        for code, ago, told, expected in table:
            with self.subTest(code=code, ago=ago):
                row = WhatsAppTemplate(status="APPROVED", components=body, refused_code=code, refused_at=now - ago)
                self.assertEqual(is_mended(row, told, now), expected)
