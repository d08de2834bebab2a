from __future__ import annotations

import json
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import models
from django.test import TestCase, override_settings
from django.urls import reverse

from integrations import webhook_inbox
from integrations.admin import AnotherIsActive, WhatsAppConfigAdmin
from integrations.forms import WhatsAppConfigForm
from integrations.models import WebhookEvent, WhatsAppConfig, WhatsAppTemplate
from integrations.tests.graph_server import graph_error
from integrations.tests.meta import WithMeta
from integrations.tests.test_template_sync import FakeAccount
from integrations.whatsapp_templates import get_all_templates

PAYLOADS = Path(__file__).parent / "payloads"
SECRETS = {"access_token": "EAAfirst", "app_secret": "appsecret1", "webhook_verify_token": "verifyme1"}
CONFIGS = reverse("admin:integrations_whatsappconfig_changelist")
TEMPLATES = reverse("admin:integrations_whatsapptemplate_changelist")
EVENTS = reverse("admin:integrations_webhookevent_changelist")


def typed(**changes: str) -> dict[str, str]:
    """What an operator who fills in the form sends."""
    return {"name": "Second", "waba_id": "333", "phone_number_id": "444", "api_version": "v25.0"} | changes


def change_url(row: models.Model) -> str:
    return reverse(f"admin:integrations_{row._meta.model_name}_change", args=(row.pk,))


class InTheAdmin(TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.operator = get_user_model().objects.create_superuser("+263771000001")
        self.client.force_login(self.operator)

    def sign_in_with(self, *codenames: str) -> None:
        clerk = get_user_model().objects.create_user("+263771000002", is_staff=True)
        clerk.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        self.client.force_login(clerk)

    def told(self, response) -> str:
        return " ".join(str(message) for message in get_messages(response.wsgi_request))


class ConfigurationTests(InTheAdmin):
    def setUp(self) -> None:
        super().setUp()
        self.main = WhatsAppConfig.objects.create(
            name="Main", waba_id="222", phone_number_id="111", is_active=True, **SECRETS
        )

    def secrets(self, row: WhatsAppConfig) -> dict[str, str]:
        row = WhatsAppConfig.objects.get(pk=row.pk)
        return {name: getattr(row, name) for name in SECRETS}

    def change(self, row: WhatsAppConfig, **changes: str):
        kept = typed(name=row.name, waba_id=row.waba_id, phone_number_id=row.phone_number_id)
        return self.client.post(change_url(row), kept | ({"is_active": "on"} if row.is_active else {}) | changes)

    def test_page_has_the_printed_labels(self) -> None:
        page = self.client.get(change_url(self.main)).content.decode()
        for label in ("WABA ID", "Phone Number ID", "Access Token", "API Version", "Webhook Verify Token", "Active"):
            self.assertIn(f"{label}", page)
        self.assertIn("WhatsApp Configurations", page)

    def test_secrets_are_never_rendered(self) -> None:
        pages = [self.client.get(CONFIGS), self.client.get(change_url(self.main)), self.change(self.main, name="")]
        for page in pages:
            self.assertEqual(page.status_code, 200)
            for secret in SECRETS.values():
                self.assertNotContains(page, secret)

    def test_what_was_typed_is_not_rendered_back_after_an_error(self) -> None:
        self.assertNotContains(self.change(self.main, access_token="EAAtyped", api_version="25"), "EAAtyped")

    def test_empty_secrets_keep_what_is_stored(self) -> None:
        self.assertEqual(self.change(self.main, name="Renamed").status_code, 302)
        self.assertEqual(self.secrets(self.main), SECRETS)
        self.assertEqual(WhatsAppConfig.objects.get(pk=self.main.pk).name, "Renamed")

    def test_new_secret_replaces_the_stored_one_alone(self) -> None:
        self.change(self.main, access_token=" EAAsecond\n")
        self.assertEqual(self.secrets(self.main), SECRETS | {"access_token": "EAAsecond"})

    def test_optional_secrets_can_be_forgotten(self) -> None:
        self.change(self.main, clear_app_secret="on")
        self.assertEqual(self.secrets(self.main), SECRETS | {"app_secret": ""})
        page = self.client.get(change_url(self.main))
        self.assertContains(page, "Not set. Signs the webhooks")
        self.assertContains(page, "Stored; leave empty to keep it.", count=2)

    def test_only_the_number_and_the_token_are_needed(self) -> None:
        url = reverse("admin:integrations_whatsappconfig_add")
        self.assertContains(self.client.post(url, typed()), "Enter the access token of a System User")
        self.assertEqual(self.client.post(url, typed(waba_id="", access_token="EAAx")).status_code, 302)

    def test_row_under_a_lost_key_opens_and_takes_new_secrets(self) -> None:
        with override_settings(FIELD_ENCRYPTION_KEYS=["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]):
            self.assertEqual(self.client.get(CONFIGS).status_code, 200)
            self.assertEqual(self.client.get(change_url(self.main)).status_code, 200)
            self.assertEqual(self.change(self.main, **{**SECRETS, "access_token": "EAAnew"}).status_code, 302)
            self.assertEqual(self.secrets(self.main)["access_token"], "EAAnew")

    def test_malformed_version_is_refused_and_a_retired_one_warned_of(self) -> None:
        self.assertContains(self.change(self.main, api_version="25"), "is not a Graph API version")
        self.assertIn("v12.0 is retired", self.told(self.change(self.main, api_version="v12.0")))
        self.assertEqual(WhatsAppConfig.objects.get(pk=self.main.pk).api_version, "v12.0")

    def test_second_active_row_is_refused_by_name_and_switching_is_offered(self) -> None:
        url = reverse("admin:integrations_whatsappconfig_add")
        page = self.client.post(url, typed(access_token="EAAx", is_active="on"))
        self.assertContains(page, "“Main (111)” is active, and only one configuration can be.")
        self.assertContains(page, "Make this the active one, switching off “Main”")
        self.assertEqual(WhatsAppConfig.objects.count(), 1)

    def test_switching_turns_the_other_off_and_this_one_on(self) -> None:
        url = reverse("admin:integrations_whatsappconfig_add")
        answer = self.client.post(url, typed(access_token="EAAx", is_active="on", switch="on"))
        self.assertEqual(answer.status_code, 302)
        self.assertEqual(dict(WhatsAppConfig.objects.values_list("name", "is_active")), {"Second": True, "Main": False})
        self.assertEqual(self.secrets(self.main), SECRETS)
        self.assertEqual(WhatsAppConfig.objects.current_credentials().access_token, "EAAx")

    def test_switch_is_not_offered_beside_no_active_row(self) -> None:
        self.assertNotContains(self.client.get(change_url(self.main)), "Make this the active one, switching")

    def test_race_ends_in_the_same_words(self) -> None:
        WhatsAppConfig.objects.update(is_active=False)
        form = WhatsAppConfigForm(typed(access_token="EAAx", is_active="on"))
        self.assertTrue(form.is_valid())
        WhatsAppConfig.objects.update(is_active=True)
        with self.assertRaisesMessage(AnotherIsActive, "“Main (111)” is active, and only one configuration can be."):
            page = WhatsAppConfigAdmin(WhatsAppConfig, None)
            page.save_model(None, form.save(commit=False), form, change=False)
        self.assertEqual(WhatsAppConfig.objects.count(), 1)

    def test_race_on_the_page_is_an_answer_and_not_a_500(self) -> None:
        WhatsAppConfig.objects.all().delete()

        def somebody_is_quicker(instance: WhatsAppConfig, **_: object) -> None:
            WhatsAppConfig.objects.bulk_create(
                [WhatsAppConfig(name="Quick", phone_number_id="9", access_token="EAAq", is_active=True)]
            )

        models.signals.pre_save.connect(somebody_is_quicker, sender=WhatsAppConfig)
        self.addCleanup(models.signals.pre_save.disconnect, somebody_is_quicker, sender=WhatsAppConfig)
        url = reverse("admin:integrations_whatsappconfig_add")
        answer = self.client.post(url, typed(access_token="EAAx", is_active="on"))
        self.assertEqual(answer.status_code, 302)
        self.assertIn("is active, and only one configuration can be", self.told(answer))

    def test_list_tells_which_is_active_and_what_is_missing(self) -> None:
        WhatsAppConfig.objects.create(name="Bare", phone_number_id="5", access_token="EAAx")
        page = self.client.get(CONFIGS)
        self.assertContains(page, '<span class="pill pill-delivered">Active</span>', count=1)
        self.assertContains(page, "WABA ID, App Secret, Webhook Verify Token")

    def test_staff_without_permission_are_refused(self) -> None:
        self.sign_in_with()
        self.assertEqual(self.client.get(change_url(self.main)).status_code, 403)
        self.assertEqual(self.client.get(CONFIGS).status_code, 403)


class TemplateTests(WithMeta, InTheAdmin):
    def setUp(self) -> None:
        super().setUp()
        self.set(WHATSAPP_WABA_ID="222", WHATSAPP_PHONE_NUMBER_ID="111", WHATSAPP_ACCESS_TOKEN="EAAtesttoken")
        self.account = self.meta.handler = FakeAccount()

    def press(self, button: str):
        return self.client.post(reverse(f"admin:integrations_whatsapptemplate_{button}"))

    def test_sync_creates_what_is_missing_and_says_so(self) -> None:
        self.account.add("welcome_message")
        answer = self.press("sync")
        self.assertRedirects(answer, TEMPLATES)
        count = len(get_all_templates())
        self.assertIn(f"{count - 1} created and waiting for review, 1 were there already", self.told(answer))
        self.assertEqual(WhatsAppTemplate.objects.count(), count)

    def test_refresh_reads_the_status(self) -> None:
        row = WhatsAppTemplate.objects.create(waba_id="222", name="welcome_message", language="en_US")
        self.account.add("welcome_message", status="REJECTED", rejected_reason="INVALID_FORMAT")
        self.assertIn("welcome_message is REJECTED", self.told(self.press("refresh")))
        self.assertContains(self.client.get(TEMPLATES), '<span class="pill pill-failed">')
        self.assertContains(self.client.get(change_url(row)), "INVALID_FORMAT")

    def test_errors_are_shown_in_words_and_once_per_cause(self) -> None:
        self.meta.handler = lambda request: graph_error(190, status=401)
        self.assertIn("The access token is invalid", self.told(self.press("refresh")))
        self.client.get(TEMPLATES)
        told = self.told(self.press("sync"))
        self.assertIn(f"{len(get_all_templates())} templates: The access token is invalid", told)
        self.assertEqual(told.count("The access token is invalid"), 1)

    def test_without_credentials_the_message_tells_where_to_enter_them(self) -> None:
        self.set(WHATSAPP_ACCESS_TOKEN="")
        self.assertIn("WhatsApp Configurations", self.told(self.press("sync")))

    def test_selected_rows_can_be_refreshed(self) -> None:
        row = WhatsAppTemplate.objects.create(waba_id="222", name="welcome_message", language="en_US")
        self.account.add("welcome_message")
        self.client.post(TEMPLATES, {"action": "refresh_selected", "_selected_action": [row.pk]})
        row.refresh_from_db()
        self.assertEqual(row.status, "APPROVED")

    def test_detail_shows_the_text_and_nothing_to_edit(self) -> None:
        components = [{"type": "BODY", "text": "Welcome, {{1}} <b>"}, {"type": "FOOTER", "text": "Ovii"}]
        row = WhatsAppTemplate.objects.create(name="welcome_message", language="en_US", components=components)
        page = self.client.get(change_url(row))
        self.assertContains(page, "Welcome, {{1}} &lt;b&gt;")
        self.assertNotContains(page, 'name="_save"')

    def test_whoever_may_only_view_has_no_buttons(self) -> None:
        self.sign_in_with("view_whatsapptemplate")
        self.assertNotContains(self.client.get(TEMPLATES), "Sync with Meta")
        self.assertEqual(self.press("sync").status_code, 403)

    def test_links_do_not_sync(self) -> None:
        url = reverse("admin:integrations_whatsapptemplate_sync")
        self.assertEqual(self.client.get(url).status_code, 405)


class WebhookEventTests(InTheAdmin):
    def keep(self, name: str) -> WebhookEvent:
        webhook_inbox.store((PAYLOADS / name).read_bytes())
        return WebhookEvent.objects.latest("pk")

    def test_superusers_see_the_body_and_others_kinds_and_counts(self) -> None:
        row = self.keep("message__text.json")
        sender = json.loads(bytes(row.body))["entry"][0]["changes"][0]["value"]["messages"][0]["from"]
        self.assertContains(self.client.get(change_url(row)), sender)
        self.sign_in_with("view_webhookevent")
        page = self.client.get(change_url(row))
        self.assertContains(page, "1 × incoming message")
        self.assertNotContains(page, sender)

    def test_parked_event_shows_its_error_and_can_be_processed_again(self) -> None:
        webhook_inbox.store(b"no json")
        webhook_inbox.drain()
        row = WebhookEvent.objects.get()
        self.assertContains(self.client.get(EVENTS), "Parked after an error")
        answer = self.client.post(EVENTS, {"action": "process_again", "_selected_action": [row.pk]})
        row.refresh_from_db()
        self.assertEqual((row.status, row.error), ("PENDING", ""))
        self.assertIn("1 webhook event will be processed again", self.told(answer))

    def test_body_that_is_no_text_is_shown_all_the_same(self) -> None:
        webhook_inbox.store(b"\xff\xfe not json")
        self.assertEqual(self.client.get(change_url(WebhookEvent.objects.get())).status_code, 200)

    def test_nobody_edits_or_deletes_an_event(self) -> None:
        row = self.keep("status__read.json")
        self.assertEqual(self.client.post(change_url(row), {"status": "DONE"}).status_code, 403)
        delete = reverse("admin:integrations_webhookevent_delete", args=(row.pk,))
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)

    def test_staff_without_permission_are_refused(self) -> None:
        row = self.keep("status__read.json")
        self.sign_in_with()
        self.assertEqual(self.client.get(change_url(row)).status_code, 403)
