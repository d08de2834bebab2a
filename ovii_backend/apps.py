from django.apps import AppConfig


class OviiBackendConfig(AppConfig):
    name = "ovii_backend"
    verbose_name = "Ovii"
