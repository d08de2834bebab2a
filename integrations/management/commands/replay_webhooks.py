from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from integrations.models import WebhookEvent
from integrations.querysets import WebhookEventQuerySet
from integrations.tasks import ring_drain
from integrations.webhook_inbox import replay
from integrations.webhook_kinds import all_kinds

CHUNK = 1000


class Command(BaseCommand):
    help = "Open webhook rows again, so that the drain hands their events to the receivers once more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--id", type=int, action="append", help="One row; may be repeated.")
        parser.add_argument("--failed", action="store_true", help="Only parked rows.")
        parser.add_argument("--since", help="Only rows received at or after this time: 2026-11-24T08:00+02:00.")
        parser.add_argument("--until", help="Only rows received before this time.")
        parser.add_argument("--kind", choices=all_kinds(), help="Only rows that hold this, as the drain understood it.")
        parser.add_argument("--dry-run", action="store_true", help="Say which rows, and change nothing.")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        rows = self._chosen(options)
        replayable = rows.exclude(body=b"")
        count, empty = replayable.count(), rows.filter(body=b"").count()
        if empty:
            self.stderr.write(f"{_rows(empty)} left out: the body was removed after the time that bodies are kept.")
        if dry_run:
            self._tell(replayable, count)
            return
        opened = self._open(replayable, count)
        self.stdout.write(f"{_rows(opened)} opened again.")

    def _chosen(self, options: dict[str, Any]) -> WebhookEventQuerySet:
        """Every filter that was given holds. Raises CommandError where none was."""
        filters = {
            "id": lambda rows, ids: rows.filter(pk__in=ids),
            "failed": lambda rows, _: rows.parked(),
            "since": lambda rows, text: rows.filter(received_at__gte=_moment(text)),
            "until": lambda rows, text: rows.filter(received_at__lt=_moment(text)),
            "kind": lambda rows, kind: rows.of_kind(kind),
        }
        given = {name: options[name] for name in filters if options.get(name)}
        if not given:
            names = ", ".join(f"--{name}" for name in filters)
            raise CommandError(f"Say which rows: {names}, or several of them together.")
        rows: WebhookEventQuerySet = WebhookEvent.objects.all()
        for name, value in given.items():
            rows = filters[name](rows, value)
        return rows

    def _tell(self, rows: WebhookEventQuerySet, count: int) -> None:
        self.stdout.write(f"{_rows(count)} would be opened again.")
        found = Counter(rows.values_list("status", "kinds"))
        for (status, kinds), number in sorted(found.items()):
            self.stdout.write(f"{number:>8}  {status.lower():<8} {kinds or 'not yet understood'}")

    def _open(self, rows: WebhookEventQuerySet, count: int) -> int:
        """In pieces, oldest first: the drain works on the first while the last are being opened."""
        last, opened = 0, 0
        while ids := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
            opened += replay(WebhookEvent.objects.filter(pk__in=ids))
            last = ids[-1]
            ring_drain()
            if count > CHUNK:
                self.stderr.write(f"{opened} of {count}")
        return opened


def _rows(count: int) -> str:
    return f"{count} webhook row{'' if count == 1 else 's'}"


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text) or parse_datetime(f"{text}T00:00")
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"{text!r} is not a time: write it like 2026-11-24T08:00+02:00 or 2026-11-24.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
