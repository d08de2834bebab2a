from __future__ import annotations

from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"
    verbose_name = "People"

    def ready(self) -> None:
        from notifications import secrets
        from users import checks, privacy, schema, services  # noqa: F401

        secrets.register(services.RESOLVER, services.codes)
        privacy.connect()
