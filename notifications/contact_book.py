"""What Meta tells of people: their ids within WhatsApp, their moves to another number. One row for one person."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.utils import timezone

from integrations.phone import InvalidPhoneNumber, mask, to_e164
from integrations.signals import contact_moved, message_received, message_status_changed
from integrations.whatsapp.webhooks import ContactMoved, IncomingMessage, MessageStatus
from notifications.models import Contact
from tenants.services import default_tenant

logger = logging.getLogger(__name__)

#: Where two rows become one, the later of each; a stop of either holds.
_LATEST = (
    "marketing_stopped_at", "marketing_capped_until", "undeliverable_at", "last_inbound_at", "stop_said_at",
    "messages_stopped_at",
)  # fmt: skip
_FILLED_IN = ("name", "email", "language", "bsuid", "phone")


@receiver(message_status_changed)
def learn_from_statuses(events: Sequence[MessageStatus], **_: Any) -> None:
    learn_ids(
        {
            event.recipient_id: event.recipient_user_id
            for event in events
            if event.recipient_id and event.recipient_user_id and event.recipient_type != "group"
        }
    )


@receiver(message_received)
def learn_from_messages(events: Sequence[IncomingMessage], **_: Any) -> None:
    """Whoever writes without showing a number is known by the id alone, and has opened a window too."""
    learn_ids({event.sender: event.sender_user_id for event in events if event.sender and event.sender_user_id})
    hidden = [event for event in events if event.sender_user_id and not event.sender]
    tenant = default_tenant() if hidden else None
    for event in sorted(hidden, key=lambda one: (one.sender_user_id, _when(one))):
        at = _when(event)
        contacts = Contact.objects.filter(bsuid=event.sender_user_id)
        if not contacts.exists():
            Contact.objects.get_or_create(
                tenant=tenant, bsuid=event.sender_user_id[:140], defaults={"name": event.profile_name[:200]}
            )
        contacts.filter(Q(last_inbound_at=None) | Q(last_inbound_at__lt=at)).update(last_inbound_at=at)


def learn_ids(user_ids: Mapping[str, str]) -> None:
    """Digits of numbers -> business-scoped ids: fill in those of contacts that have none yet.

    A row that was known by the id alone becomes one with the number's. One statement where there is nothing to learn.
    """
    by_phone = {f"+{digits}": user_id for digits, user_id in user_ids.items() if digits and user_id}
    if not by_phone:
        return
    unknown = Contact.objects.filter(phone__in=by_phone, bsuid=None)
    # Another drain may be at the same person: the next status tells again.
    for contact in unknown.select_for_update(skip_locked=True).order_by("tenant_id", "phone"):
        user_id = by_phone[contact.phone or ""][:140]
        other = Contact.objects.filter(tenant_id=contact.tenant_id, bsuid=user_id).first()
        if other is None:
            Contact.objects.filter(pk=contact.pk).update(bsuid=user_id, updated_at=timezone.now())
        elif other.phone is None:
            merge(contact, other)


@receiver(contact_moved)
def follow_moves(events: Sequence[ContactMoved], **_: Any) -> None:
    for event in sorted(events, key=_when):
        try:
            new_phone = to_e164(f"+{event.new_number}") if event.new_number else ""
        except InvalidPhoneNumber:
            logger.warning("A person moved to %s, which is no phone number: not followed", mask(event.new_number))
            continue
        for contact in _movers(event):
            if not _is_old_news(contact, _when(event)):
                move(contact, new_phone, event.new_user_id[:140], _when(event))


def move(contact: Contact, phone: str, user_id: str, at: datetime) -> None:
    """Give a contact another number, or another id where `phone` is empty. History and consents stay with it.

    Whoever stood at the new number or id becomes one with it; somebody with an account of their own keeps their row
    and loses the number.
    """
    for other in _in_the_way(contact, phone, user_id):
        if other.user_id and other.user_id != contact.user_id:
            _take_address(other, phone, user_id, at)
        else:
            merge(contact, other, consents=False)
    if phone:
        logger.info("Contact %s moved from %s to %s", contact.pk, mask(contact.phone or ""), mask(phone))
        contact.previous_phone, contact.phone, contact.phone_changed_at = contact.phone or "", phone, at
        # It could not be reached at the old number. The id belongs to the number: Meta gives another.
        contact.undeliverable_at, contact.bsuid = None, user_id or None
    else:
        contact.bsuid = user_id
    contact.save()


def merge(kept: Contact, other: Contact, *, consents: bool = True) -> None:
    """Make one row of two, and save it. What points at `other` points at `kept` then.

    Without `consents` the other's consent to marketing does not count: they may be another person. A stop always does.
    """
    for relation in Contact._meta.related_objects:
        if relation.one_to_many:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: other})
            rows.update(**{relation.field.name: kept})
    for name in _FILLED_IN:
        setattr(kept, name, getattr(kept, name) or getattr(other, name))
    for name in _LATEST:
        setattr(kept, name, max(filter(None, (getattr(kept, name), getattr(other, name))), default=None))
    if consents and _consented_at(other) > _consented_at(kept):
        kept.marketing_consent, kept.marketing_consent_at = other.marketing_consent, other.marketing_consent_at
    kept.user_id = kept.user_id or other.user_id
    other.delete()
    kept.save()


def _movers(event: ContactMoved) -> list[Contact]:
    """One row of each tenant: by the number, else by the id alone."""
    locked = Contact.objects.select_for_update().order_by("tenant_id", "pk")
    found = list(locked.filter(phone=f"+{event.sender}")) if event.sender else []
    if not event.sender_user_id:
        return found
    by_id = locked.filter(bsuid=event.sender_user_id).exclude(tenant_id__in=[one.tenant_id for one in found])
    # Where both are told, somebody with the id at another number is not who moved.
    return [*found, *(by_id.filter(phone=None) if event.sender else by_id)]


def _is_old_news(contact: Contact, at: datetime) -> bool:
    """The number may have gone to somebody else since: a replay must not move them."""
    since = contact.last_inbound_at or contact.created_at
    return since > at or (contact.phone_changed_at is not None and contact.phone_changed_at >= at)


def _in_the_way(contact: Contact, phone: str, user_id: str) -> list[Contact]:
    there = Q(phone=phone) if phone else Q(pk=None)
    there |= Q(bsuid=user_id) if user_id else Q(pk=None)
    others = Contact.objects.filter(there, tenant_id=contact.tenant_id).exclude(pk=contact.pk)
    return list(others.select_for_update().order_by("pk"))


def _take_address(other: Contact, phone: str, user_id: str, at: datetime) -> None:
    if phone and other.phone == phone:
        other.previous_phone, other.phone, other.phone_changed_at = phone, None, at
    if user_id and other.bsuid == user_id:
        other.bsuid = None
    other.save()


def _consented_at(contact: Contact) -> float:
    return contact.marketing_consent_at.timestamp() if contact.marketing_consent_at else 0.0


def _when(event: IncomingMessage | ContactMoved) -> datetime:
    return event.timestamp or timezone.now()
