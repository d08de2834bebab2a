from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import time_machine
from django.conf import settings
from django.db import connection
from django.test import TestCase, TransactionTestCase, override_settings
from django.utils import timezone

from integrations.exceptions import Misconfigured
from notifications.models import Notification
from notifications.secrets import SecretRef, resolve
from tenants.models import Tenant
from users.exceptions import (
    AlreadyUsed,
    BadPhoneNumber,
    Expired,
    InactiveUser,
    Refusal,
    ResendTooEarly,
    Superseded,
    TooManyRequests,
    TriesExhausted,
    UnknownRequest,
    WrongCode,
)
from users.models import OTPRequest, User
from users.services import codes, request_code, sign_in, verify_code

PHONE = "+263771234567"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def code_of(request: OTPRequest) -> str:
    return codes([str(request.pk)])[str(request.pk)]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


class Clock(TestCase):
    def setUp(self) -> None:
        self.clock = self.enterContext(time_machine.travel(START, tick=False))

    def later(self, **delta: float) -> None:
        self.clock.shift(timedelta(**delta))


class AskingForACodeTests(Clock):
    def test_request_and_its_message_are_written_together(self) -> None:
        request = request_code("+263 77 123-4567")
        message = Notification.objects.get()
        self.assertEqual(request.phone_number, PHONE)
        self.assertEqual(request.expires_at, START + timedelta(seconds=300))
        self.assertEqual(request.resend_at, START + timedelta(seconds=30))
        self.assertEqual(
            (message.recipient_phone, message.template_name, message.lane), (PHONE, "otp_verification", "otp")
        )
        self.assertEqual(message.expires_at, request.expires_at)

    def test_number_without_country_code_is_read_as_of_the_tenants_country(self) -> None:
        self.assertEqual(request_code("077 123 4567").phone_number, PHONE)

    def test_what_is_no_number_is_refused_in_words(self) -> None:
        with self.assertRaisesMessage(BadPhoneNumber, "is not a phone number"):
            request_code("hello")
        self.assertFalse(OTPRequest.objects.exists())

    @override_settings(OTP_LENGTH=8)
    def test_code_stands_in_no_column_of_any_table(self) -> None:
        code = code_of(request_code(PHONE))
        self.assertEqual(len(code), 8)
        with connection.cursor() as cursor:
            for table in ("users_otprequest", *(t for t in connection.introspection.table_names() if "notif" in t)):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                self.assertNotIn(code, str(cursor.fetchall()), table)

    def test_sent_code_is_the_one_that_is_accepted(self) -> None:
        request = request_code(PHONE)
        ref = SecretRef("otp", str(request.pk))
        self.assertEqual(verify_code(request.pk, resolve([ref])[ref]).pk, request.pk)

    def test_many_codes_are_resolved_with_one_query(self) -> None:
        refs = [str(request_code(f"+26377123456{last}").pk) for last in range(3)]
        with self.assertNumQueries(1):
            self.assertEqual(set(codes([*refs, "no-uuid", str(uuid.uuid4())])), set(refs))

    def test_code_of_a_finished_request_is_not_sent_any_more(self) -> None:
        request = request_code(PHONE)
        verify_code(request.pk, code_of(request))
        self.assertEqual(codes([str(request.pk)]), {})

    @override_settings(OTP_SECRET_KEY=[])
    def test_without_a_key_no_code_is_promised(self) -> None:
        with self.assertRaisesMessage(Misconfigured, "OTP_SECRET_KEY"):
            request_code(PHONE)


class SendingAgainTests(Clock):
    def test_same_code_goes_again_and_nothing_is_extended(self) -> None:
        request = request_code(PHONE)
        code = code_of(request)
        self.later(seconds=30)
        again = request_code(PHONE, request_id=request.pk)
        self.assertEqual((again.pk, again.expires_at, again.tries), (request.pk, request.expires_at, 0))
        self.assertEqual(again.resend_at, START + timedelta(seconds=60))
        self.assertEqual(code_of(again), code)
        self.assertEqual(Notification.objects.count(), 2)

    def test_too_early_says_in_how_many_seconds(self) -> None:
        request = request_code(PHONE)
        self.later(seconds=20)
        with self.assertRaises(ResendTooEarly) as refused:
            request_code(PHONE, request_id=request.pk)
        self.assertEqual(refused.exception.retry_after, 10)
        self.assertEqual(Notification.objects.count(), 1)

    def test_request_of_another_phone_is_unknown(self) -> None:
        request = request_code(PHONE)
        self.later(seconds=30)
        for phone, request_id in (("+263771234568", request.pk), (PHONE, uuid.uuid4()), (PHONE, "no-uuid")):
            with self.assertRaises(UnknownRequest):
                request_code(phone, request_id=request_id)

    def test_finished_requests_are_not_sent_again(self) -> None:
        used, old = request_code(PHONE), request_code(PHONE)
        verify_code(used.pk, code_of(used))
        with self.assertRaises(AlreadyUsed):
            request_code(PHONE, request_id=used.pk)
        self.later(minutes=5)
        with self.assertRaises(Expired):
            request_code(PHONE, request_id=old.pk)

    def test_one_code_leaves_five_times_at_most(self) -> None:
        request = request_code(PHONE)
        for _ in range(4):
            self.later(seconds=30)
            request_code(PHONE, request_id=request.pk)
        self.later(seconds=30)
        with self.assertRaises(TooManyRequests):
            request_code(PHONE, request_id=request.pk)


class LimitTests(Clock):
    def test_sixth_new_request_within_ten_minutes_is_refused_until_the_first_is_ten_minutes_old(self) -> None:
        for _ in range(5):
            request_code(PHONE)
            self.later(minutes=1)
        with self.assertRaises(TooManyRequests) as refused:
            request_code(PHONE)
        self.assertEqual(refused.exception.retry_after, 300)
        request_code("+263771234568")
        self.later(minutes=5)
        request_code(PHONE)

    def test_twenty_first_new_request_of_a_day_is_refused(self) -> None:
        for _ in range(20):
            request_code(PHONE)
            self.later(minutes=10)
        with self.assertRaises(TooManyRequests):
            request_code(PHONE)

    def test_new_request_supersedes_those_of_the_same_device_and_no_others(self) -> None:
        mine, others, anonymous = (request_code(PHONE, device_token=token) for token in ("mine", "theirs", ""))
        request_code(PHONE, device_token="mine")
        request_code(PHONE)
        with self.assertRaises(Superseded):
            verify_code(mine.pk, "000000")
        verify_code(others.pk, code_of(others))
        verify_code(anonymous.pk, code_of(anonymous))

    def test_device_token_is_kept_as_a_hash(self) -> None:
        self.assertNotIn("my device", request_code(PHONE, device_token="my device").device_token_hash)


class CheckingTests(Clock):
    def setUp(self) -> None:
        super().setUp()
        self.request = request_code(PHONE)
        self.code = code_of(self.request)

    def test_right_code_is_accepted_once(self) -> None:
        verify_code(str(self.request.pk), self.code)
        with self.assertRaises(AlreadyUsed):
            verify_code(self.request.pk, self.code)

    def test_wrong_codes_are_counted_and_the_fifth_ends_the_request(self) -> None:
        left = []
        for _ in range(4):
            with self.assertRaises(WrongCode) as refused:
                verify_code(self.request.pk, wrong(self.code))
            left.append(refused.exception.tries_left)
        self.assertEqual(left, [4, 3, 2, 1])
        with self.assertRaises(TriesExhausted):
            verify_code(self.request.pk, wrong(self.code))
        with self.assertRaises(TriesExhausted):
            verify_code(self.request.pk, self.code)
        self.assertEqual(OTPRequest.objects.get().tries, 5)

    def test_code_of_another_request_of_the_same_phone_is_wrong(self) -> None:
        with self.assertRaises(WrongCode):
            verify_code(request_code(PHONE).pk, self.code)

    def test_code_expires_after_five_minutes(self) -> None:
        self.later(minutes=5)
        with self.assertRaises(Expired):
            verify_code(self.request.pk, self.code)

    def test_unknown_request_is_refused(self) -> None:
        for request_id in (uuid.uuid4(), "no-uuid"):
            with self.assertRaises(UnknownRequest):
                verify_code(request_id, self.code)

    def test_code_for_another_purpose_does_not_sign_in(self) -> None:
        with self.assertRaises(UnknownRequest):
            verify_code(self.request.pk, self.code, purpose="payout")

    def test_code_of_the_previous_key_is_accepted_while_that_key_is_listed(self) -> None:
        with self.settings(OTP_SECRET_KEY=["new key"]), self.assertRaises(Expired):
            verify_code(self.request.pk, self.code)
        with self.settings(OTP_SECRET_KEY=["new key", *settings.OTP_SECRET_KEY]):
            verify_code(self.request.pk, self.code)


class SignInTests(Clock):
    def test_person_is_created_at_the_first_verified_sign_in(self) -> None:
        request = request_code(PHONE)
        self.assertFalse(User.objects.exists())
        first = sign_in(verify_code(request.pk, code_of(request)))
        self.assertEqual((first.phone_number, first.has_usable_password()), (PHONE, False))
        self.assertEqual(sign_in(request), first)

    def test_disabled_person_is_refused(self) -> None:
        User.objects.create_user(PHONE, is_active=False)
        with self.assertRaises(InactiveUser):
            sign_in(request_code(PHONE))


class ManyAtOnceTests(TransactionTestCase):
    """On PostgreSQL threads; in-memory SQLite has one writer, there the same runs one after the other."""

    def setUp(self) -> None:
        # Other tests of this kind empty the tables, the default tenant with them.
        Tenant.objects.get_or_create(slug="ovii", defaults={"name": "Ovii"})

    def together(self, times: int, act) -> list[object]:
        if connection.vendor != "postgresql":
            return [self.outcome(act) for _ in range(times)]
        outcomes: list[object] = []
        ready = threading.Barrier(times)

        def run() -> None:
            ready.wait()
            outcomes.append(self.outcome(act))
            connection.close()

        threads = [threading.Thread(target=run) for _ in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    @staticmethod
    def outcome(act) -> object:
        try:
            return act()
        except Refusal as refusal:
            return type(refusal)

    def test_eight_first_requests_at_once_are_five_codes(self) -> None:
        outcomes = self.together(8, lambda: request_code(PHONE).pk)
        self.assertEqual(outcomes.count(TooManyRequests), 3)
        self.assertEqual(OTPRequest.objects.count(), 5)

    def test_a_code_is_accepted_once_by_two_at_once(self) -> None:
        request = request_code(PHONE)
        code = code_of(request)
        outcomes = self.together(3, lambda: verify_code(request.pk, code).pk)
        self.assertEqual((outcomes.count(request.pk), outcomes.count(AlreadyUsed)), (1, 2))

    def test_guesses_at_once_do_not_get_more_than_five_tries(self) -> None:
        request = request_code(PHONE)
        bad = wrong(code_of(request))
        outcomes = self.together(8, lambda: verify_code(request.pk, bad))
        self.assertEqual((outcomes.count(WrongCode), outcomes.count(TriesExhausted)), (4, 4))

    def test_a_code_asked_for_twice_at_once_goes_again_once(self) -> None:
        request = request_code(PHONE)
        OTPRequest.objects.update(resend_at=timezone.now())
        outcomes = self.together(3, lambda: request_code(PHONE, request_id=request.pk).pk)
        self.assertEqual(outcomes.count(ResendTooEarly), 2)
        self.assertEqual(Notification.objects.count(), 2)
