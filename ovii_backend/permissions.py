"""Who may see details: staff, or a monitor that carries METRICS_TOKEN."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError


def may_see_details(request: HttpRequest) -> bool:
    """True for a staff session, a staff access token, or `Authorization: Bearer <METRICS_TOKEN>`."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme == "Bearer" and constant_time_compare(bearer, settings.METRICS_TOKEN):
        return True
    return bool(request.user.is_staff) or _is_staff_token(request)


def _is_staff_token(request: HttpRequest) -> bool:
    try:
        found = JWTAuthentication().authenticate(Request(request))
    except (AuthenticationFailed, TokenError):
        return False
    return bool(found and getattr(found[0], "is_staff", False))
