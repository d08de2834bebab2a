from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils import timezone

from integrations import template_sync
from integrations.exceptions import CredentialsRejected, WhatsAppNotConfigured
from integrations.models import WhatsAppTemplate
from integrations.services import WhatsAppClient
from integrations.signals import template_status_changed
from integrations.tests.graph_server import Reply, Request, graph_error
from integrations.tests.meta import WithMeta
from integrations.whatsapp_templates import get_all_templates


class FakeAccount:
    """The templates of one account; two a page, so that every list has several."""

    def __init__(self) -> None:
        self.templates: list[dict] = []
        self.refuse: dict[str, Reply] = {}

    def __call__(self, request: Request) -> Reply:
        return self.create(request.json()) if request.method == "POST" else self.page(request.query)

    def add(self, name: str, status: str = "APPROVED", language: str = "en_US", **fields) -> None:
        one = {"id": str(len(self.templates) + 1), "name": name, "language": language, "status": status}
        self.templates.append(one | {"category": "UTILITY", "components": [], "rejected_reason": "NONE"} | fields)

    def create(self, wanted: dict) -> Reply:
        if wanted["name"] in self.refuse:
            return self.refuse[wanted["name"]]
        self.add(**wanted | {"status": "PENDING"})
        return Reply(body={key: self.templates[-1][key] for key in ("id", "status", "category")})

    def page(self, query: dict) -> Reply:
        part = query.get("name", [""])[0]
        listed = [one for one in self.templates if part in one["name"]]
        start = int(query.get("after", ["0"])[0])
        end = start + 2
        more = {"next": "https://graph.example/"} if end < len(listed) else {}
        return Reply(body={"data": listed[start:end], "paging": {"cursors": {"after": str(end)}} | more})


class AtMeta(WithMeta):
    def setUp(self) -> None:
        super().setUp()
        self.account = self.meta.handler = FakeAccount()
        self.events: list = []
        template_status_changed.connect(self.hear)
        self.addCleanup(template_status_changed.disconnect, self.hear)

    def hear(self, events, **_) -> None:
        self.assertTrue(all(WhatsAppTemplate.objects.filter(name=one.name).exists() for one in events))
        self.events += events

    def created_at_meta(self) -> list[str]:
        return [request.json()["name"] for request in self.meta.requests if request.method == "POST"]


class TemplateSyncTests(AtMeta, TestCase):
    def sync(self, *names: str, **options) -> template_sync.SyncReport:
        return template_sync.sync(self.whatsapp, names or None, **options)

    def test_missing_templates_are_created_and_the_others_left_alone(self):
        self.account.add("kyc_approved")
        report = self.sync()
        self.assertEqual((report.count("created"), report.count("exists"), report.failed), (13, 1, ()))
        self.assertNotIn("kyc_approved", self.created_at_meta())
        self.assertEqual(WhatsAppTemplate.objects.filter(status="PENDING").count(), 13)
        self.assertEqual(WhatsAppTemplate.objects.get(name="kyc_approved").status, "APPROVED")

    def test_second_run_creates_nothing(self):
        self.sync()
        self.meta.requests.clear()
        self.assertEqual(self.sync().count("exists"), 14)
        self.assertEqual(self.created_at_meta(), [])

    def test_row_holds_what_meta_said(self):
        self.sync("kyc_rejected")
        row = WhatsAppTemplate.objects.get()
        self.assertEqual(
            (row.waba_id, row.template_id, row.name, row.language, row.category),
            ("222", "1", "kyc_rejected", "en_US", "UTILITY"),
        )
        self.assertEqual(row.components, get_all_templates()["kyc_rejected"]["components"])
        self.assertIsNotNone(row.last_synced_at)

    def test_name_that_only_begins_alike_is_another_template(self):
        self.account.add("kyc_approved_v2")
        self.account.add("kyc_approved", language="fr")
        self.assertEqual(self.sync("kyc_approved").count("created"), 1)

    def test_failure_is_reported_and_the_next_is_tried(self):
        self.account.refuse["otp_verification"] = graph_error(100, error_subcode=2388042, error_user_msg="no text")
        self.account.refuse["payment_sent"] = Reply(502, b"<html>")
        with self.assertLogs("integrations.template_sync", "ERROR"):
            report = self.sync()
        self.assertEqual(report.count("created"), 12)
        self.assertEqual([one.name for one in report.failed], ["otp_verification", "payment_sent"])
        self.assertIn("no text", report.failed[0].error)
        self.assertEqual(report.failed[0].error_details["subcode"], 2388042)

    def test_account_that_cannot_be_read_fails_every_template_with_the_reason(self):
        self.meta.handler = lambda request: graph_error(190, 401)
        with self.assertLogs("integrations.template_sync", "ERROR"):
            report = self.sync()
        self.assertEqual(len(report.failed), 14)
        self.assertEqual(self.created_at_meta(), [])

    def test_template_that_somebody_created_meanwhile_is_taken_as_it_is(self):
        def answer(request: Request) -> Reply:
            if request.method == "POST":
                self.account.add("kyc_approved", "APPROVED")
                return graph_error(100, error_subcode=2388024)
            return self.account(request)

        self.meta.handler = answer
        (result,) = self.sync("kyc_approved").results
        self.assertEqual((result.outcome, result.status), ("exists", "APPROVED"))

    def test_plan_creates_nothing(self):
        self.account.add("kyc_approved")
        report = self.sync(plan_only=True)
        self.assertEqual((report.count("missing"), report.count("exists")), (13, 1))
        self.assertEqual(self.created_at_meta(), [])

    def test_unknown_name_is_refused_before_anything_is_asked(self):
        with self.assertRaisesMessage(ValueError, "'nope'"):
            self.sync("nope")
        self.assertEqual(self.meta.requests, [])

    def test_change_of_status_is_announced_once(self):
        self.sync("kyc_approved")
        self.events.clear()
        self.account.templates[0]["status"] = "APPROVED"
        template_sync.refresh_statuses(self.whatsapp)
        template_sync.refresh_statuses(self.whatsapp)
        (event,) = self.events
        self.assertEqual(
            (event.event, event.name, event.language, event.waba_id, event.template_id),
            ("APPROVED", "kyc_approved", "en_US", "222", "1"),
        )

    def test_rejection_keeps_its_reason(self):
        self.account.add("kyc_approved", "REJECTED", rejected_reason="INVALID_FORMAT")
        (result,) = self.sync("kyc_approved").results
        self.assertEqual((result.outcome, result.status, result.reason), ("exists", "REJECTED", "INVALID_FORMAT"))
        self.assertEqual(WhatsAppTemplate.objects.get().rejection_reason, "INVALID_FORMAT")
        self.assertEqual(self.events[0].reason, "INVALID_FORMAT")

    def test_template_deleted_at_meta_is_deleted_here_and_comes_back(self):
        self.sync("kyc_approved", "kyc_rejected")
        gone = self.account.templates.pop(0)
        template_sync.refresh_statuses(self.whatsapp)
        self.assertEqual(WhatsAppTemplate.objects.get(name="kyc_approved").status, "DELETED")
        self.account.templates.append(gone)
        template_sync.refresh_statuses(self.whatsapp)
        self.assertEqual(WhatsAppTemplate.objects.get(name="kyc_approved").status, "PENDING")

    def test_sync_of_one_leaves_the_rows_of_others_alone(self):
        self.sync("kyc_rejected")
        self.account.templates.clear()
        self.sync("kyc_approved")
        self.assertEqual(WhatsAppTemplate.objects.get(name="kyc_rejected").status, "PENDING")

    def test_row_that_a_webhook_changed_meanwhile_is_newer_than_the_list(self):
        self.sync("kyc_approved")
        WhatsAppTemplate.objects.update(status="APPROVED", updated_at=timezone.now() + timedelta(minutes=1))
        template_sync.refresh_statuses(self.whatsapp)
        self.assertEqual(WhatsAppTemplate.objects.get().status, "APPROVED")

    def test_unknown_status_changes_nothing_and_is_logged(self):
        self.account.add("kyc_approved", "APPROVED")
        self.sync("kyc_approved")
        self.account.templates[0]["status"] = "LIMBO"
        with self.assertLogs("integrations.template_sync", "WARNING"):
            template_sync.refresh_statuses(self.whatsapp)
        self.assertEqual(WhatsAppTemplate.objects.get().status, "APPROVED")

    def test_templates_of_tenants_and_by_hand_are_mirrored_too(self):
        self.account.add("po_notification", language="es-ES")
        template_sync.refresh_statuses(self.whatsapp)
        self.assertEqual(WhatsAppTemplate.objects.get().language, "es_ES")

    def test_row_made_by_hand_gets_its_account_and_is_not_doubled(self):
        WhatsAppTemplate.objects.create(name="kyc_approved", language="en_US", category="UTILITY")
        WhatsAppTemplate.objects.create(name="by_hand", language="en_US", category="UTILITY")
        self.account.add("kyc_approved")
        WhatsAppTemplate.objects.update(updated_at=timezone.now() - timedelta(minutes=1))
        template_sync.refresh_statuses(self.whatsapp)
        row = WhatsAppTemplate.objects.get(name="kyc_approved")
        self.assertEqual((row.waba_id, row.status), ("222", "APPROVED"))
        self.assertEqual(WhatsAppTemplate.objects.get(name="by_hand").status, "PENDING")

    def test_receiver_that_fails_leaves_the_row_so_that_the_next_poll_announces_again(self):
        self.account.add("kyc_approved")

        def fail(**_):
            raise RuntimeError("later")

        template_status_changed.connect(fail)
        with self.assertRaises(RuntimeError):
            template_sync.refresh_statuses(self.whatsapp)
        template_status_changed.disconnect(fail)
        self.assertFalse(WhatsAppTemplate.objects.exists())
        self.assertEqual(len(template_sync.refresh_statuses(self.whatsapp)), 1)

    def test_poll_tells_why_it_cannot_read(self):
        self.meta.handler = lambda request: graph_error(190, 401)
        with self.assertRaises(CredentialsRejected):
            template_sync.refresh_statuses(self.whatsapp)


class SyncCommandTests(AtMeta, TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.set(WHATSAPP_WABA_ID="222", WHATSAPP_PHONE_NUMBER_ID="111", WHATSAPP_ACCESS_TOKEN="EAAtesttoken")

    def run_command(self, *arguments: str) -> str:
        self.out = StringIO()
        call_command("sync_whatsapp_templates", *arguments, stdout=self.out)
        return self.out.getvalue()

    def test_table_names_every_template_and_counts(self):
        shown = self.run_command()
        for name in get_all_templates():
            self.assertRegex(shown, rf"(?m)^{name} +en_US +created +PENDING")
        self.assertIn("14 created, 0 exists, 0 missing, 0 failed", shown)

    def test_failure_ends_the_command_with_an_error_after_the_table(self):
        self.account.refuse["payment_sent"] = graph_error(100, error_subcode=2388293)
        with self.assertRaisesMessage(CommandError, "1 of 14 failed: payment_sent"):
            self.run_command()
        self.assertIn("payment_sent: Too many variables", self.out.getvalue())
        self.assertIn("13 created", self.out.getvalue())

    def test_one_template_alone(self):
        self.run_command("--template", "kyc_approved")
        self.assertEqual(self.created_at_meta(), ["kyc_approved"])
        with self.assertRaisesMessage(CommandError, "no template 'nope'"):
            self.run_command("--template=nope")

    def test_json_is_json_and_nothing_else(self):
        report = json.loads(self.run_command("--format=json"))
        self.assertEqual((report["created"], len(report["templates"])), (14, 14))
        self.assertEqual(json.loads(self.run_command("--display-only", "--format=json"))[0]["name"], "otp_verification")

    def test_check_status_and_plan_create_nothing(self):
        self.account.add("kyc_approved", "PAUSED")
        for option in ("--check-status", "--plan"):
            shown = self.run_command(option)
            self.assertRegex(shown, r"(?m)^kyc_approved +en_US +exists +PAUSED")
            self.assertRegex(shown, r"(?m)^kyc_rejected +en_US +missing")
        self.assertEqual(self.created_at_meta(), [])
        self.assertEqual(WhatsAppTemplate.objects.get().status, "PAUSED")

    def test_display_needs_no_credentials(self):
        self.set(WHATSAPP_ACCESS_TOKEN="")
        shown = self.run_command("--display-only")
        for text in ("Category:  AUTHENTICATION", "Copy code", "expires in 5 minutes", "Meta's fixed text", "{{4}}"):
            self.assertIn(text, shown)
        self.assertEqual(self.meta.requests, [])

    def test_without_credentials_it_says_what_is_missing(self):
        for name in ("WHATSAPP_WABA_ID", "WHATSAPP_ACCESS_TOKEN"):
            with self.subTest(name), self.settings(**{name: ""}), self.assertRaisesMessage(CommandError, name):
                self.run_command()

    def test_client_without_account_is_refused_by_the_functions_too(self):
        self.set(WHATSAPP_WABA_ID="")
        with self.assertRaises(WhatsAppNotConfigured):
            template_sync.sync(WhatsAppClient())
