"""Facts from below become changes of our rows. Raising makes the drain try again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from integrations.models import WhatsAppConfig
from integrations.number_sync import NumberChange
from integrations.phone import InvalidPhoneNumber, to_e164
from integrations.querysets import forget_credentials
from integrations.signals import (
    chat_opened,
    marketing_preference_changed,
    message_edited,
    message_reacted,
    message_received,
    message_revoked,
    message_status_changed,
    phone_number_changed,
    template_status_changed,
)
from integrations.template_reviews import STATUS_OF_EVENT
from integrations.whatsapp.webhooks import (
    FromPerson,
    IncomingMessage,
    MarketingPreference,
    MessageStatus,
    TemplateReview,
)
from integrations.whatsapp_templates import get_template_structure
from notifications import alerts, blockades, doorbell, holds, inbound
from notifications.gates import WHAT_TO_DO
from notifications.holds import release
from notifications.models import Contact, DeliveryAttempt, InboundMessage
from notifications.receipts import apply_statuses
from notifications.refusals import keep_preference
from notifications.states import Lane
from tenants.services import default_tenant

# Statuses of a template that somebody has to do something about.
STOPPED = frozenset({"PAUSED", "DISABLED", "REJECTED", "LIMIT_EXCEEDED"})
# Somebody may have meant to end a template; one that is defined here is still sent.
ENDED = frozenset({"ARCHIVED", "PENDING_DELETION", "DELETED"})


@receiver(message_status_changed)
def fold_statuses(events: Sequence[MessageStatus], **_: Any) -> None:
    apply_statuses(events)


@receiver(template_status_changed)
def release_approved(events: Sequence[TemplateReview], **_: Any) -> None:
    approved = [event for event in events if event.event in ("APPROVED", "REINSTATED")]
    for event in approved:
        alerts.mended(alerts.template_cause(event.name, event.language))
    for event in events:
        if event.event in STOPPED or (event.event in ENDED and get_template_structure(event.name)):
            alerts.template_stopped(
                event.name,
                event.language,
                event.event,
                event.reason,
                WHAT_TO_DO[STATUS_OF_EVENT[event.event]],
                event.description,
            )
    names = {event.name for event in approved}
    held = DeliveryAttempt.objects.held().filter(hold="template").values_list("pk", "hold_ref")
    if ids := [pk for pk, ref in held if ref.partition(" ")[0] in names] if names else []:
        release(ids)
        for lane in Lane.values:
            doorbell.ring(lane)


@receiver(phone_number_changed)
def follow_numbers(events: Sequence[NumberChange], **_: Any) -> None:
    """A number that cannot send is told to the operators once; one that can again lets its messages go."""
    for event in events:
        if event.can_send:
            alerts.mended(alerts.number_cause(event.phone_number_id))
            holds.release_ref("number", event.phone_number_id)
            for ref in blockades.number_mended(event.phone_number_id):
                holds.release_ref("refused", ref)
        elif event.before and event.before != event.after:
            alerts.number_cannot_send(event.phone_number_id, event.shown, event.after)


@receiver(message_received)
def open_windows(events: Sequence[IncomingMessage], **_: Any) -> None:
    """Whoever writes opens a customer service window of 24 hours."""
    latest: dict[str, IncomingMessage] = {}
    for event in sorted((one for one in events if one.sender and one.timestamp), key=_when):
        latest[event.sender] = event
    tenant = default_tenant() if latest else None
    for sender, event in sorted(latest.items()):
        at = _when(event)
        try:
            phone = to_e164(f"+{sender}")
        except InvalidPhoneNumber:
            continue
        contact, _created = Contact.objects.get_or_create(
            tenant=tenant, phone=phone, defaults={"name": event.profile_name, "last_inbound_at": at}
        )
        if not contact.last_inbound_at or contact.last_inbound_at < at:
            Contact.objects.filter(pk=contact.pk).update(last_inbound_at=at)


@receiver(message_received)
def keep_messages(events: Sequence[IncomingMessage], **_: Any) -> None:
    inbound.keep(events)


@receiver((message_edited, message_revoked, message_reacted, chat_opened))
def keep_what_they_did(events: Sequence[FromPerson], **_: Any) -> None:
    inbound.keep_told(events)


@receiver(post_delete, sender=InboundMessage)
def drop_file(instance: InboundMessage, **_: Any) -> None:
    """Somebody deletes a contact in the admin: its messages go with it, and their files with them."""
    if instance.media_file.name:
        transaction.on_commit(partial(default_storage.delete, instance.media_file.name), robust=True)


@receiver(marketing_preference_changed)
def keep_preferences(events: Sequence[MarketingPreference], **_: Any) -> None:
    """Who stopped marketing at WhatsApp gets none from any tenant; resuming undoes just that."""
    for event in sorted(events, key=lambda one: one.timestamp or timezone.now()):
        keep_preference(event.sender, event.sender_user_id, event.timestamp or timezone.now(), wanted=event.wanted)


@receiver(post_save, sender=WhatsAppConfig)
def use_new_credentials(**_: Any) -> None:
    """Another row may be in force now: this process reads it anew, and what waited for it may go."""
    forget_credentials()
    transaction.on_commit(forget_credentials)


def _when(event: IncomingMessage) -> datetime:
    return event.timestamp or timezone.now()
