"""The baseline's webhook: the signature, DRF's parser, and two queries for each status."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.naive.models import Message


class WebhookView(APIView):
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request, *args: Any) -> Response:
        # The bytes first: parsing consumes them.
        body = request._request.body
        secret = os.environ["WHATSAPP_APP_SECRET"].encode()
        signature = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature, request.headers.get("X-Hub-Signature-256", "")):
            return Response(status=401)
        for entry in request.data["entry"]:
            for change in entry["changes"]:
                for status in change["value"].get("statuses", ()):
                    self.keep(status)
        return Response({"status": "received"})

    def keep(self, status: dict[str, Any]) -> None:
        message = Message.objects.get(wamid=status["id"])
        message.status = status["status"].upper()
        message.save()
