from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.phone import InvalidPhoneNumber, to_e164
from notifications.exceptions import NotRetryable
from notifications.models import Notification
from notifications.serializers import NotificationSerializer, StorySerializer
from notifications.services import retry
from notifications.states import State


class NewestFirst(CursorPagination):
    ordering = "-id"


@extend_schema(
    parameters=[
        OpenApiParameter("status", enum=State.values),
        OpenApiParameter("template_name"),
        OpenApiParameter("phone_number", description="E.164"),
    ]
)
class NotificationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """What was said to whom and what became of it. For staff."""

    queryset = Notification.objects.select_related("tenant")
    pagination_class = NewestFirst
    lookup_value_regex = r"\d+"

    def get_serializer_class(self) -> type[NotificationSerializer]:
        return NotificationSerializer if self.action == "list" else StorySerializer

    def get_queryset(self) -> QuerySet[Notification]:
        found = super().get_queryset()
        if self.action != "list":
            return found.prefetch_related("attempts__events")
        asked = self.request.query_params
        wanted = {name: asked[name] for name in ("status", "template_name") if asked.get(name)}
        if asked.get("phone_number"):
            wanted["recipient_phone"] = _normalised(asked["phone_number"])
        return found.filter(**wanted)

    @extend_schema(
        request=None,
        parameters=[],
        responses={202: StorySerializer, 409: OpenApiResponse(description="There is nothing to try again; `detail`.")},
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: Any = None) -> Response:
        """Try a failed, uncertain, skipped or expired message once more."""
        message = self.get_object()
        try:
            retry(message)
        except NotRetryable as refusal:
            return Response({"detail": str(refusal)}, status.HTTP_409_CONFLICT)
        return Response(StorySerializer(self.get_object()).data, status.HTTP_202_ACCEPTED)


def _normalised(number: str) -> str:
    try:
        # In a query string a bare + means a space.
        return to_e164(f"+{number.strip().lstrip('+')}")
    except InvalidPhoneNumber:
        return number
