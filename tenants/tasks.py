from __future__ import annotations

from celery import shared_task

from tenants.notices import tell_due


@shared_task(ignore_result=True)
def tell_operators() -> None:
    """The beat's tick: tell what alerts have left to be told."""
    tell_due()
