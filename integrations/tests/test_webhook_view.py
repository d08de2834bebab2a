from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection
from django.test import AsyncClient, Client, SimpleTestCase, TestCase, modify_settings, override_settings
from rest_framework.views import APIView

from integrations.conf import forget_warnings
from integrations.models import WebhookEvent, WhatsAppConfig
from integrations.tests.signed_post import (
    APP_SECRET,
    WEBHOOK_URL,
    encode,
    payload,
    post,
    signed_post,
    with_app_secret,
)
from integrations.views import MAX_BODY_BYTES, WhatsAppWebhookView
from integrations.webhook_counters import counters
from integrations.whatsapp.webhooks import sign

URLS = tuple(
    f"{path}{slash}"
    for path in ("/api/integrations/webhooks/whatsapp", "/api/v1/whatsapp/webhook")
    for slash in ("", "/")
)
TOKEN = "verify-me"
QUESTION = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1158201444"}


class Unreadable:
    """A request body that must not be touched."""

    def read(self, *args: object) -> bytes:
        raise AssertionError("the body was read")

    readline = read


@contextmanager
def failing_database() -> Iterator[None]:
    def fail(execute: Callable, sql: str, *args: Any) -> Any:
        if "INSERT INTO" in sql:
            raise OperationalError("disk full")
        return execute(sql, *args)

    with connection.execute_wrapper(fail):
        yield


@override_settings(WHATSAPP_WEBHOOK_VERIFY_TOKEN=TOKEN)
class VerificationTests(TestCase):
    def setUp(self) -> None:
        forget_warnings()

    def ask(self, url: str = WEBHOOK_URL, **changes: str | None) -> Any:
        question = QUESTION | {f"hub.{key}": value for key, value in changes.items()}
        return self.client.get(url, {key: value for key, value in question.items() if value is not None})

    def test_challenge_comes_back_raw_on_every_path(self) -> None:
        for url in URLS:
            with self.subTest(url), self.assertLogs("integrations.views", "INFO") as logs:
                answer = self.ask(url)
            self.assertEqual((answer.status_code, answer.content), (200, b"1158201444"))
            self.assertTrue(answer["Content-Type"].startswith("text/plain"))
            self.assertIn("WhatsApp webhook verified successfully", logs.output[0])

    def test_markup_in_a_challenge_stays_text(self) -> None:
        answer = self.ask(challenge="<script>1</script>")
        self.assertTrue(answer["Content-Type"].startswith("text/plain"))
        self.assertEqual(answer["X-Content-Type-Options"], "nosniff")

    def test_wrong_token_or_mode_is_refused(self) -> None:
        for changes in ({"verify_token": "other"}, {"verify_token": None}, {"verify_token": "é"}, {"mode": "x"}):
            with self.subTest(changes):
                self.assertEqual(self.ask(**changes).status_code, 403)

    def test_challenge_must_be_there_and_short(self) -> None:
        self.assertEqual(self.ask(challenge="1" * 512).status_code, 200)
        for challenge in ("1" * 513, "", None):
            self.assertEqual(self.ask(challenge=challenge).status_code, 400)

    @override_settings(WHATSAPP_WEBHOOK_VERIFY_TOKEN="")
    def test_unset_token_verifies_nobody_and_says_what_to_set(self) -> None:
        with self.assertLogs("integrations", "WARNING") as logs:
            answer = self.ask(verify_token="")
        self.assertEqual(answer.status_code, 403)
        for text in (answer.content.decode(), logs.output[0]):
            self.assertIn("WHATSAPP_WEBHOOK_VERIFY_TOKEN", text)

    def test_head_answers_200_and_other_methods_405(self) -> None:
        for url in URLS:
            self.assertEqual(self.client.head(url).status_code, 200)
        self.assertEqual(self.client.put(WEBHOOK_URL).status_code, 405)


@with_app_secret
class ReceivingTests(TestCase):
    def setUp(self) -> None:
        forget_warnings()

    def test_view_is_an_api_view_that_needs_no_arguments(self) -> None:
        self.assertIsInstance(WhatsAppWebhookView(), APIView)

    def test_authentic_body_is_kept_byte_by_byte_and_answered(self) -> None:
        for number, url in enumerate(URLS):
            body = encode(payload("message__text") | {"number": number})
            with self.subTest(url):
                answer = signed_post(body, url=url)
                self.assertEqual((answer.status_code, answer.json()), (200, {"status": "received"}))
                self.assertEqual(bytes(WebhookEvent.objects.latest("id").body), body)
        self.assertEqual(set(WebhookEvent.objects.values_list("status", flat=True)), {"PENDING"})

    def test_redelivery_is_one_row_and_200(self) -> None:
        self.assertEqual([signed_post("status__sent").status_code for _ in range(3)], [200, 200, 200])
        self.assertEqual(WebhookEvent.objects.count(), 1)

    def test_authentic_nonsense_is_kept_too(self) -> None:
        for body in (b"<html>", b"", b"[" * 5000, b"\xff\x00"):
            self.assertEqual(signed_post(body).status_code, 200)
        self.assertEqual(WebhookEvent.objects.count(), 4)

    def test_post_needs_no_csrf_token_and_no_login(self) -> None:
        answer = signed_post("status__sent", client=Client(enforce_csrf_checks=True))
        self.assertEqual(answer.status_code, 200)

    def test_secret_of_the_active_row_wins_over_the_environment(self) -> None:
        WhatsAppConfig.objects.create(phone_number_id="1", access_token="t", app_secret="of-the-row", is_active=True)
        self.assertEqual(signed_post("status__sent").status_code, 401)
        self.assertEqual(signed_post("status__sent", secret="of-the-row").status_code, 200)

    def test_forged_body_leaves_nothing_but_a_count(self) -> None:
        before = counters.total
        self.assertEqual(signed_post("status__sent", secret="guessed").status_code, 401)
        body = encode(payload("status__sent"))
        self.assertEqual(post(body + b" ", sign(body, APP_SECRET)).status_code, 401)
        self.assertEqual(WebhookEvent.objects.count(), 0)
        self.assertEqual(counters.total, before + 2)

    def test_missing_or_malformed_signature_is_refused_before_the_body_is_read(self) -> None:
        for signature in (None, "", "sha256=", "sha256=" + "g" * 64, "sha1=" + "0" * 40, "sha256=" + "A" * 64):
            headers = {} if signature is None else {"X-Hub-Signature-256": signature}
            with self.subTest(signature):
                answer = self.client.post(
                    WEBHOOK_URL,
                    b"{}",
                    content_type="application/json",
                    headers=headers,
                    **{"wsgi.input": Unreadable()},
                )
                self.assertEqual(answer.status_code, 401)

    @override_settings(WHATSAPP_APP_SECRET="")
    def test_without_app_secret_everything_is_refused_with_the_remedy(self) -> None:
        with self.assertLogs("integrations", "WARNING") as logs:
            answers = [signed_post("status__sent", secret="x") for _ in range(2)]
        self.assertEqual({answer.status_code for answer in answers}, {401})
        self.assertEqual(len(logs.output), 1)
        for text in (answers[0].json()["error"], logs.output[0]):
            self.assertIn("WHATSAPP_APP_SECRET", text)
            self.assertIn("App Secret", text)

    def test_body_of_3_mb_is_taken_and_one_byte_more_is_not(self) -> None:
        start, end = b'{"entry":[],"x":"', b'"}'
        body = start + b"a" * (MAX_BODY_BYTES - len(start) - len(end)) + end
        self.assertEqual(len(body), 3 * 1024 * 1024)
        self.assertEqual(signed_post(body).status_code, 200)
        self.assertEqual(signed_post(body + b" ").status_code, 413)
        self.assertEqual(WebhookEvent.objects.count(), 1)

    def test_too_large_body_is_refused_before_it_is_read(self) -> None:
        for length in (str(MAX_BODY_BYTES + 1), "9" * 30):
            answer = self.client.post(
                WEBHOOK_URL, b"{}", "application/json", CONTENT_LENGTH=length, **{"wsgi.input": Unreadable()}
            )
            self.assertEqual(answer.status_code, 413)

    def test_storage_that_fails_is_503_so_that_meta_comes_again(self) -> None:
        with failing_database(), self.assertLogs("integrations.views", "ERROR"):
            self.assertEqual(signed_post("status__sent").status_code, 503)
        self.assertEqual(signed_post("status__sent").status_code, 200)
        self.assertEqual(WebhookEvent.objects.count(), 1)

    def test_unsigned_body_without_event_is_answered_only_under_debug(self) -> None:
        empty = encode(payload("older__verification_body"))
        no_messages = encode({"entry": [{"changes": [{"value": {"messages": []}}]}]})
        for body in (empty, no_messages):
            self.assertEqual(post(body, None).status_code, 401)
            with override_settings(DEBUG=True):
                answer = post(body, None)
            self.assertEqual((answer.status_code, answer.json()), (200, {"status": "received"}))
        with override_settings(DEBUG=True):
            for body in (encode(payload("older__message")), b"{}", b"nonsense", b""):
                self.assertEqual(post(body, None).status_code, 401)
            self.assertEqual(post(empty, "sha256=" + "0" * 64).status_code, 401)
        self.assertEqual(WebhookEvent.objects.count(), 0)


@with_app_secret
class LogTests(TestCase):
    def lines(self, *documents: Any) -> list[str]:
        with self.assertLogs("integrations", "DEBUG") as logs:
            for document in documents:
                signed_post(document)
        return [record.getMessage() for record in logs.records]

    def test_one_summary_line_and_one_line_for_each_event(self) -> None:
        lines = self.lines("status__batch")
        self.assertTrue(lines[0].startswith("WhatsApp webhook received: {'statuses': 5, 'wamids': ['wamid."))
        updates = [line for line in lines if line.startswith("WhatsApp message status update: wamid.")]
        self.assertEqual([line.split()[-1] for line in updates], ["delivered", "sent", "read", "failed", "sent"])

    def test_incoming_message_shows_a_masked_number(self) -> None:
        self.assertIn("Incoming WhatsApp message from +263•••••••67", self.lines("message__text"))
        self.assertIn("Incoming WhatsApp message from ZW.•••••", self.lines("message__user_id_as_sender"))

    def test_a_body_of_many_events_is_a_few_lines(self) -> None:
        many = payload("status__sent")
        value = many["entry"][0]["changes"][0]["value"]
        value["statuses"] *= 100
        lines = self.lines(many)
        self.assertEqual(sum("status update" in line for line in lines), 20)
        self.assertIn("'statuses': 100", lines[0])
        self.assertIn("80 more events", lines[-1])

    def test_redelivery_is_one_line(self) -> None:
        lines = self.lines("message__text", "message__text")
        self.assertEqual(sum("Incoming" in line for line in lines), 1)
        self.assertIn("'redelivery': True", lines[-1])

    def test_nothing_of_the_body_is_logged(self) -> None:
        canary, number = "83512946", "263771234567"
        document = payload("message__text")
        document["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] = canary
        document["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = canary
        broken = encode(document)[:-1]
        with self.assertLogs(level=logging.DEBUG) as logs:
            signed_post(document)
            signed_post(broken)
            signed_post(document, secret="guessed")
            with failing_database():
                signed_post(document | {"again": 1})
        text = "\n".join(logs.output)
        self.assertNotIn(canary, text)
        self.assertNotIn(number, text)


@with_app_secret
@modify_settings(MIDDLEWARE={"prepend": "integrations.middleware.webhook_fast_path"})
class FastPathTests(TestCase):
    def test_webhook_costs_one_look_at_the_credentials_and_one_insert(self) -> None:
        with self.assertNumQueries(2):
            answer = signed_post("status__sent")
        self.assertEqual(answer.status_code, 200)
        self.assertNotIn("X-Frame-Options", answer)

    def test_other_paths_go_their_way(self) -> None:
        self.assertEqual(self.client.get("/api/v1/whatsapp/webhook/more").status_code, 404)

    async def test_asgi_takes_the_same_path(self) -> None:
        body = encode(payload("status__sent"))
        answer = await AsyncClient().post(
            WEBHOOK_URL,
            body,
            content_type="application/json",
            headers={"X-Hub-Signature-256": sign(body, APP_SECRET)},
        )
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(await WebhookEvent.objects.acount(), 1)

    def test_unknown_host_is_refused_and_the_log_says_what_to_set(self) -> None:
        with self.assertLogs("integrations.middleware", "ERROR") as logs:
            answer = self.client.post(WEBHOOK_URL, b"{}", "application/json", HTTP_HOST="pay.example.org")
        self.assertEqual(answer.status_code, 400)
        self.assertIn("pay.example.org", logs.output[0])
        self.assertIn("ALLOWED_HOSTS", logs.output[0])


class SchemaTests(SimpleTestCase):
    def test_webhook_is_no_part_of_the_public_schema(self) -> None:
        self.assertIsNone(WhatsAppWebhookView.schema)
