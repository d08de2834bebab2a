from __future__ import annotations

import uuid
from datetime import timedelta

import time_machine
from celery import current_app
from django.test import TestCase
from django.utils import timezone

from notifications.models import Notification
from users.models import OTPRequest
from users.services import codes
from users.tasks import generate_and_log_otp

PHONE = "+263777123456"


class GenerateAndLogOtpTests(TestCase):
    def setUp(self) -> None:
        current_app.conf.task_always_eager = True
        self.addCleanup(setattr, current_app.conf, "task_always_eager", False)

    def test_what_delay_returns_reads_as_the_request_id(self) -> None:
        result = generate_and_log_otp.delay(PHONE)
        self.assertEqual(str(result), str(OTPRequest.objects.get().pk))
        self.assertEqual(Notification.objects.get().recipient_phone, PHONE)

    def test_task_that_runs_twice_sends_once(self) -> None:
        task_id = str(uuid.uuid4())
        for _ in range(2):
            generate_and_log_otp.apply(args=[PHONE], task_id=task_id)
        self.assertEqual(str(OTPRequest.objects.get().pk), task_id)
        self.assertEqual(Notification.objects.count(), 1)

    def test_with_a_request_id_the_same_code_goes_again(self) -> None:
        first = str(generate_and_log_otp.delay(PHONE))
        code = codes([first])
        with time_machine.travel(timezone.now() + timedelta(seconds=31)):
            again = generate_and_log_otp.delay(PHONE, request_id=first)
            self.assertEqual(codes([first]), code)
        self.assertEqual(str(again), first)
        self.assertEqual(Notification.objects.count(), 2)

    def test_no_code_and_no_full_number_is_logged_or_returned(self) -> None:
        with self.assertLogs("users", "INFO") as logs:
            result = generate_and_log_otp.delay(PHONE)
        code = codes([str(result)])[str(result)]
        self.assertNotIn(code, str(result.result))
        self.assertNotIn(code, " ".join(logs.output))
        self.assertNotIn(PHONE, " ".join(logs.output))

    def test_refusal_is_logged_with_its_reason_and_does_not_fail_the_task(self) -> None:
        with self.assertLogs("users.tasks", "WARNING") as logs:
            result = generate_and_log_otp.delay("not a number")
        self.assertTrue(result.successful())
        self.assertIn("invalid_phone_number", logs.output[0])
