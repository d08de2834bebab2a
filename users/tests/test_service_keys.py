from __future__ import annotations

from datetime import timedelta
from io import StringIO

from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from users.authentication import ServiceKeyAuthentication
from users.models import ServiceKey
from users.permissions import HasScope
from users.service_keys import create_service_key, find_service_key


def signed(**headers: str) -> Request:
    request = APIRequestFactory().get("/", headers=headers)
    return Request(request, authenticators=[ServiceKeyAuthentication()])


class ServiceKeyTests(TestCase):
    def setUp(self) -> None:
        self.key, self.text = create_service_key("till", ["wallet:cash"])

    def test_only_a_hash_of_the_secret_is_stored(self) -> None:
        secret = self.text.partition(".")[2]
        self.assertNotIn(secret, str(ServiceKey.objects.values().get()))

    def test_both_headers_are_understood(self) -> None:
        for headers in ({"Authorization": f"Api-Key {self.text}"}, {"X-API-Key": self.text}):
            request = signed(**headers)
            self.assertEqual(request.auth, self.key)
            self.assertFalse(request.user.is_authenticated)

    def test_call_without_a_key_is_left_to_others(self) -> None:
        self.assertIsNone(signed(Authorization="Bearer token").auth)

    def test_wrong_revoked_and_expired_keys_are_refused(self) -> None:
        _, expired = create_service_key("old", ["wallet:cash"], expires_at=timezone.now() - timedelta(seconds=1))
        revoked_key, revoked = create_service_key("gone", ["wallet:cash"])
        ServiceKey.objects.filter(pk=revoked_key.pk).update(revoked_at=timezone.now())
        for text in (self.text + "x", self.key.prefix, "", expired, revoked):
            with self.assertRaises(AuthenticationFailed):
                _ = signed(**{"X-API-Key": text}).auth

    def test_use_is_noted_once_a_minute(self) -> None:
        find_service_key(self.text)
        first = ServiceKey.objects.get().last_used_at
        find_service_key(self.text)
        self.assertIsNotNone(first)
        self.assertEqual(ServiceKey.objects.get().last_used_at, first)

    def test_scope_opens_alone_and_beside_other_permissions(self) -> None:
        request = signed(**{"X-API-Key": self.text})
        for permission in (HasScope("wallet:cash"), IsAdminUser | HasScope("wallet:cash")):
            self.assertTrue(permission().has_permission(request, None))
        self.assertFalse(HasScope("events:write")().has_permission(request, None))

    def test_command_prints_a_key_that_works(self) -> None:
        out = StringIO()
        arguments = ["--name", "pos", "--scope", "wallet:cash", "--scope", "events:write"]
        call_command("create_api_key", *arguments, stdout=out, stderr=StringIO())
        found = find_service_key(out.getvalue())
        self.assertEqual(found.scopes, ["events:write", "wallet:cash"])

    def test_command_refuses_what_is_no_scope_and_no_tenant(self) -> None:
        for arguments in ("--scope everything", "--scope wallet:cash --tenant nobody"):
            with self.assertRaises(CommandError):
                call_command("create_api_key", "--name", "pos", *arguments.split())
