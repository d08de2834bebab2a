"""Doors for Celery: each names a lane or nothing, the work itself is found in the database."""

from __future__ import annotations

from celery import shared_task

from notifications import answering, archive, delivery, history, late, media, retention, watchers
from notifications.sweep import sweep as put_right

RUN_SECONDS = 30


@shared_task(ignore_result=True)
def deliver(lane: str) -> None:
    """A bell for `lane`; whoever hears it serves that lane and every more urgent one, codes first."""
    delivery.deliver(lane)


@shared_task(ignore_result=True)
def sweep() -> None:
    """The beat's tick: put right what was left behind and send what no bell rang for."""
    if put_right():
        delivery.deliver()


@shared_task(ignore_result=True)
def watch_delivery() -> None:
    """Look for what the operators should know."""
    watchers.watch()


@shared_task(ignore_result=True)
def ask_history() -> None:
    """Ask Meta what became of messages that no webhook told of."""
    history.ask()


@shared_task(ignore_result=True)
def archive_messages() -> None:
    """Move what is over for half a minute; the next tick goes on."""
    if cutoff := archive.default_cutoff():
        archive.archive(cutoff, seconds=RUN_SECONDS)
    late.keep_late_statuses()
    archive.purge_keys()


@shared_task(ignore_result=True)
def forget_contents() -> None:
    """Blank what is older than its tenant keeps, for half a minute; the next tick goes on."""
    retention.blank_expired(seconds=RUN_SECONDS)


@shared_task(ignore_result=True)
def answer_people() -> None:
    """Take up what people wrote."""
    answering.answer_open()


@shared_task(ignore_result=True)
def fetch_media() -> None:
    """Fetch the files that people sent."""
    media.fetch_waiting()
