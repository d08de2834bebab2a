from django.apps import AppConfig
from django.core.checks import register


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        # Importing receivers connects them, importing commands registers them.
        from notifications import checks, receivers, standing_commands, stopping, watch  # noqa: F401

        register(checks.lease_outlasts_a_request)
        watch.connect()
        stopping.connect()
