from __future__ import annotations

import uuid
from datetime import timedelta

import time_machine
from django.core.cache import cache
from django.test import TestCase, override_settings
from django.utils import timezone

from users.models import OTPRequest, User
from users.services import codes

PHONE = "+263771234567"
JSON = "application/json"


class OneTimeCodeApiTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.addCleanup(cache.clear)

    def ask(self, **body: str):
        return self.client.post("/api/users/otp/request/", {"phone_number": PHONE} | body, JSON)

    def verify(self, request_id: str, code: str):
        return self.client.post("/api/users/otp/verify/", {"request_id": request_id, "code": code}, JSON)

    def test_code_is_asked_for_and_exchanged_for_tokens_that_open_the_wallets(self) -> None:
        asked = self.ask()
        self.assertEqual(asked.status_code, 202)
        self.assertEqual(set(asked.json()), {"request_id", "expires_at", "resend_at"})
        request_id = asked.json()["request_id"]
        session = self.verify(request_id, codes([request_id])[request_id])
        self.assertEqual(session.status_code, 200)
        user = User.objects.get(phone_number=PHONE)
        self.assertEqual(session.json()["user"], {"id": user.pk, "phone_number": PHONE})
        opened = self.client.get("/api/wallets/", headers={"Authorization": f"Bearer {session.json()['access']}"})
        self.assertEqual((opened.status_code, opened.json()), (200, []))

    def test_refresh_token_brings_a_new_access_token(self) -> None:
        request_id = self.ask().json()["request_id"]
        refresh = self.verify(request_id, codes([request_id])[request_id]).json()["refresh"]
        renewed = self.client.post("/api/users/token/refresh/", {"refresh": refresh}, JSON)
        self.assertIn("access", renewed.json())

    def test_answer_is_the_same_for_known_and_unknown_people(self) -> None:
        User.objects.create_user("+263771234568", is_active=False)
        known, unknown = self.ask(phone_number="+263771234568"), self.ask()
        self.assertEqual((known.status_code, set(known.json())), (unknown.status_code, set(unknown.json())))

    def test_bad_number_is_answered_with_a_sentence(self) -> None:
        refused = self.ask(phone_number="12")
        self.assertEqual((refused.status_code, refused.json()["code"]), (400, "invalid_phone_number"))
        self.assertIn("'12'", refused.json()["detail"])

    def test_missing_field_is_named(self) -> None:
        refused = self.client.post("/api/users/otp/request/", {}, JSON)
        self.assertEqual((refused.status_code, refused.json()["code"]), (400, "invalid"))
        self.assertIn("phone_number", refused.json()["detail"])

    def test_resend_too_early_says_when(self) -> None:
        refused = self.ask(request_id=self.ask().json()["request_id"])
        self.assertEqual((refused.status_code, refused.json()["code"]), (429, "resend_too_early"))
        self.assertGreater(int(refused["Retry-After"]), 0)

    def test_sixth_request_is_refused_with_retry_after(self) -> None:
        for _ in range(5):
            self.ask()
        refused = self.ask()
        self.assertEqual((refused.status_code, refused.json()["code"]), (429, "too_many_requests"))
        self.assertGreater(int(refused["Retry-After"]), 0)

    def test_wrong_code_costs_a_try_and_says_how_many_are_left(self) -> None:
        request_id = self.ask().json()["request_id"]
        code = codes([request_id])[request_id]
        refused = self.verify(request_id, f"{(int(code) + 1) % 10**6:06d}")
        self.assertEqual((refused.status_code, refused.json()["code"]), (400, "wrong_code"))
        self.assertIn("4 tries left", refused.json()["detail"])
        self.assertEqual(OTPRequest.objects.get().tries, 1)

    def test_what_cannot_be_a_code_costs_no_try(self) -> None:
        request_id = self.ask().json()["request_id"]
        self.assertEqual(self.verify(request_id, "12 34").status_code, 400)
        self.assertEqual(OTPRequest.objects.get().tries, 0)

    def test_each_end_of_a_request_has_its_status(self) -> None:
        request_id = self.ask().json()["request_id"]
        code = codes([request_id])[request_id]
        self.assertEqual(self.verify(str(uuid.uuid4()), code).status_code, 404)
        self.verify(request_id, code)
        self.assertEqual(self.verify(request_id, code).status_code, 409)
        late = self.ask().json()["request_id"]
        with time_machine.travel(timezone.now() + timedelta(minutes=6)):
            self.assertEqual(self.verify(late, "123456").status_code, 410)

    def test_disabled_person_gets_403(self) -> None:
        User.objects.create_user(PHONE, is_active=False)
        request_id = self.ask().json()["request_id"]
        refused = self.verify(request_id, codes([request_id])[request_id])
        self.assertEqual((refused.status_code, refused.json()["code"]), (403, "inactive_user"))

    def test_stale_token_does_not_keep_anybody_from_asking(self) -> None:
        self.client.defaults["HTTP_AUTHORIZATION"] = "Bearer stale"
        self.assertEqual(self.ask().status_code, 202)

    @override_settings(OTP_REQUEST_THROTTLE="2/min")
    def test_one_address_is_slowed_whatever_it_says_about_itself(self) -> None:
        for last in "12":
            self.client.post("/api/users/otp/request/", {"phone_number": PHONE[:-1] + last}, JSON)
        refused = self.client.post(
            "/api/users/otp/request/", {"phone_number": PHONE}, JSON, headers={"X-Forwarded-For": "203.0.113.9"}
        )
        self.assertEqual((refused.status_code, refused.json()["code"]), (429, "throttled"))
        self.assertIn("Retry-After", refused)
