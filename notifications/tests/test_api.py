from __future__ import annotations

from django.contrib.auth import get_user_model
from rest_framework.test import APIClient

from integrations.tests.graph_server import graph_error
from notifications.delivery import deliver
from notifications.exceptions import NotRetryable
from notifications.models import Notification
from notifications.services import retry
from notifications.tests.outside import PHONE, DeliveryTestCase, approve

URL = "/api/notifications/"


class ApiTests(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        approve()
        self.meta.answer(graph_error(131026))
        self.failed = self.deposit_message()
        with self.assertLogs("notifications", "ERROR"):
            deliver()
        self.sent_one = self.deposit_message(phone_number="+263772222222")
        deliver()
        self.api = APIClient()
        self.api.force_authenticate(get_user_model().objects.create_user("+263770000000", is_staff=True))

    def test_it_is_for_staff(self) -> None:
        self.assertEqual(APIClient().get(URL).status_code, 401)
        person = APIClient()
        person.force_authenticate(get_user_model().objects.create_user(PHONE))
        self.assertEqual(person.get(URL).status_code, 403)

    def test_the_list_is_newest_first_and_filtered(self) -> None:
        def ids(**query: str) -> list[int]:
            return [row["id"] for row in self.api.get(URL, query).json()["results"]]

        self.assertEqual(ids(), [self.sent_one.pk, self.failed.pk])
        self.assertEqual(ids(status="FAILED"), [self.failed.pk])
        self.assertEqual(ids(phone_number="+263772222222"), [self.sent_one.pk])

    def test_one_message_tells_its_story(self) -> None:
        story = self.api.get(f"{URL}{self.failed.pk}/").json()
        [attempt] = story["attempts"]
        self.assertEqual((story["status"], attempt["state"], attempt["error"]["code"]), ("FAILED", "FAILED", 131026))
        self.assertEqual([event["kind"] for event in attempt["events"]], ["refuse"])

    def test_a_failed_message_can_be_tried_again(self) -> None:
        self.assertEqual(self.api.post(f"{URL}{self.failed.pk}/retry/").status_code, 202)
        deliver()
        self.failed.refresh_from_db()
        self.assertEqual((self.failed.status, self.failed.attempts.count()), ("SENT", 2))

    def test_what_arrived_is_not_sent_again(self) -> None:
        answer = self.api.post(f"{URL}{self.sent_one.pk}/retry/")
        self.assertEqual(answer.status_code, 409)
        self.assertIn("sent", answer.json()["detail"])

    def test_what_waits_is_not_doubled(self) -> None:
        waiting = self.deposit_message()
        with self.assertRaises(NotRetryable):
            retry(waiting)
        self.assertEqual(waiting.attempts.count(), 1)

    def test_an_expired_message_gets_new_time(self) -> None:
        expired = self.deposit_message()
        Notification.objects.filter(pk=expired.pk).update(expires_at="2026-01-01T00:00:00Z")
        deliver()
        retry(expired)
        deliver()
        expired.refresh_from_db()
        self.assertEqual(expired.status, "SENT")

    def test_codes_are_not_for_operators_to_send_again(self) -> None:
        Notification.objects.filter(pk=self.failed.pk).update(lane="otp")
        with self.assertRaisesRegex(NotRetryable, "asked for again"):
            retry(self.failed)
