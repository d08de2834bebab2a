"""Calls of other systems, signed with a service key."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from users.models import ServiceKey
from users.service_keys import find_service_key

KEYWORD = "Api-Key"


class ServiceKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key <prefix>.<secret>` or `X-API-Key: <prefix>.<secret>`.

    `request.auth` becomes the ServiceKey. `request.user` stays anonymous: a key is nobody, so no endpoint for
    people opens to it; `users.permissions.HasScope` is what opens.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ServiceKey] | None:
        text = _sent_key(request)
        if text is None:
            return None
        key = find_service_key(text)
        if key is None:
            raise AuthenticationFailed("This API key is unknown, revoked or expired.")
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return KEYWORD


def _sent_key(request: Request) -> str | None:
    keyword, _, rest = get_authorization_header(request).decode("latin-1").partition(" ")
    if keyword.lower() == KEYWORD.lower():
        return rest
    return request.headers.get("X-API-Key")
