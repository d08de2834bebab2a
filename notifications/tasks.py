"""Doors for Celery: each names a lane or nothing, the work itself is found in the database."""

from __future__ import annotations

from celery import shared_task

from notifications import delivery, watchers
from notifications.sweep import sweep as put_right


@shared_task(ignore_result=True)
def deliver(lane: str) -> None:
    """A bell for `lane`; whoever hears it serves every lane, codes first."""
    delivery.deliver()


@shared_task(ignore_result=True)
def sweep() -> None:
    """The beat's tick: put right what was left behind and send what no bell rang for."""
    if put_right():
        delivery.deliver()


@shared_task(ignore_result=True)
def watch_delivery() -> None:
    """Look for what the operators should know."""
    watchers.watch()
