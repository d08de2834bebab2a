from __future__ import annotations

from datetime import timedelta

from django.test import TestCase, override_settings
from django.utils import timezone

from notifications.pseudonyms import pseudonym
from notifications.retention import blank_expired
from users.models import OTPRequest
from users.services import request_code

PHONE = "+263771234567"


@override_settings(RETENTION_DAYS=30)
class RetentionTestCase(TestCase):
    def test_old_code_requests_lose_their_number_and_young_ones_keep_it(self) -> None:
        old = request_code(PHONE)
        OTPRequest.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
        young = request_code(PHONE)
        self.assertEqual(blank_expired().counts["one_time_code_requests"], 1)
        numbers = dict(OTPRequest.objects.values_list("pk", "phone_number"))
        self.assertEqual(numbers, {old.pk: pseudonym("phone", PHONE), young.pk: PHONE})
        self.assertEqual(blank_expired().counts.get("one_time_code_requests", 0), 0)
