from __future__ import annotations

from django.apps import AppConfig


class WalletsConfig(AppConfig):
    name = "wallets"
    verbose_name = "Wallets"

    def ready(self) -> None:
        from wallets import commands, privacy, receivers  # noqa: F401 (importing commands registers them)

        receivers.connect()
        privacy.connect()
