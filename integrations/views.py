from __future__ import annotations

import hmac
import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, RequestDataTooBig
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.http.request import UnreadablePostError
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from integrations.conf import warn_once
from integrations.credentials import Credentials
from integrations.models import WhatsAppConfig
from integrations.tasks import ring_drain
from integrations.webhook_counters import Reason, counters, sources
from integrations.webhook_inbox import store
from integrations.webhook_log import log_received
from integrations.webhook_sources import source_of
from integrations.whatsapp.webhooks import MalformedBody, parse, verify_signature, well_formed_signature

logger = logging.getLogger(__name__)

# Meta, WhatsApp Business Platform, Webhooks: "payloads can be up to 3 MB".
MAX_BODY_BYTES = 3 * 1024 * 1024
MAX_CHALLENGE_LENGTH = 512
SIGNATURE_HEADER = "X-Hub-Signature-256"
UNSIGNABLE = (
    "Webhooks are refused because no app secret is known: set WHATSAPP_APP_SECRET in the environment, "
    'or the field "App Secret" of the active WhatsApp Configuration in the admin.'
)
UNVERIFIABLE = (
    "The webhook cannot be verified because no verify token is known: set WHATSAPP_WEBHOOK_VERIFY_TOKEN in "
    'the environment, or the field "Webhook Verify Token" of the active WhatsApp Configuration in the admin.'
)


class WhatsAppWebhookView(APIView):
    """Where Meta verifies the address (GET) and delivers events (POST).

    200 means that the body is in the database, 401 that it is not from Meta, 429 the same of a source that
    went on and on, 503 that Meta shall bring it again. DRF's authentication, parsing and rendering are not
    used: the signature covers the raw bytes.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        handlers = {"GET": self.verify, "HEAD": self.alive, "POST": self.receive}
        handler = handlers.get(request.method or "")
        if handler is None:
            return JsonResponse({"error": "Use GET or POST."}, status=405, headers={"Allow": "GET, HEAD, POST"})
        try:
            return handler(request)
        except (DatabaseError, ImproperlyConfigured):
            # Meta repeats what was not answered with 200 for days.
            logger.exception("WhatsApp webhook could not be stored or checked: Meta is asked to bring it again")
            return _error("Not stored: bring it again.", 503)

    def alive(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(content_type="text/plain")

    def verify(self, request: HttpRequest) -> HttpResponse:
        """Answer Meta's challenge as plain text if it knows our verify token."""
        token = _credentials().webhook_verify_token
        if not token:
            warn_once("verify token", UNVERIFIABLE)
            return _error(UNVERIFIABLE, 403)
        given = request.GET.get("hub.verify_token", "")
        matches = hmac.compare_digest(_bytes(given), _bytes(token))
        if request.GET.get("hub.mode") != "subscribe" or not matches:
            logger.warning("WhatsApp webhook verification refused: mode or verify token is wrong")
            return _error("Mode or verify token is wrong.", 403)
        challenge = request.GET.get("hub.challenge", "")
        if not 0 < len(challenge) <= MAX_CHALLENGE_LENGTH:
            return _error(f"hub.challenge must have 1 to {MAX_CHALLENGE_LENGTH} characters.", 400)
        logger.info("WhatsApp webhook verified successfully")
        headers = {"X-Content-Type-Options": "nosniff"}
        return HttpResponse(challenge, content_type="text/plain; charset=utf-8", headers=headers)

    def receive(self, request: HttpRequest) -> HttpResponse:
        """Keep an authentic body, then answer. What it says is found out by the drain."""
        source = source_of(request)
        if sources.sheds(source):
            counters.refused(Reason.SHED)
            return _error("Too many posts from here that were not from Meta.", 429)
        if _declared_length(request) > MAX_BODY_BYTES:
            return _refuse(source, Reason.TOO_LARGE, f"The body is larger than {MAX_BODY_BYTES} bytes.", 413)
        header = request.headers.get(SIGNATURE_HEADER)
        if header is None and settings.DEBUG and _says_nothing(request):
            return _received()
        if header is None or not well_formed_signature(header):
            return _refuse(source, Reason.UNSIGNED, f"{SIGNATURE_HEADER} is missing or malformed.")
        secrets = _credentials().app_secrets
        if not secrets:
            warn_once("app secret", UNSIGNABLE)
            # It may well be Meta: no mark against the source.
            return _refuse("", Reason.UNSIGNABLE, UNSIGNABLE)
        try:
            body = request.body
        except RequestDataTooBig:
            return _error(f"The body is larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.", 413)
        except UnreadablePostError:
            return _error("The body ended early.", 400)
        if not verify_signature(body, header, secrets):
            return _refuse(source, Reason.FORGED, f"{SIGNATURE_HEADER} does not sign this body under the app secret.")
        if sources.authentic(source):
            counters.authentic(source)
        new = store(body)
        if new:
            ring_drain()
        log_received(body, new=new)
        return _received()


def _credentials() -> Credentials:
    return WhatsAppConfig.objects.current_credentials()


def _declared_length(request: HttpRequest) -> int:
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else MAX_BODY_BYTES + 1


def _says_nothing(request: HttpRequest) -> bool:
    """Whether the body is well-formed and holds no event, as the one that set-up guides post by hand."""
    try:
        return parse(request.body) == []
    except (MalformedBody, RequestDataTooBig, UnreadablePostError):
        return False


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _received() -> JsonResponse:
    return JsonResponse({"status": "received"})


def _refuse(source: str, reason: str, words: str, status: int = 401) -> JsonResponse:
    sources.refused(source)
    counters.refused(reason)
    return _error(words, status)


def _error(reason: str, status: int) -> JsonResponse:
    return JsonResponse({"error": reason}, status=status)
