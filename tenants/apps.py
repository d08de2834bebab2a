from django.apps import AppConfig
from django.core.checks import register


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Tenants"

    def ready(self) -> None:
        from tenants import checks

        register(checks.operator_webhook_is_usable)
