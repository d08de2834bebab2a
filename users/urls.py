from __future__ import annotations

from django.urls import path
from rest_framework_simplejwt.views import TokenRefreshView

from users.views import CodeRequestView, CodeVerifyView

urlpatterns = [
    path("otp/request/", CodeRequestView.as_view(), name="otp-request"),
    path("otp/verify/", CodeVerifyView.as_view(), name="otp-verify"),
    path("token/refresh/", TokenRefreshView.as_view(), name="token-refresh"),
]
