from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from notifications.archive import Progress, archive, default_cutoff, eligible, purge_keys
from notifications.late import keep_late_statuses


class Command(BaseCommand):
    help = "Move finished messages with their attempts and events into the archive. May be stopped and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--before", help="Only older messages: 2026-08-01. Default: ARCHIVE_AFTER_DAYS ago.")
        parser.add_argument("--limit", type=int, help="At most so many messages.")
        parser.add_argument("--dry-run", action="store_true", help="Only count what would be moved.")

    def handle(self, *args: Any, before: str | None, limit: int | None, dry_run: bool, **options: Any) -> None:
        cutoff = _moment(before) if before else default_cutoff()
        if cutoff is None:
            raise CommandError("ARCHIVE_AFTER_DAYS is 0, never: say --before DATE.")
        if dry_run:
            count = eligible(cutoff).count()
            count = count if limit is None else min(count, limit)
            self.stdout.write(f"{count} messages from before {cutoff:%Y-%m-%d %H:%M} UTC would be archived.")
            return
        try:
            done = archive(cutoff, limit=limit, tell=self._tell)
        except ValueError as error:
            raise CommandError(str(error)) from error
        late, keys = keep_late_statuses(), purge_keys()
        self.stdout.write(f"{done.moved} messages archived, {late} late statuses kept, {keys} old keys purged.")

    def _tell(self, progress: Progress) -> None:
        if progress.moved and not progress.finished:
            self.stdout.write(f"{progress.moved} moved, up to message {progress.last_id}")


def _moment(text: str) -> datetime:
    try:
        day = parse_date(text)
        moment = datetime.combine(day, time()) if day else parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"{text!r} is no date: write it like 2026-08-01.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
