from importlib import import_module

from django.apps import AppConfig
from django.core.checks import register

#: Importing them connects their receivers, and registers the commands that need no domain.
RECEIVING = ("receivers", "contact_book", "template_news", "number_news", "account_news", "standing_commands")


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from notifications import checks, stopping, watch

        for receiving in RECEIVING:
            import_module(f"notifications.{receiving}")

        register(checks.lease_outlasts_a_request)
        watch.connect()
        stopping.connect()
