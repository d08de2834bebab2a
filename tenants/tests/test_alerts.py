from __future__ import annotations

import threading
from unittest import skipUnless

from django.db import IntegrityError, connection, transaction
from django.test import TestCase, TransactionTestCase

from tenants.alerts import AlreadyOpen, reopen_alert
from tenants.models import OperatorAlert, Tenant
from tenants.redaction import redact_tree
from tenants.services import default_tenant, raise_alert, resolve_alert

CAUSE = "template.paused:otp_verification"


def paused(**changes: object) -> OperatorAlert:
    words = {"summary": "otp_verification is paused.", "what_to_do": "Wait, or edit it at Meta."}
    return raise_alert(CAUSE, **words | changes)


class RaisingTestCase(TestCase):
    def test_a_cause_is_one_alert_and_later_ones_count_and_refresh(self) -> None:
        first = paused(severity="warning", details={"until": "14:00"})
        again = paused(summary="It is still paused.", tenant=default_tenant())
        self.assertEqual((again.pk, again.count), (first.pk, 2))
        kept = OperatorAlert.objects.get()
        self.assertEqual((kept.summary, kept.severity), ("It is still paused.", "error"))
        self.assertEqual((kept.tenant, kept.first_seen), (default_tenant(), first.first_seen))
        self.assertGreater(kept.last_seen, kept.first_seen)

    def test_after_its_resolution_a_cause_opens_a_new_alert(self) -> None:
        first = paused()
        self.assertTrue(resolve_alert(CAUSE))
        first.refresh_from_db()
        self.assertEqual((first.is_open, first.resolved_by), (False, "automatic"))
        self.assertNotEqual(paused().pk, first.pk)

    def test_nothing_to_resolve_is_no_error(self) -> None:
        self.assertFalse(resolve_alert("unknown"))

    def test_the_operator_who_resolves_is_kept(self) -> None:
        paused()
        resolve_alert(CAUSE, by="+263771000001")
        self.assertEqual(OperatorAlert.objects.get().resolved_by, "+263771000001")

    def test_numbers_tokens_and_secrets_are_not_kept(self) -> None:
        details = {"to": "+263771234567", "access_token": "EAAabcdefghijkl", "deep": [{"code": "481516"}], "n": 131049}
        paused(summary="Failed for +263771234567 with EAAabcdefghijkl.", details=details)
        kept = OperatorAlert.objects.get()
        text = f"{kept.summary} {kept.details}"
        for secret in ("+263771234567", "EAAabcdefghijkl", "481516"):
            self.assertNotIn(secret, text)
        self.assertEqual(kept.details["n"], 131049)

    def test_details_may_hold_anything(self) -> None:
        self.assertEqual(redact_tree({1: {ValueError("x")}, "none": None}), {"1": ["x"], "none": None})

    def test_a_wrong_call_says_what_is_wrong(self) -> None:
        with self.assertRaisesMessage(ValueError, "Unknown severity 'bad'"):
            paused(severity="bad")
        with self.assertRaisesMessage(ValueError, "1 to 200 characters"):
            raise_alert("", summary="x", what_to_do="y")

    def test_the_callers_transaction_goes_on_and_its_rollback_takes_the_alert_along(self) -> None:
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            paused()
            Tenant.objects.create(name="Other", slug="other")
            raise ZeroDivisionError
        self.assertEqual(OperatorAlert.objects.count(), 0)

    def test_the_database_refuses_a_second_open_one(self) -> None:
        alert = paused()
        with self.assertRaises(IntegrityError), transaction.atomic():
            OperatorAlert.objects.create(cause=CAUSE, first_seen=alert.first_seen, last_seen=alert.last_seen)

    def test_reopening_gives_way_to_an_alert_that_was_raised_since(self) -> None:
        first = paused()
        resolve_alert(CAUSE)
        reopen_alert(first)
        first.refresh_from_db()
        self.assertTrue(first.is_open)
        resolve_alert(CAUSE)
        paused()
        with self.assertRaises(AlreadyOpen):
            reopen_alert(first)


class RacesTestCase(TransactionTestCase):
    def in_threads(self, act: object, count: int) -> None:
        def run() -> None:
            try:
                act()
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @skipUnless(connection.vendor == "postgresql", "an in-memory database has one connection")
    def test_many_at_once_open_one_alert_and_none_is_miscounted(self) -> None:
        self.in_threads(paused, 8)
        self.assertEqual(OperatorAlert.objects.get().count, 8)

    @skipUnless(connection.vendor == "postgresql", "an in-memory database has one connection")
    def test_a_transaction_does_not_wait_for_another_that_raises_the_same(self) -> None:
        held, done = threading.Event(), threading.Event()

        def holder() -> None:
            with transaction.atomic():
                paused()
                held.set()
                done.wait(10)

        other = threading.Thread(target=self.in_threads, args=(holder, 1))
        other.start()
        held.wait(10)
        with transaction.atomic():
            mine = paused()
            self.assertIsNone(mine.pk)
            done.set()
            other.join()
        self.assertEqual(OperatorAlert.objects.get().count, 2)
