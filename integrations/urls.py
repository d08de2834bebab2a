from __future__ import annotations

from django.urls import path

from integrations.views import WhatsAppWebhookView

# Both with and without the final slash: a POST cannot follow a redirect.
WEBHOOK_PATHS = ("api/integrations/webhooks/whatsapp", "api/v1/whatsapp/webhook")

urlpatterns = [
    path(f"{route}{slash}", WhatsAppWebhookView.as_view(), name=f"{name}{'-slash' if slash else ''}")
    for route, name in zip(WEBHOOK_PATHS, ("whatsapp-webhook", "whatsapp-webhook-v1"), strict=True)
    for slash in ("", "/")
]
