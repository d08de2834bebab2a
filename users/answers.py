"""Refusals as HTTP: `{"detail": sentence, "code": word}` and `Retry-After` where it helps."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from users.exceptions import Refusal


class RefusalSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField(help_text="One sentence for people.")
    code = serializers.CharField(help_text="One word for programs.")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="What is wrong with which field of the request.",
    )


class RefusingView(APIView):
    """A view whose every error has the shape of RefusalSerializer."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Refusal):
            return refusal_response(exc)
        response = super().handle_exception(exc)
        if isinstance(exc, ValidationError):
            response.data = _validation(response.data)
        elif isinstance(exc, APIException) and isinstance(response.data, dict):
            codes = exc.get_codes()
            response.data.setdefault("code", codes if isinstance(codes, str) else exc.default_code)
        elif isinstance(response.data, dict):
            response.data.setdefault("code", "not_found" if response.status_code == 404 else "refused")
        return response


def refusal_response(refusal: Refusal) -> Response:
    response = Response({"detail": str(refusal), "code": refusal.code}, status=refusal.http_status)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _validation(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        return {"detail": " ".join(map(str, data)), "code": "invalid"}
    sentences = (f"{field}: {' '.join(map(str, errors))}" for field, errors in data.items())
    return {"detail": " ".join(sentences), "code": "invalid", "fields": data}
