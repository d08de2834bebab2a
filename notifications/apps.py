from django.apps import AppConfig
from django.core.checks import register


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from notifications import checks, receivers, stopping, watch  # noqa: F401 (importing receivers connects them)

        register(checks.lease_outlasts_a_request)
        watch.connect()
        stopping.connect()
