from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.tokens import RefreshToken

from users import services
from users.answers import RefusalSerializer, RefusingView
from users.serializers import (
    CodeRequestSerializer,
    CodeVerifySerializer,
    OTPRequestSerializer,
    SessionSerializer,
)
from users.throttles import CodeRequestThrottle, CodeVerifyThrottle

_REFUSALS = dict.fromkeys((400, 404, 409, 410, 429), RefusalSerializer)


class CodeRequestView(RefusingView):
    """Ask for a one-time code on WhatsApp. The answer is the same whether the person is known or not."""

    # A stale token must not keep anybody from signing in.
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (CodeRequestThrottle,)

    @extend_schema(request=CodeRequestSerializer, responses={202: OTPRequestSerializer} | _REFUSALS)
    def post(self, request: Request) -> Response:
        form = CodeRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(
            OTPRequestSerializer(services.request_code(**form.validated_data)).data,
            status=status.HTTP_202_ACCEPTED,
        )


class CodeVerifyView(RefusingView):
    """Exchange a code for tokens. The person is created at the first sign-in."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (CodeVerifyThrottle,)

    @extend_schema(
        request=CodeVerifySerializer,
        responses={200: SessionSerializer, 403: RefusalSerializer} | _REFUSALS,
    )
    def post(self, request: Request) -> Response:
        form = CodeVerifySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        user = services.sign_in(services.verify_code(**form.validated_data))
        refresh = RefreshToken.for_user(user)
        session = {"access": str(refresh.access_token), "refresh": str(refresh), "user": user}
        return Response(SessionSerializer(session).data)
