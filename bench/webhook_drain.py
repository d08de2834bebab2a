"""Statuses folded per second by the drain, history and signals included, over getting and saving a row for each."""

from __future__ import annotations

import argparse
import itertools
import sys
import time

from bench import webhook_bodies
from bench.installation import NUMBERS, Installation, installation
from bench.report import Figure, arguments, report

BAR = 12
_places = itertools.count(1)


def on_the_wire(count: int) -> list[tuple[str, str]]:
    """So many messages that Meta took; wamid and callback data of each."""
    from django.utils import timezone

    from notifications.models import DeliveryAttempt, Notification
    from notifications.tokens import callback_data
    from tenants.services import default_tenant

    now, tenant = timezone.now(), default_tenant()
    facts = {"tenant": tenant, "lane": "transactional", "channel": "WHATSAPP", "sender": NUMBERS[0], "sent_at": now}
    wamids = [webhook_bodies.wamid(10**9 + next(_places)) for _ in range(count)]
    messages = Notification.objects.bulk_create(
        [
            Notification(event="bench", status="SENT", whatsapp_message_id=one, expires_at=now, **facts)
            for one in wamids
        ],
        batch_size=2000,
    )
    attempts = DeliveryAttempt.objects.bulk_create(
        [
            DeliveryAttempt(notification=message, state="SENT", wamid=message.whatsapp_message_id, **facts)
            for message in messages
        ],
        batch_size=2000,
    )
    return [(one.wamid, callback_data(one.token)) for one in attempts]


def drained(count: int, per_post: int) -> float:
    """Statuses per second; each message is sent, delivered and read, in that order over the whole."""
    from integrations.models import WebhookEvent
    from integrations.webhook_inbox import drain, store
    from notifications.models import DeliveryAttempt, DeliveryEvent

    known = on_the_wire(count)
    told = [
        webhook_bodies.status(wamid, word, data, time.time() + at)
        for at, word in enumerate(("sent", "delivered", "read"))
        for wamid, data in known
    ]
    for first in range(0, len(told), per_post):
        store(webhook_bodies.body(told[first : first + per_post]))
    before = DeliveryEvent.objects.count()
    began = time.perf_counter()
    while not drain().empty:
        pass
    seconds = time.perf_counter() - began
    read = DeliveryAttempt.objects.filter(wamid__in=[wamid for wamid, _ in known], state="READ").count()
    kept = DeliveryEvent.objects.count() - before
    if read != count or kept != len(told) or WebhookEvent.objects.exclude(status="DONE").exists():
        raise SystemExit(f"{count} messages: {read} read, {kept} of {len(told)} events.")
    return len(told) / seconds


def got_and_saved(count: int) -> float:
    """Statuses per second as a tutorial does it: look the message up, set, save. No history, no signal."""
    from notifications.models import Notification

    wamids = [wamid for wamid, _ in on_the_wire(count)]
    # By its key, which is the best case for it.
    keys = list(Notification.objects.filter(whatsapp_message_id__in=wamids).values_list("pk", flat=True))
    began = time.perf_counter()
    for key in keys:
        message = Notification.objects.get(pk=key)
        message.status = "DELIVERED"
        message.save()
    return count / (time.perf_counter() - began)


def measure(made: Installation, asked: argparse.Namespace) -> list[Figure]:
    rounds = [
        (got_and_saved(asked.naive), drained(asked.messages, 1), drained(asked.messages, 100))
        for _ in range(asked.rounds)
    ]
    return [
        Figure("one status per post: times get and save", [single / peer for peer, single, _ in rounds], BAR),
        Figure("100 statuses per post: times get and save", [many / peer for peer, _, many in rounds], BAR),
        Figure("one status per post: statuses/s", [single for _, single, _ in rounds]),
        Figure("100 statuses per post: statuses/s", [many for _, _, many in rounds]),
        Figure("get and save: statuses/s", [peer for peer, _, _ in rounds]),
    ]


def main() -> int:
    asked = arguments(__doc__, messages=5_000, naive=1_000, rounds=3).parse_args()
    if asked.quick:
        asked.messages, asked.naive, asked.rounds = 500, 200, 1
    with installation(LOG_LEVEL="WARNING") as made:
        found = measure(made, asked)
    return report(found, asked)


if __name__ == "__main__":
    sys.exit(main())
