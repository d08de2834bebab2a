from __future__ import annotations

import shlex
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.models import WhatsAppConfig
from integrations.urls import WEBHOOK_PATHS
from integrations.whatsapp.webhooks import sign

DEFAULT_URL = f"http://localhost:8000/{WEBHOOK_PATHS[0]}/"


class Command(BaseCommand):
    help = "Print a curl command that posts FILE to the webhook, signed as Meta signs it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="JSON body; its exact bytes are signed.")
        parser.add_argument("--url", default=DEFAULT_URL, help="Default: %(default)s")

    def handle(self, *args: Any, file: Path, url: str, **options: Any) -> None:
        secret = WhatsAppConfig.objects.current_credentials().app_secret
        if not secret:
            raise CommandError(
                'Set WHATSAPP_APP_SECRET, or "App Secret" of the active WhatsApp Configuration in the admin.'
            )
        try:
            body = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        command = [
            *("curl", "-i", "-X", "POST", url),
            *("-H", "Content-Type: application/json"),
            *("-H", f"X-Hub-Signature-256: {sign(body, secret)}"),
            # Not -d: curl would strip line ends, and the signature covers them.
            *("--data-binary", f"@{file}"),
        ]
        self.stdout.write(shlex.join(command))
