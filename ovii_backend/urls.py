from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from ovii_backend import views

urlpatterns = [
    path("", views.home, name="home"),
    path("admin/", admin.site.urls),
    path("api/users/", include("users.urls")),
    path("api/wallets/", include("wallets.urls")),
    path("api/notifications/", include("notifications.urls")),
    path("", include("integrations.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    # Monitors are set up once and forgotten: both spellings, no redirect.
    re_path(r"^health/live/?$", views.live, name="health-live"),
    re_path(r"^health/ready/?$", views.ready, name="health-ready"),
    re_path(r"^api/v1/whatsapp/health/?$", views.whatsapp, name="whatsapp-health"),
]
