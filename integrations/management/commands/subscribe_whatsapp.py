from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from integrations import webhook_address
from integrations.account_calls import AccountCalls
from integrations.exceptions import Misconfigured, WhatsAppError
from integrations.services import WhatsAppClient


class Command(BaseCommand):
    help = "Subscribe the app of the access token to the WhatsApp Business Account, so that Meta sends webhooks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--override",
            nargs="?",
            const="",
            metavar="URL",
            help="Let the account's webhooks go to URL instead of the app's address. Without URL: to "
            "WHATSAPP_WEBHOOK_URL or PUBLIC_URL.",
        )
        parser.add_argument("--app-address", action="store_true", help="Forget an override: back to the app's address.")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, override: str | None, app_address: bool, **options: Any) -> None:
        client = WhatsAppClient()
        if client.client is None or not client.waba_id:
            raise CommandError(client.problem or "No WABA ID is known: set WHATSAPP_WABA_ID.")
        calls = AccountCalls(client)
        try:
            address, token = _wanted(override, client), client.credentials.webhook_verify_token
            # Meta forgets an override that is not sent along.
            kept = "" if app_address else _override_in_force(calls)
            calls.subscribe(address or kept, token if address or kept else "")
            apps = calls.subscribed_apps()
        except (WhatsAppError, Misconfigured, ValueError) as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps({"waba_id": client.waba_id, "apps": apps}, indent=2))
            return
        self.stdout.write(f"Subscribed to account {client.waba_id}:")
        for app in apps:
            where = app["override"] or "the app's address"
            self.stdout.write(f"  {app['name'] or '-'} ({app['id']}), webhooks to {where}")


def _wanted(override: str | None, client: WhatsAppClient) -> str:
    if override is None:
        return ""
    address = override or webhook_address.configured()
    if not address:
        raise CommandError("Say which address: --override URL, or set WHATSAPP_WEBHOOK_URL or PUBLIC_URL.")
    if not client.credentials.webhook_verify_token:
        raise CommandError("Meta verifies the address with the verify token: set WHATSAPP_WEBHOOK_VERIFY_TOKEN.")
    return address


def _override_in_force(calls: AccountCalls) -> str:
    """Our app's, as far as it can be told apart from others'."""
    apps = calls.subscribed_apps()
    own = settings.WHATSAPP_APP_ID or calls.token().get("app_id")
    return next((app["override"] for app in apps if app["id"] == own), "")
