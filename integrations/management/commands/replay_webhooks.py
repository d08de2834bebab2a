from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from integrations.models import WebhookEvent
from integrations.tasks import ring_drain
from integrations.webhook_inbox import replay


class Command(BaseCommand):
    help = "Open webhook rows again, so that the drain hands their events to the receivers once more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--id", type=int, action="append", help="One row; may be repeated.")
        parser.add_argument("--failed", action="store_true", help="Only parked rows.")
        parser.add_argument("--since", help="Only rows received at or after this time: 2026-11-24T08:00+02:00.")

    def handle(self, *args: Any, id: list[int] | None, failed: bool, since: str | None, **options: Any) -> None:
        if not (id or failed or since):
            raise CommandError("Say which rows: --id N, --failed, --since TIME, or several of them together.")
        rows = WebhookEvent.objects.all()
        if id:
            rows = rows.filter(pk__in=id)
        if failed:
            rows = rows.parked()
        if since:
            rows = rows.filter(received_at__gte=_moment(since))
        count = replay(rows)
        if count:
            ring_drain()
        self.stdout.write(f"{count} webhook row{'' if count == 1 else 's'} opened again.")


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text) or parse_datetime(f"{text}T00:00")
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"{text!r} is not a time: write it like 2026-11-24T08:00+02:00 or 2026-11-24.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
