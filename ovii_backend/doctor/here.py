"""What can be seen from this machine: database, broker, limits, worker, beat, clocks, messages, alerts."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from integrations import buckets, checks
from integrations.models import PhoneNumber
from ovii_backend.celery import app
from ovii_backend.doctor.finding import Finding, fine, problem, unknown, warning
from ovii_backend.health import readiness
from tenants.models import OperatorAlert

PING_SECONDS = 1.5
# The beat has the numbers read every ten minutes.
BEAT_SHOWS_WITHIN = timedelta(minutes=25)
CLOCK_TOLERANCE_SECONDS = 5.0
RUN_WORKER = "celery -A ovii_backend worker -B"

_READY = {
    "database": ("Messages, webhooks and money live there: without it nothing works.", "Correct DATABASE_URL."),
    "migrations": ("The code expects tables and columns that are not there.", "python manage.py migrate"),
    "broker": ("Messages go out by the sweep only, seconds later than they could.", "Correct CELERY_BROKER_URL."),
}
_WHATSAPP = {
    "sending": (
        "No WhatsApp message leaves.",
        "Admin, WhatsApp Configurations; or WHATSAPP_… and ENABLE_WHATSAPP_NOTIFICATIONS in the environment.",
    ),
    "webhooks": (
        "Meta signs every post with the app secret and verifies the address with the token.",
        "Meta's App Dashboard: App settings, Basic, App secret. Enter it in the admin, WhatsApp Configurations, or set "
        "WHATSAPP_APP_SECRET and WHATSAPP_WEBHOOK_VERIFY_TOKEN.",
    ),
    "templates": ("Meta refuses a template that it has not approved.", "python manage.py sync_whatsapp_templates"),
    "delivery": ("Messages are late and may expire.", RUN_WORKER),
}


def foundations() -> list[Finding]:
    """Database, migrations, broker; nothing else can be asked where the first two fail."""
    return [problem(one.part, one.problem, *_READY[one.part]) if one.problem else fine(one.part) for one in readiness()]


def machinery(*, broker_works: bool) -> Iterator[Finding]:
    """What carries the work on."""
    yield _limits()
    if broker_works:
        yield _worker()
    yield _beat()
    yield _database_clock()


def messages(report: Mapping[str, Any], *, without: Collection[str] = ()) -> Iterator[Finding]:
    """What `whatsapp_health.report` says, with why it matters and what to do; parts in `without` are left out."""
    ill = {one["what"]: one["why"] for one in report["does_not_work"]}
    for part, (why, do) in _WHATSAPP.items():
        if part in without:
            continue
        if part in ill:
            yield problem(part, ill[part], why, do)
        elif part in report["works"]:
            yield fine(part)
    yield from alerts()


def alerts() -> Iterator[Finding]:
    rows = list(OperatorAlert.objects.filter(resolved_at=None).order_by("-last_seen"))
    if not rows:
        yield fine("alerts")
    for row in rows:
        kind = warning if row.severity == OperatorAlert.Severity.WARNING else problem
        yield kind("alerts", row.summary, f"Open since {row.first_seen:%d %b %H:%M} UTC ({row.cause}).", row.what_to_do)


def _limits() -> Finding:
    for message in (*checks.check_limits(), *checks.check_eviction()):
        return warning("limits", message.msg, "Meta's limits are kept there.", message.hint or "")
    # Asking for pauses takes nothing.
    buckets.paused(["app"])
    if buckets.degraded():
        return problem(
            "limits",
            "The Redis of the rate limits (RATE_LIMIT_URL) does not answer.",
            "Codes and transactional messages go on under this process's share of the limits, bulk messages wait.",
            "Start it, or empty RATE_LIMIT_URL to keep the limits in the database.",
        )
    return fine("limits", "in Redis" if settings.RATE_LIMIT_URL else "in the database")


def _worker() -> Finding:
    if app.conf.broker_url.startswith("memory"):
        return unknown("worker", "A broker in memory knows no other process.")
    try:
        alive = app.control.ping(timeout=PING_SECONDS)
    except (OperationalError, OSError) as error:
        return unknown("worker", f"The broker does not say ({type(error).__name__}).")
    if alive:
        return fine("worker", f"{len(alive)} answer{'s' if len(alive) == 1 else ''}")
    return problem(
        "worker", "No worker answers.", "Nobody sends messages nor understands webhooks: both only pile up.", RUN_WORKER
    )


def _beat() -> Finding:
    """The beat leaves no trace but its work: numbers are read whatever else happens."""
    latest = PhoneNumber.objects.order_by("-last_synced_at").values_list("last_synced_at", flat=True)
    seen = latest.exclude(last_synced_at=None).first()
    if seen is None:
        return unknown("beat", "It shows by the numbers that it has read every 10 minutes; none were read yet.")
    if seen > timezone.now() - BEAT_SHOWS_WITHIN:
        return fine("beat", f"last seen at work {seen:%H:%M} UTC")
    return warning(
        "beat",
        f"Numbers were last read at Meta at {seen:%d %b %H:%M} UTC: no beat runs, or Meta refuses.",
        "Without it workers sweep by themselves only every half minute; nothing is polled, archived or watched.",
        "Start exactly one: celery -A ovii_backend beat (a worker with -B has it).",
    )


def _database_clock() -> Finding:
    if connection.vendor != "postgresql":
        return fine("clock")
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXTRACT(EPOCH FROM clock_timestamp())")
        skew = float(cursor.fetchone()[0]) - time.time()
    return skewed("clock", skew, "the database's") or fine("clock")


def skewed(part: str, seconds: float, whose: str, tolerance: float = CLOCK_TOLERANCE_SECONDS) -> Finding | None:
    """A finding where our clock and another are more than `tolerance` seconds apart."""
    if abs(seconds) <= tolerance:
        return None
    return warning(
        part,
        f"This machine's clock and {whose} are {abs(seconds):.0f} s apart.",
        "Leases, expiry times and the order of events are compared across them.",
        "Let both follow NTP: timedatectl set-ntp true",
    )
