from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from wallets.models import Transaction
from wallets.services import announce

logger = logging.getLogger(__name__)

SWEEP_WINDOW = timedelta(days=1)


@shared_task(name="wallets.tasks.find_unannounced")
def find_unannounced() -> int:
    """Tell receivers again of the last day's transactions that one of them failed to take; how many now succeeded.

    A row is seen here only after its commit, so what stands unannounced was tried and failed.
    """
    since = timezone.now() - SWEEP_WINDOW
    due = Transaction.objects.filter(announced_at=None, created_at__gte=since).order_by("created_at")
    announced = [pk for pk in due.values_list("pk", flat=True) if _announce_again(pk)]
    if announced:
        logger.warning("Announced %d transactions whose first announcement had failed", len(announced))
    return len(announced)


def _announce_again(pk: int) -> bool:
    with transaction.atomic():
        rows = Transaction.objects.select_for_update(skip_locked=True, no_key=True)
        moved = rows.filter(pk=pk, announced_at=None).first()
        if moved is None:
            return False
        announce(moved)
        return moved.announced_at is not None
