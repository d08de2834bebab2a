from __future__ import annotations

import logging
import pickle

from django.test import TestCase

from integrations.credentials import Credentials
from integrations.exceptions import (
    CredentialsRejected,
    Outcome,
    RecipientRefused,
    TemporaryFailure,
    Throttled,
    UncertainOutcome,
    UnknownRefusal,
    Unreachable,
    WhatsAppError,
    WhatsAppNotConfigured,
)
from integrations.models import WhatsAppConfig
from integrations.phone import InvalidPhoneNumber
from integrations.services import WhatsAppClient
from integrations.tests.graph_server import Reply, closed_port, graph_error
from integrations.tests.meta import CREDENTIALS, NUMBER, OnTheBridge, WithMeta
from integrations.whatsapp_templates import format_template_components


class Failures:
    """What becomes of a send that goes wrong, whichever way it left."""

    def failure(self, *replies: Reply) -> WhatsAppError:
        self.meta.answer(*replies)
        with self.assertRaises(WhatsAppError) as failed:
            self.whatsapp.send_text_message(NUMBER, "Hello")
        return failed.exception

    def test_refusal_keeps_what_meta_said(self):
        error = self.failure(graph_error(190, 401, error_subcode=463, error_user_msg="Session has expired"))
        self.assertIsInstance(error, CredentialsRejected)
        self.assertEqual((error.code, error.subcode, error.http_status), (190, 463, 401))
        self.assertEqual((error.details, error.fbtrace_id), ("Session has expired", "Trace1"))
        self.assertEqual(error.outcome, Outcome.REFUSED)
        self.assertFalse(error.retryable)
        self.assertIn("expired", error.operator_message)

    def test_recipient_refused_names_details(self):
        error = self.failure(graph_error(131026, error_data={"details": "Message Undeliverable."}))
        self.assertIsInstance(error, RecipientRefused)
        self.assertEqual(error.details, "Message Undeliverable.")

    def test_throttle_waits_as_long_as_meta_asks(self):
        error = self.failure(graph_error(130429, 429, headers={"Retry-After": "7"}))
        self.assertIsInstance(error, Throttled)
        self.assertEqual((error.retry_after, error.bucket, error.retryable), (7.0, "number", True))

    def test_graph_error_with_500_may_go_again(self):
        error = self.failure(graph_error(131016, 500))
        self.assertIsInstance(error, TemporaryFailure)
        self.assertTrue(error.retryable)

    def test_unknown_code_is_kept_and_final(self):
        error = self.failure(graph_error(987654))
        self.assertIsInstance(error, UnknownRefusal)
        self.assertEqual((error.code, error.retryable), (987654, False))

    def test_refused_connection_means_nothing_was_sent(self):
        self.set(WHATSAPP_GRAPH_URL=f"http://127.0.0.1:{closed_port()}")
        error = self.failure()
        self.assertIsInstance(error, Unreachable)
        self.assertEqual((error.outcome, error.retryable), (Outcome.NOT_SENT, True))

    def test_unknown_host_means_nothing_was_sent(self):
        self.set(WHATSAPP_GRAPH_URL="http://graph.invalid")
        self.assertIsInstance(self.failure(), Unreachable)

    def test_failed_tls_handshake_means_nothing_was_sent(self):
        self.set(WHATSAPP_GRAPH_URL=self.meta.url.replace("http:", "https:"))
        self.assertIsInstance(self.failure(), Unreachable)
        self.assertEqual(self.meta.requests, [])

    def test_silence_after_the_request_is_uncertain(self):
        self.set(WHATSAPP_READ_TIMEOUT_SECONDS=0.2)
        error = self.failure(Reply(hang=True))
        self.assertIsInstance(error, UncertainOutcome)
        self.assertEqual((error.outcome, error.retryable), (Outcome.UNCERTAIN, False))
        self.assertEqual(len(self.meta.requests), 1)

    def test_connection_cut_after_the_request_is_uncertain_and_not_repeated(self):
        for cut in ("before", "after", "within"):
            with self.subTest(cut):
                self.meta.requests.clear()
                self.assertIsInstance(self.failure(Reply(cut=cut)), UncertainOutcome)
                self.assertLessEqual(len(self.meta.requests), 1)

    def test_success_without_message_id_is_uncertain(self):
        for body in ({}, {"messages": []}, {"messages": [{}]}, {"messages": None}, [], "null", b"", b"<html>"):
            with self.subTest(body):
                self.assertIsInstance(self.failure(Reply(body=body)), UncertainOutcome)

    def test_page_of_a_proxy_is_uncertain_with_5xx_and_a_refusal_with_4xx(self):
        html = b"<html>Bad gateway</html>"
        self.assertIsInstance(self.failure(Reply(502, html)), UncertainOutcome)
        refused = self.failure(Reply(403, html))
        self.assertIsInstance(refused, UnknownRefusal)
        self.assertEqual(refused.http_status, 403)
        self.assertIsInstance(self.failure(Reply(429, html, {"Retry-After": "9"})), Throttled)

    def test_redirect_is_not_followed(self):
        error = self.failure(Reply(302, b"", {"Location": self.meta.url}))
        self.assertIsInstance(error, CredentialsRejected)
        self.assertIn("WHATSAPP_GRAPH_URL", error.operator_message)
        self.assertEqual(len(self.meta.requests), 1)

    def test_error_in_an_answer_of_200_is_an_error(self):
        self.assertIsInstance(self.failure(Reply(200, graph_error(131026).body)), RecipientRefused)

    def test_error_survives_the_way_to_another_process_and_shows_no_number(self):
        error = self.failure(graph_error(131026, error_data={"details": f"No WhatsApp for {NUMBER}"}))
        copied = pickle.loads(pickle.dumps(error))  # noqa: S301
        self.assertEqual(copied.as_dict(), error.as_dict())
        self.assertNotIn(NUMBER, str(error) + repr(error.as_dict()))


class WhatsAppClientTestCase(Failures, WithMeta, TestCase):
    # Beginning

    def test_active_row_wins_over_the_environment(self):
        self.set(WHATSAPP_PHONE_NUMBER_ID="999", WHATSAPP_ACCESS_TOKEN="EAAenvironment")
        WhatsAppConfig.objects.create(
            waba_id="222", phone_number_id="111", access_token="EAArow", api_version="v24.0", is_active=True
        )
        client = WhatsAppClient()
        self.assertEqual(
            (client.waba_id, client.phone_number_id, client.access_token, client.api_version),
            ("222", "111", "EAArow", "v24.0"),
        )
        self.assertIsNotNone(client.client)

    def test_environment_serves_where_no_row_is_active(self):
        self.set(WHATSAPP_PHONE_NUMBER_ID="999", WHATSAPP_ACCESS_TOKEN="EAAenvironment")
        WhatsAppConfig.objects.create(phone_number_id="111", access_token="EAArow", is_active=False)
        self.assertEqual(WhatsAppClient().phone_number_id, "999")

    def test_without_credentials_the_constructor_is_silent_and_a_send_says_what_is_missing_and_where(self):
        client = WhatsAppClient(Credentials())
        self.assertIsNone(client.client)
        with self.assertRaises(WhatsAppNotConfigured) as refused:
            client.send_text_message(NUMBER, "Hello")
        self.assertEqual(refused.exception.missing, ("phone_number_id", "access_token"))
        for word in ("Phone Number ID", "Access Token", "WhatsApp Configurations", "WHATSAPP_ACCESS_TOKEN"):
            self.assertIn(word, str(refused.exception))

    def test_missing_credentials_are_warned_of_once(self):
        with self.assertLogs("integrations", "WARNING") as logs:
            for _ in range(3):
                WhatsAppClient(Credentials())
        self.assertEqual(len(logs.records), 1)

    def test_missing_configuration_is_no_whatsapp_error_so_no_retry_loop_eats_it(self):
        self.assertFalse(issubclass(WhatsAppNotConfigured, WhatsAppError))

    def test_templates_need_the_account_id(self):
        client = WhatsAppClient(Credentials(phone_number_id="111", access_token="EAAx"))
        with self.assertRaisesMessage(WhatsAppNotConfigured, "WABA ID"):
            client.create_template({})

    def test_secret_that_opens_with_no_key_is_told_at_the_send(self):
        WhatsAppConfig.objects.create(phone_number_id="111", access_token="EAArow", is_active=True)
        self.set(FIELD_ENCRYPTION_KEYS=["a2V5LXRoYXQtb3BlbnMtbm90aGluZy1vZi10aGVtISE="])
        with self.assertLogs("integrations", "WARNING"):
            client = WhatsAppClient()
        with self.assertRaisesMessage(WhatsAppNotConfigured, "FIELD_ENCRYPTION_KEYS"):
            client.send_text_message(NUMBER, "Hello")

    def test_retired_version_is_used_and_warned_of_once(self):
        credentials = Credentials("222", "111", "EAAx", api_version="v18.0")
        with self.assertLogs("integrations", "WARNING") as logs:
            for _ in range(2):
                WhatsAppClient(credentials).send_text_message(NUMBER, "Hello")
        self.assertEqual(self.meta.requests[0].path, "/v18.0/111/messages")
        self.assertEqual(len(logs.records), 1)
        self.assertIn("v25.0", logs.output[0])

    def test_malformed_version_is_refused_in_words(self):
        with self.assertLogs("integrations", "WARNING"):
            client = WhatsAppClient(Credentials("222", "111", "EAAx", api_version="latest"))
        for call in (lambda: client.send_text_message(NUMBER, "Hi"), lambda: client.create_template({})):
            with self.assertRaisesMessage(WhatsAppNotConfigured, "'latest' is not a Graph API version"):
                call()

    def test_token_copied_with_a_line_break_works_and_one_with_other_characters_is_refused(self):
        WhatsAppClient(Credentials("222", "111", "EAAx\n")).send_text_message(NUMBER, "Hello")
        self.assertEqual(self.meta.requests[0].headers["Authorization"], "Bearer EAAx")
        with self.assertLogs("integrations", "WARNING"):
            client = WhatsAppClient(Credentials("222", "111", "EAAx…"))
        with self.assertRaisesMessage(WhatsAppNotConfigured, "copy it again"):
            client.send_text_message(NUMBER, "Hello")

    def test_repr_shows_no_secret(self):
        shown = repr(self.whatsapp) + repr(self.whatsapp._graph)
        self.assertNotIn(CREDENTIALS.access_token, shown)

    # Sending

    def test_text_goes_to_the_configured_address_and_version_without_preview(self):
        answer = self.whatsapp.send_text_message("+263 77-123 4567", "Hello", callback_data="ovii:1")
        request = self.meta.requests[0]
        self.assertEqual((request.method, request.path), ("POST", "/v25.0/111/messages"))
        self.assertEqual(request.headers["Authorization"], "Bearer EAAtesttoken")
        self.assertEqual(request.headers["Content-Type"], "application/json")
        self.assertEqual(
            request.json(),
            {
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "to": NUMBER,
                "type": "text",
                "text": {"preview_url": False, "body": "Hello"},
                "biz_opaque_callback_data": "ovii:1",
            },
        )
        self.assertEqual(answer["messages"][0]["id"], "wamid.HBgMMjYzNzcxMjM0NTY3")

    def test_template_carries_language_components_and_callback_data(self):
        components = format_template_components("otp_verification", {"code": "482913"})
        self.whatsapp.send_template_message(NUMBER, "otp_verification", components=components, callback_data="ovii:2")
        sent = self.meta.requests[0].json()
        self.assertEqual(sent["template"]["language"], {"code": "en_US"})
        self.assertEqual(sent["template"]["components"], components)
        self.assertEqual(sent["biz_opaque_callback_data"], "ovii:2")

    def test_template_without_variables_sends_no_components(self):
        self.whatsapp.send_template_message(NUMBER, "hello", "fr")
        self.assertEqual(self.meta.requests[0].json()["template"], {"name": "hello", "language": {"code": "fr"}})

    def test_payload_of_the_caller_stays_as_it_was(self):
        payload = {"messaging_product": "whatsapp", "to": NUMBER, "type": "text", "text": {"body": "Hi"}}
        before = repr(payload)
        self.whatsapp.send(payload)
        self.assertEqual(repr(payload), before)

    def test_what_can_be_seen_to_be_wrong_is_refused_before_anything_leaves(self):
        client = self.whatsapp
        with self.assertRaises(InvalidPhoneNumber):
            client.send_text_message("077 123 4567", "Hello")
        for text in ("", "  ", "x" * 4097):
            with self.assertRaises(ValueError):
                client.send_text_message(NUMBER, text)
        with self.assertRaises(ValueError):
            client.send_text_message(NUMBER, "Hello", callback_data="x" * 513)
        self.assertEqual(self.meta.requests, [])

    def test_nothing_of_heyoo_is_logged_nor_is_a_handler_installed(self):
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        self.addCleanup(lambda: (root.handlers.extend(handlers), root.setLevel(level)))
        root.handlers.clear()
        root.setLevel(logging.DEBUG)
        self.whatsapp.send_text_message(NUMBER, "Hello")
        self.assertEqual(root.handlers, [])
        with self.assertNoLogs(None, "INFO"):
            self.whatsapp.send_text_message(NUMBER, "Hello")


class FailureOnTheBridgeTests(OnTheBridge, Failures, WithMeta, TestCase):
    pass
