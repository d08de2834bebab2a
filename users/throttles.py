from __future__ import annotations

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from users import conf


class _PerAddress(SimpleRateThrottle):
    def get_rate(self) -> str:
        return conf.throttle_rate(str(self.scope))

    def get_cache_key(self, request: Request, view: APIView) -> str:
        # X-Forwarded-For is the client's own word unless NUM_PROXIES says how many proxies wrote it.
        known = api_settings.NUM_PROXIES is not None
        address = self.get_ident(request) if known else request.META.get("REMOTE_ADDR")
        return self.cache_format % {"scope": self.scope, "ident": address}


class CodeRequestThrottle(_PerAddress):
    scope = "otp_request"


class CodeVerifyThrottle(_PerAddress):
    scope = "otp_verify"
