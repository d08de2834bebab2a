"""Raising and resolving alerts: once per cause, from anywhere, without ever making the caller wait for a lock.

Every change of a cause's alert holds an advisory lock of that cause. Inside the caller's transaction nobody waits
for it: what cannot be written now is written after the commit. So an alert can take part in no deadlock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from tenants.models import AlertNotice, OperatorAlert, Tenant
from tenants.notices import write_notices
from tenants.redaction import redact, redact_tree

AUTOMATIC = "automatic"
CAUSE_LENGTH = 200


class AlreadyOpen(ValueError):
    """The cause was raised anew since: its open alert stands for this one too."""


@dataclass(frozen=True, slots=True)
class _Sighting:
    """What was seen of a cause, ready to be kept."""

    cause: str
    at: datetime
    facts: dict[str, Any]

    def unsaved(self) -> OperatorAlert:
        return OperatorAlert(cause=self.cause, first_seen=self.at, last_seen=self.at, **self.facts)


def raise_alert(
    cause: str,
    *,
    summary: str,
    what_to_do: str,
    severity: str = OperatorAlert.Severity.ERROR,
    tenant: Tenant | None = None,
    details: Mapping[str, Any] | None = None,
) -> OperatorAlert:
    """Tell the operators of something they should mend; returns the open alert of this cause.

    `cause` is a stable key of up to 200 characters that names the thing too, such as
    `template.paused:otp_verification`. The first call opens the alert and tells the operators; later ones
    count and refresh the words. Texts and `details` are redacted. Works inside and outside a transaction;
    with the caller's rollback the alert is gone too. The alert returned is unsaved only where another
    transaction opens the same cause at this moment; it is then counted after the caller's commit.

    Raises ValueError for an empty or too long cause and for an unknown severity.
    """
    if not cause or len(cause) > CAUSE_LENGTH:
        raise ValueError(f"A cause has 1 to {CAUSE_LENGTH} characters, not {len(cause)}.")
    if severity not in OperatorAlert.Severity.values:
        raise ValueError(f"Unknown severity {severity!r}: use {', '.join(OperatorAlert.Severity.values)}.")
    facts = {
        "severity": severity,
        "summary": redact(summary),
        "what_to_do": redact(what_to_do),
        "tenant": tenant,
        "details": redact_tree(dict(details or {})),
    }
    sighting = _Sighting(cause, timezone.now(), facts)
    return _holding(cause, lambda: _record(sighting)) or sighting.unsaved()


def resolve_alert(cause: str, *, by: str = "") -> bool:
    """Close the open alert of this cause and tell the operators; False when there is none.

    `by` names the operator; empty: it went away by itself. Cheap when nothing is open.
    """
    if not OperatorAlert.objects.filter(cause=cause, resolved_at=None).exists():
        return False
    _holding(cause, lambda: _resolve(cause, by or AUTOMATIC))
    return True


def reopen_alert(alert: OperatorAlert) -> None:
    """Open a resolved alert again, an operator's decision. Raises AlreadyOpen where the cause has an open one."""
    with transaction.atomic():
        _hold_cause(alert.cause, wait=True)
        if OperatorAlert.objects.filter(cause=alert.cause, resolved_at=None).exclude(pk=alert.pk).exists():
            raise AlreadyOpen(f"{alert.cause} was raised again since: see its open alert.")
        OperatorAlert.objects.filter(pk=alert.pk).update(resolved_at=None, resolved_by="")


def _holding(cause: str, act: Callable[[], OperatorAlert | None]) -> OperatorAlert | None:
    """`act` while nobody else touches this cause; where somebody does, after the caller's commit (None then)."""
    alone = not connection.in_atomic_block
    with transaction.atomic():
        held = _hold_cause(cause, wait=alone)
        done = act() if held else None
    if not held:
        transaction.on_commit(lambda: _holding(cause, act), robust=True)
    return done


def _hold_cause(cause: str, *, wait: bool) -> bool:
    """Have the cause to ourselves until the transaction ends. SQLite's transactions are serial anyway."""
    if connection.vendor != "postgresql":
        return True
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [f"alert {cause}"])
        return cursor.fetchone()[0] is not False


def _record(sighting: _Sighting) -> OperatorAlert:
    alert = OperatorAlert.objects.filter(cause=sighting.cause, resolved_at=None).first()
    if alert is None:
        alert = sighting.unsaved()
        alert.save(force_insert=True)
        write_notices(alert, AlertNotice.Kind.RAISED)
        return alert
    for name, value in sighting.facts.items():
        setattr(alert, name, value)
    alert.count, alert.last_seen = alert.count + 1, max(alert.last_seen, sighting.at)
    alert.save(update_fields=["count", "last_seen", *sighting.facts])
    return alert


def _resolve(cause: str, by: str) -> OperatorAlert | None:
    alert = OperatorAlert.objects.filter(cause=cause, resolved_at=None).first()
    if alert:
        alert.resolved_at, alert.resolved_by = timezone.now(), by[:150]
        alert.save(update_fields=["resolved_at", "resolved_by"])
        write_notices(alert, AlertNotice.Kind.RESOLVED)
    return alert
