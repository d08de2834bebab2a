"""From `notify` to the person's phone and back. Functions, not a TestCase: `manage.py test` has no `cloud_api`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import WhatsAppTemplate
from integrations.tests.samples import creations
from integrations.webhook_inbox import drain
from integrations.whatsapp.transport import reset_pool
from notifications.delivery import deliver
from notifications.models import DeliveryAttempt, DeliveryEvent, Notification
from notifications.services import notify
from notifications.tasks import ask_history
from notifications.tests.outside import DEPOSIT, PHONE

pytestmark = pytest.mark.django_db
WEBHOOK = "/api/v1/whatsapp/webhook"


@pytest.fixture
def meta(cloud_api: Any, settings: Any) -> Iterator[Any]:
    """Our templates are approved on both sides, and webhooks wait to be handed to the view."""
    for name, value in cloud_api.environment().items():
        setattr(settings, name, value)
    for creation in creations().values():
        template = cloud_api.templates.add(**creation)
        WhatsAppTemplate.objects.create(
            waba_id=cloud_api.waba_id,
            name=template.name,
            language=template.language,
            category=template.category,
            status=template.status,
        )
    cloud_api.receiver = cloud_api.webhooks.collect()
    yield cloud_api
    reset_pool()


def deposit() -> Notification:
    return notify("transaction_completed", phone_number=PHONE, template_name="deposit_confirmed", variables=DEPOSIT)


def take_webhooks(meta: Any, client: Any) -> None:
    meta.webhooks.settled()
    for post in meta.receiver.posts:
        assert client.post(WEBHOOK, post.body, "application/json", headers=post.headers).status_code == 200
    meta.receiver.posts.clear()
    while not drain().empty:
        pass


def test_message_is_read_in_the_end(meta: Any, client: Any) -> None:
    message = deposit()
    deliver()
    assert "USD 25.00" in meta.person(PHONE).inbox.one(template="deposit_confirmed").text
    take_webhooks(meta, client)
    message.refresh_from_db()
    assert message.status == "READ"


def test_phone_that_is_off_gets_it_later(meta: Any, client: Any) -> None:
    meta.person(PHONE).goes_offline()
    message = deposit()
    deliver()
    take_webhooks(meta, client)
    message.refresh_from_db()
    assert message.status == "SENT"
    meta.person(PHONE).comes_back()
    take_webhooks(meta, client)
    message.refresh_from_db()
    assert message.status == "READ"


def test_message_whose_answer_was_lost_is_not_sent_twice(meta: Any, client: Any) -> None:
    message = deposit()
    with meta.faults.add("cut_after_accept"):
        deliver()
    take_webhooks(meta, client)
    deliver()
    message.refresh_from_db()
    assert message.status == "READ"
    meta.outbox.one(to=PHONE)


def test_failure_says_why(meta: Any, client: Any) -> None:
    meta.person(PHONE).fails_with(131026)
    message = deposit()
    deliver()
    take_webhooks(meta, client)
    message.refresh_from_db()
    assert (message.status, message.error_code) == ("FAILED", 131026)


def test_message_whose_webhooks_were_lost_is_brought_up_to_date_by_asking(meta: Any) -> None:
    message = deposit()
    deliver()
    meta.webhooks.settled()
    DeliveryAttempt.objects.update(sent_at=timezone.now() - timedelta(hours=2))
    ask_history()
    message.refresh_from_db()
    assert message.status == "READ"
    assert {event.kind for event in DeliveryEvent.objects.filter(source="history")} == {"sent", "delivered", "read"}
