"""The baseline's web application; NAIVE_CONN_MAX_AGE as Django's CONN_MAX_AGE."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application
from django.urls import path

application = get_wsgi_application()

from bench.naive.views import WebhookView  # noqa: E402 (models need the registry)

urlpatterns = [path("webhook", WebhookView.as_view())]
