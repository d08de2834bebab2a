"""The Celery application: queues, routes and the beat schedule.

A Celery message is a doorbell ("there is work in lane X"); the work itself stands in the database, so no
result is kept, nothing is retried by Celery, and a bell that nobody heard in 30 s is dropped.
"""

from __future__ import annotations

import os

from celery import Celery, signals
from kombu import Queue
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ovii_backend.settings")

BELL_LIFE_SECONDS = 30

TRANSPORT_ALIASES["filesystem"] = "ovii_backend.folder_broker:Transport"

app = Celery("ovii_backend")


def _transport_options(url: str, broker_dir: os.PathLike[str]) -> dict[str, object]:
    if url.startswith("filesystem"):
        folder = os.fspath(broker_dir)
        for name in ("messages", "control"):
            os.makedirs(os.path.join(folder, name), mode=0o700, exist_ok=True)
        messages = os.path.join(folder, "messages")
        return {
            "data_folder_in": messages,
            "data_folder_out": messages,
            "control_folder": os.path.join(folder, "control"),
            "polling_interval": 0.05,
        }
    if url.startswith("redis"):
        # A killed worker's messages come back after these, not after the default of about 100 s.
        return {"visibility_timeout": 60, "unacked_restore_interval": 1, "unacked_restore_throttle": 1}
    return {}


def _every(seconds: float) -> dict[str, object]:
    """A tick has a queue of its own: behind bells that nobody heard in time it would itself come too late."""
    return {"schedule": seconds, "options": {"expires": BELL_LIFE_SECONDS, "queue": "periodic"}}


def configure() -> None:
    from django.conf import settings

    app.conf.update(
        broker_url=settings.CELERY_BROKER_URL,
        broker_transport_options=_transport_options(settings.CELERY_BROKER_URL, settings.BROKER_DIR),
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,
        task_ignore_result=True,
        task_acks_late=True,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        task_default_queue="periodic",
        task_queues=[Queue(name) for name in ("otp", "transactional", "bulk", "webhooks", "periodic")],
        task_routes={"integrations.tasks.drain_webhooks": {"queue": "webhooks"}},
        # Celery closes the database connection around every task otherwise.
        CELERY_DB_REUSE_MAX=10_000,
        beat_schedule_filename=str(settings.VAR_DIR / "celerybeat-schedule"),
        beat_schedule={
            "sweep-outbox": {"task": "notifications.tasks.sweep", **_every(2)},
            "drain-webhooks": {"task": "integrations.tasks.drain_webhooks", **_every(2)},
            "judge-refused-webhooks": {"task": "integrations.tasks.judge_refused_webhooks", **_every(60)},
            "poll-templates": {"task": "integrations.tasks.poll_templates", **_every(300)},
            "tell-operators": {"task": "tenants.tasks.tell_operators", **_every(10)},
            "answer-people": {"task": "notifications.tasks.answer_people", **_every(5)},
            "fetch-media": {"task": "notifications.tasks.fetch_media", **_every(15)},
            "watch-delivery": {"task": "notifications.tasks.watch_delivery", **_every(30)},
            "ask-history": {"task": "notifications.tasks.ask_history", **_every(60)},
            "archive-messages": {"task": "notifications.tasks.archive_messages", **_every(300)},
            "forget-contents": {"task": "notifications.tasks.forget_contents", **_every(600)},
            "poll-numbers": {"task": "integrations.tasks.poll_numbers", **_every(600)},
            "find-unannounced-transactions": {"task": "wallets.tasks.find_unannounced", **_every(60)},
        },
        timezone="UTC",
    )


@signals.setup_logging.connect
def _leave_logging_to_django(**_: object) -> None:
    """Celery would set the root's level to its own --loglevel: successes, which are INFO, would not be seen."""


@signals.task_prerun.connect
def _drop_dead_connections(**_: object) -> None:
    """Reused connections outlive a restart of the database otherwise, and every task after it fails."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        # A task called in place (eager) runs inside its caller's transaction.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


configure()
app.autodiscover_tasks()
