from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tenants.models import Tenant
from tenants.services import DEFAULT_SLUG
from users.service_keys import create_service_key


class Command(BaseCommand):
    help = "Create a service key for another system and print it, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="Whose key it is.")
        parser.add_argument("--scope", action="append", required=True, help="Such as wallet:cash; repeatable.")
        parser.add_argument("--tenant", default=DEFAULT_SLUG, help="Slug of the tenant it acts for.")
        parser.add_argument("--expires-days", type=int, help="Days until it ends; without it, never.")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']!r}.")
        days = options["expires_days"]
        expires_at = timezone.now() + timedelta(days=days) if days else None
        try:
            _, text = create_service_key(options["name"], options["scope"], tenant=tenant, expires_at=expires_at)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(text)
        self.stderr.write("Keep it now: only its hash is stored. Send it as `X-API-Key`.")
