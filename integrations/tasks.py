from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from integrations import webhook_counters
from integrations.bell import ring
from integrations.exceptions import Misconfigured, WhatsAppError
from integrations.models import WhatsAppConfig, WhatsAppTemplate
from integrations.number_sync import refresh_numbers
from integrations.services import WhatsAppClient
from integrations.template_sync import refresh_statuses
from integrations.webhook_inbox import drain

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
TEMPLATES_AGE = timedelta(hours=1)
#: Statuses that may be others at the next look.
AWAITED = (WhatsAppTemplate.Status.PENDING, WhatsAppTemplate.Status.PAUSED)


def ring_drain() -> bool:
    """Wake the drain, without waiting for the broker's answer."""
    return ring("integrations.tasks.drain_webhooks", "webhooks", wait=0)


@shared_task(ignore_result=True)
def drain_webhooks() -> None:
    """Drain until nothing is open; after DRAIN_SECONDS hand on to the next task."""
    until = time.monotonic() + DRAIN_SECONDS
    while not drain().empty:
        if time.monotonic() >= until:
            ring_drain()
            return


@shared_task(ignore_result=True)
def judge_refused_webhooks() -> None:
    """Tell the operators when the webhook's address is flooded, and when that is over."""
    webhook_counters.judge()


@shared_task(ignore_result=True)
def poll_templates() -> None:
    """Ask Meta for the templates' statuses when one waits for a verdict, is paused or refused, or was not
    looked at for an hour."""
    credentials = WhatsAppConfig.objects.current_credentials()
    if not (credentials.complete and credentials.waba_id):
        return
    stale = Q(last_synced_at__isnull=True) | Q(last_synced_at__lt=timezone.now() - TEMPLATES_AGE)
    waiting = Q(status__in=AWAITED) | Q(refused_at__isnull=False)
    if WhatsAppTemplate.objects.filter(waiting | stale).exists():
        _read("Template statuses", lambda: refresh_statuses(WhatsAppClient(credentials)))


@shared_task(ignore_result=True)
def poll_numbers() -> None:
    """Ask Meta how the sending numbers are."""
    credentials = WhatsAppConfig.objects.current_credentials()
    if credentials.complete and credentials.waba_id:
        _read("Sending numbers", lambda: refresh_numbers(WhatsAppClient(credentials)))


def _read(what: str, read: Callable[[], object]) -> None:
    try:
        read()
    except WhatsAppError as error:
        logger.warning("%s could not be read from Meta: %s", what, error.operator_message)
    except Misconfigured as error:
        logger.warning("%s cannot be read from Meta: %s", what, error)
