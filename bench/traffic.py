"""Messages written as the domain writes them, waited for, and checked one by one. Needs Django set up."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from bench.api import Api
from bench.installation import NUMBERS, WABA_ID
from integrations.models import PhoneNumber, WhatsAppTemplate
from integrations.whatsapp_templates import get_all_templates
from notifications.content import Address, TemplateContent
from notifications.models import Contact, DeliveryAttempt, DeliveryEvent, Notification
from notifications.services import notify
from tenants.services import default_tenant
from users.services import request_code

TEMPLATE = "transaction_received"
VARIABLES = {
    "amount_with_currency": "USD 25.00",
    "sender_name": "Tariro",
    "new_balance_with_currency": "USD 140.50",
    "transaction_id": "TX-2048",
}
ATTEMPTS = DeliveryAttempt._meta.db_table
# No recipient hears twice: a limit per recipient would hold back the second message.
_phones = (f"+26377{number:07}" for number in itertools.count(1_000_000))


def prepare() -> None:
    """Every template approved, and four numbers at the high level of throughput."""
    kept = ("name", "language", "category", "components")
    WhatsAppTemplate.objects.bulk_create(
        WhatsAppTemplate(waba_id=WABA_ID, status="APPROVED", **{field: one[field] for field in kept})
        for one in get_all_templates().values()
    )
    PhoneNumber.objects.bulk_create(
        PhoneNumber(waba_id=WABA_ID, phone_number_id=number, throughput_level="HIGH", status="CONNECTED")
        for number in NUMBERS
    )


def write(count: int, lane: str = "transactional", at_commit: Callable[[], object] | None = None) -> float:
    """So many facts, each with its message, to as many people, in one transaction; when it was committed.

    `at_commit` is called after the commit and before any worker hears of it.
    """
    tenant = default_tenant()
    phones = list(itertools.islice(_phones, count))
    Contact.objects.bulk_create([Contact(tenant=tenant, phone=phone) for phone in phones], batch_size=5000)
    numbers = itertools.cycle(NUMBERS)
    committed: list[float] = []
    with transaction.atomic():
        if at_commit:
            transaction.on_commit(at_commit)
        transaction.on_commit(lambda: committed.append(time.time()))
        for phone in phones:
            notify(
                "transaction_completed",
                to=Address(phone=phone),
                content=TemplateContent(TEMPLATE, VARIABLES),
                tenant=tenant,
                sender=next(numbers),
                lane=lane,
            )
    return committed[0]


def ask_for_code() -> None:
    request_code(next(_phones))


def wait(longest: float, step: float = 0.2) -> None:
    """Until nothing is on its way any more."""
    until = time.monotonic() + longest
    while is_busy():
        if time.monotonic() > until:
            raise SystemExit(f"Not everything was sent within {longest:.0f} s: {left()}")
        time.sleep(step)


def is_busy(lane: str = "") -> bool:
    """Whether anything, or anything of this lane, is due or on its way."""
    of_lane = "lane = %(lane)s AND" if lane else ""
    # Each half has its partial index.
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM {ATTEMPTS} WHERE {of_lane} state = 'PENDING' AND hold = '') OR EXISTS"  # noqa: S608
            f" (SELECT 1 FROM {ATTEMPTS} WHERE {of_lane} state IN ('CLAIMED', 'SENDING'))",
            {"lane": lane},
        )
        return cursor.fetchone()[0]


def left() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT state || hold, count(*) FROM {ATTEMPTS} GROUP BY 1")  # noqa: S608
        return dict(cursor.fetchall())


def own_backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def newest() -> int:
    return Notification.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def last_recorded(after: int) -> float:
    """When the last message after this id was recorded as sent."""
    events = DeliveryEvent.objects.filter(attempt__notification_id__gt=after, kind="accepted")
    return events.order_by("-recorded_at").values_list("recorded_at", flat=True)[0].timestamp()


def verify(api: Api, count: int, after: int) -> dict[str, Any]:
    """Every message sent exactly once, and all of its history there; what the stand-in says."""
    told = api.ask(forget=True)
    sent = Notification.objects.filter(pk__gt=after, status="SENT", sent_at__isnull=False)
    attempts = DeliveryAttempt.objects.filter(notification_id__gt=after)
    events = DeliveryEvent.objects.filter(attempt__notification_id__gt=after, kind="accepted")
    found = {
        "requests": told["messages"],
        "different messages": told["distinct"],
        "messages sent": sent.count(),
        "wamids": sent.values("whatsapp_message_id").distinct().count(),
        "attempts": attempts.count(),
        "attempts sent": attempts.filter(state="SENT", departed_at__isnull=False).exclude(wamid="").count(),
        "accepted events": events.count(),
    }
    if wrong := {name: number for name, number in found.items() if number != count}:
        raise SystemExit(f"{count} messages were written, but: {wrong}")
    return told
