from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from integrations.urls import WEBHOOK_PATHS
from integrations.views import WhatsAppWebhookView

logger = logging.getLogger(__name__)

_PATHS = frozenset(f"/{path}{slash}" for path in WEBHOOK_PATHS for slash in ("", "/"))


@sync_and_async_middleware
def webhook_fast_path(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """First in MIDDLEWARE: the webhook's paths meet no session, authentication, CSRF or other middleware."""
    view = WhatsAppWebhookView.as_view()

    def answer(request: HttpRequest) -> HttpResponseBase:
        _check_host(request)
        return view(request)

    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            if request.path_info in _PATHS:
                return await sync_to_async(answer)(request)
            return await get_response(request)

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        return answer(request) if request.path_info in _PATHS else get_response(request)

    return synchronous


def _check_host(request: HttpRequest) -> None:
    """Raises DisallowedHost as any other path would, after saying what to change."""
    try:
        request.get_host()
    except DisallowedHost:
        host = request.META.get("HTTP_HOST", "")[:255]
        logger.error(
            "WhatsApp webhook refused: it came for the host %r. If that is this server's public name, add it to "
            "ALLOWED_HOSTS (and https:// with it to CSRF_TRUSTED_ORIGINS, for the admin) and restart.",
            host,
        )
        raise
