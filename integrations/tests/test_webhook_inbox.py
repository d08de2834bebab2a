from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.test import TestCase, override_settings
from django.utils import timezone

from integrations.models import WebhookEvent, WhatsAppTemplate
from integrations.signals import message_status_changed
from integrations.tasks import drain_webhooks
from integrations.tests.listening import Listening, Poisoned, statuses
from integrations.tests.signed_post import APP_SECRET, encode, payload, signed_post, with_app_secret
from integrations.webhook_inbox import MAX_ATTEMPTS, DrainReport, _lock_due, drain, replay
from integrations.webhook_store import store
from integrations.whatsapp.webhooks import sign


class DrainTests(Listening):
    def test_rows_are_handed_over_as_one_sequence_and_done(self) -> None:
        for wamid in "ABC":
            self.assertTrue(store(statuses(wamid)))
        self.assertEqual(drain(), DrainReport(done=3, failed=0, events=3))
        self.assertEqual(self.batches, [["A", "B", "C"]])
        self.assertEqual(self.statuses_of_rows(), ["DONE"] * 3)
        self.assertTrue(drain().empty)

    def test_redelivery_is_handed_over_once(self) -> None:
        self.assertEqual([store(statuses("A")), store(statuses("A"))], [True, False])
        drain()
        self.assertFalse(store(statuses("A")))
        self.assertTrue(drain().empty)

    def test_each_kind_has_its_own_signal(self) -> None:
        for name in ("status__sent", "message__text", "template__approved", "template__quality"):
            store(encode(payload(name)))
        report = drain()
        self.assertEqual((report.done, report.events), (4, 4))
        kinds = [type(event).__name__ for event in self.events]
        self.assertEqual(kinds, ["MessageStatus", "IncomingMessage", "TemplateReview"])

    def test_batch_ends_at_the_limit(self) -> None:
        for row in range(5):
            store(statuses(f"{row}a", f"{row}b"))
        self.assertEqual(drain(limit=4), DrainReport(done=2, failed=0, events=4))
        self.assertEqual(self.batches, [["0a", "0b", "1a", "1b"]])

    def test_rows_beyond_the_batch_are_left_to_others(self) -> None:
        for row in range(5):
            store(statuses(*(f"wamid.{row}.{place}{'0' * 600}" for place in range(20))))
        with transaction.atomic():
            self.assertEqual(len(_lock_due(40)), 2)

    def test_one_large_row_comes_whole_and_alone(self) -> None:
        store(statuses("before"))
        store(statuses(*map(str, range(10))))
        self.assertEqual(drain(limit=4), DrainReport(done=1, failed=0, events=1))
        self.assertEqual(drain(limit=4), DrainReport(done=1, failed=0, events=10))
        self.assertEqual([len(batch) for batch in self.batches], [1, 10])

    def test_poison_stands_alone_and_the_rest_goes_through(self) -> None:
        for number in range(9):
            store(statuses(f"good{number}") if number != 4 else statuses("bad"))
        self.poison = {"bad"}
        with self.assertLogs("integrations.webhook_inbox", "ERROR"):
            self.assertEqual(drain(), DrainReport(done=8, failed=1, events=9))
        (parked,) = WebhookEvent.objects.parked()
        self.assertEqual(bytes(parked.body), statuses("bad"))
        self.assertIn("Poisoned", parked.error)
        self.assertIn("Traceback", parked.error)
        self.assertEqual(parked.attempts, 1)
        self.assertIn(["bad"], self.batches)

    def test_poison_inside_a_row_holds_up_no_other_event_of_that_row(self) -> None:
        store(statuses("A", "bad", "C"))
        self.poison = {"bad"}
        drain()
        self.assertEqual(self.statuses_of_rows(), ["PARKED"])
        heard = [batch for batch in self.batches if "bad" not in batch]
        self.assertEqual(sorted(wamid for batch in heard for wamid in batch), ["A", "C"])

    def test_work_of_a_receiver_that_fails_later_is_undone(self) -> None:
        def write(sender: object, events: Sequence[Any], **_: object) -> None:
            for event in events:
                WhatsAppTemplate.objects.create(name=event.wamid, language="en_US")
            if any(event.wamid == "bad" for event in events):
                raise Poisoned

        message_status_changed.connect(write)
        self.addCleanup(message_status_changed.disconnect, write)
        for wamid in ("A", "bad", "C"):
            store(statuses(wamid))
        drain()
        self.assertEqual(set(WhatsAppTemplate.objects.values_list("name", flat=True)), {"A", "C"})

    def test_parked_row_is_tried_again_when_due_and_not_before(self) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            store(statuses("bad"))
            self.poison = {"bad"}
            drain()
            self.assertTrue(drain().empty)
            clock.shift(timedelta(seconds=61))
            self.poison = set()
            self.assertEqual(drain().done, 1)
        self.assertEqual(WebhookEvent.objects.get().error, "")

    def test_pauses_grow_to_an_hour_and_end(self) -> None:
        store(statuses("bad"))
        self.poison = {"bad"}
        pauses = []
        with time_machine.travel(timezone.now(), tick=False) as clock:
            while True:
                drain()
                row = WebhookEvent.objects.get()
                if row.next_attempt_at is None:
                    break
                pauses.append((row.next_attempt_at - timezone.now()).total_seconds() / 60)
                clock.move_to(row.next_attempt_at)
        self.assertEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60])
        self.assertEqual((row.status, row.attempts), ("PARKED", MAX_ATTEMPTS))

    def test_malformed_body_is_parked_at_once_and_blocks_nobody(self) -> None:
        for body in (b"<html>", statuses("A"), b"[" * 5000):
            store(body)
        self.assertEqual(drain(), DrainReport(done=1, failed=2, events=1))
        self.assertEqual(self.statuses_of_rows(), ["PARKED", "DONE", "PARKED"])
        self.assertEqual(WebhookEvent.objects.parked().filter(next_attempt_at=None).count(), 2)
        self.assertIn("not JSON", WebhookEvent.objects.earliest("id").error)

    def test_lost_database_leaves_everything_open(self) -> None:
        store(statuses("A"))

        def fail(execute: Any, sql: str, *args: Any) -> Any:
            if sql.startswith("UPDATE"):
                raise OperationalError("gone")
            return execute(sql, *args)

        with connection.execute_wrapper(fail), self.assertRaises(OperationalError):
            drain()
        self.assertEqual(self.statuses_of_rows(), ["PENDING"])
        self.assertEqual(drain().done, 1)

    def test_task_drains_until_nothing_is_open(self) -> None:
        for number in range(600):
            store(statuses(str(number)))
        drain_webhooks()
        self.assertEqual(sum(map(len, self.batches)), 600)
        self.assertEqual(WebhookEvent.objects.undrained().count(), 0)

    def test_error_text_masks_numbers(self) -> None:
        store(statuses("+263771234567"))
        self.poison = {"+263771234567"}
        drain()
        self.assertNotIn("263771234567", WebhookEvent.objects.get().error)


class ReplayTests(Listening):
    def replay(self, *args: str) -> str:
        out = StringIO()
        call_command("replay_webhooks", *args, stdout=out)
        return out.getvalue().strip()

    def test_replayed_rows_are_handed_over_again(self) -> None:
        store(statuses("A"))
        drain()
        self.assertEqual(replay(WebhookEvent.objects.all()), 1)
        drain()
        self.assertEqual(self.batches, [["A"], ["A"]])

    def test_command_opens_the_rows_that_were_asked_for(self) -> None:
        self.poison = {"bad"}
        for wamid in ("A", "bad", "C"):
            store(statuses(wamid))
        drain()
        first = WebhookEvent.objects.earliest("id").pk
        self.assertEqual(self.replay("--failed"), "1 webhook row opened again.")
        self.assertEqual(self.statuses_of_rows(), ["DONE", "PENDING", "DONE"])
        self.assertEqual(self.replay("--id", str(first), "--id", str(first + 2)), "2 webhook rows opened again.")
        yesterday = (timezone.now() - timedelta(days=1)).isoformat()
        self.assertEqual(self.replay("--since", yesterday), "3 webhook rows opened again.")
        self.assertEqual(self.replay("--since", "2999-01-01"), "0 webhook rows opened again.")

    def test_command_opens_rows_by_kind_and_until_a_time(self) -> None:
        store(statuses("A"))
        store(encode(payload("message__text")))
        store(b"<html>")
        drain()
        self.assertEqual(
            list(WebhookEvent.objects.order_by("id").values_list("kinds", flat=True)),
            ["statuses", "messages", "malformed"],
        )
        self.assertEqual(self.replay("--kind", "messages"), "1 webhook row opened again.")
        self.assertEqual(self.statuses_of_rows(), ["DONE", "PENDING", "PARKED"])
        self.assertEqual(self.replay("--kind", "statuses", "--until", "2020-01-01"), "0 webhook rows opened again.")

    def test_dry_run_tells_what_it_would_open_and_changes_nothing(self) -> None:
        store(statuses("A"))
        drain()
        told = self.replay("--since", "2020-01-01", "--dry-run")
        self.assertIn("1 webhook row would be opened again.", told)
        self.assertIn("done     statuses", told)
        self.assertEqual(self.statuses_of_rows(), ["DONE"])

    def test_a_row_whose_body_was_removed_is_left_out(self) -> None:
        store(statuses("A"))
        drain()
        WebhookEvent.objects.update(body=b"")
        self.assertEqual(self.replay("--since", "2020-01-01"), "0 webhook rows opened again.")

    def test_command_replays_nothing_unless_told_which(self) -> None:
        for args in ((), ("--since", "yesterday"), ("--since", "2026-13-77")):
            with self.subTest(args), self.assertRaises(CommandError):
                self.replay(*args)


@with_app_secret
class FromPostToReceiverTests(Listening):
    def test_posted_webhook_reaches_the_receivers(self) -> None:
        signed_post("status__failed_131026")
        drain_webhooks()
        (event,) = self.events
        self.assertEqual((event.status, event.errors[0]["code"]), ("failed", 131026))


class SignWebhookTests(TestCase):
    def test_command_prints_a_curl_that_signs_the_files_bytes(self) -> None:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "a body.json"
            file.write_bytes(b'{"entry":[]}\r\n')
            out = StringIO()
            with override_settings(WHATSAPP_APP_SECRET=APP_SECRET):
                call_command("sign_webhook", str(file), stdout=out)
            self.assertIn(sign(file.read_bytes(), APP_SECRET), out.getvalue())
            self.assertIn(f"'@{file}'", out.getvalue())

    @override_settings(WHATSAPP_APP_SECRET="")
    def test_command_without_secret_says_what_to_set(self) -> None:
        with self.assertRaisesMessage(CommandError, "WHATSAPP_APP_SECRET"):
            call_command("sign_webhook", "x.json")

    @with_app_secret
    def test_missing_file_is_named(self) -> None:
        with self.assertRaisesMessage(CommandError, "no-such.json cannot be read"):
            call_command("sign_webhook", "no-such.json")
