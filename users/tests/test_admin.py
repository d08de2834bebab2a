from __future__ import annotations

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from users.models import ServiceKey, User
from users.service_keys import create_service_key
from users.services import codes, request_code


class PeopleAdminTests(TestCase):
    def setUp(self) -> None:
        self.operator = User.objects.create_superuser("+263771000001", "long enough a password")
        self.client.force_login(self.operator)

    def test_operator_signs_in_with_the_number_in_any_spelling(self) -> None:
        self.client.logout()
        self.assertTrue(self.client.login(username="+263 77 100 0001", password="long enough a password"))
        self.assertFalse(self.client.login(username="nobody", password="long enough a password"))

    def test_person_is_added_by_phone_number(self) -> None:
        form = {
            "phone_number": "077 123 4567",
            "usable_password": "true",
            "password1": "a longer secret 1",
            "password2": "a longer secret 1",
        }
        answer = self.client.post(reverse("admin:users_user_add"), form)
        self.assertEqual(answer.status_code, 302)
        self.assertTrue(User.objects.get(phone_number="+263771234567").check_password("a longer secret 1"))

    def test_bad_number_is_a_form_error(self) -> None:
        answer = self.client.post(reverse("admin:users_user_add"), {"phone_number": "hello"})
        self.assertContains(answer, "is not a phone number")

    def test_person_page_opens(self) -> None:
        page = self.client.get(reverse("admin:users_user_change", args=[self.operator.pk]))
        self.assertContains(page, "+263771000001")

    def test_request_page_shows_no_code_and_cannot_be_edited(self) -> None:
        request = request_code("+263771234567")
        page = self.client.get(reverse("admin:users_otprequest_change", args=[request.pk]))
        self.assertNotContains(page, codes([str(request.pk)])[str(request.pk)])
        self.assertEqual(self.client.get(reverse("admin:users_otprequest_add")).status_code, 403)

    def test_key_is_revoked_and_its_hash_not_shown(self) -> None:
        key, _ = create_service_key("till", ["wallet:cash"])
        page = self.client.get(reverse("admin:users_servicekey_change", args=[key.pk]))
        self.assertNotContains(page, key.secret_hash)
        self.client.post(
            reverse("admin:users_servicekey_changelist"), {"action": "revoke", "_selected_action": [key.pk]}
        )
        self.assertIsNotNone(ServiceKey.objects.get().revoked_at)


class VerifiedNumberTestCase(TestCase):
    def test_a_number_entered_by_an_operator_is_not_proved(self) -> None:
        operator = User.objects.create_superuser("+263772999991", "secret-of-mine")
        person = User.objects.create_user("+263772999992", phone_verified_at=timezone.now())
        self.client.force_login(operator)
        url = reverse("admin:users_user_change", args=(person.pk,))
        for number, proved in (("+263 77 299 9992", True), ("+263772999993", False)):
            self.assertEqual(self.client.post(url, {"phone_number": number, "is_active": "on"}).status_code, 302)
            person.refresh_from_db()
            self.assertEqual(person.phone_verified_at is not None, proved)
