"""Whom an export or an erasure is about, and which of our rows are theirs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet

from integrations.phone import to_e164
from notifications.models import (
    ArchivedNotification,
    Contact,
    DeliveryAttempt,
    InboundMessage,
    Notification,
    ShelvedStatus,
)
from notifications.pseudonyms import pseudonym
from tenants.services import default_tenant


@dataclass(frozen=True, slots=True)
class Person:
    """A number and what hangs on it. `user_ids` are primary keys of AUTH_USER_MODEL."""

    phone: str
    pseudonym: str
    user_ids: tuple[int, ...] = ()
    bsuids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    @property
    def digits(self) -> str:
        """The number as Meta writes it."""
        return self.phone.removeprefix("+")


def find(number: str) -> Person:
    """The person behind a number in any spelling; without a country code it is read as of the default tenant.

    Raises InvalidPhoneNumber. Somebody of whom nothing is held is a Person too.
    """
    phone = to_e164(number, default_tenant().country)
    contacts = list(Contact.objects.filter(phone=phone))
    users = {contact.user_id for contact in contacts if contact.user_id}
    with suppress(ObjectDoesNotExist):
        users.add(get_user_model()._default_manager.get_by_natural_key(phone).pk)
    return Person(
        phone,
        pseudonym("phone", phone),
        tuple(sorted(users)),
        tuple(sorted({contact.bsuid for contact in contacts if contact.bsuid})),
        tuple(sorted({contact.email for contact in contacts if contact.email})),
    )


def contacts_of(person: Person) -> QuerySet[Contact]:
    return Contact.objects.filter(Q(phone=person.phone) | Q(user_id__in=person.user_ids)).order_by("pk")


def messages_of(person: Person) -> QuerySet[Notification]:
    """Those to the number, to its pseudonym, to the user, and to further addresses without a number."""
    elsewhere = Q(recipient_bsuid__in=person.bsuids) | Q(recipient_email__in=person.emails)
    theirs = Q(recipient_phone__in=(person.phone, person.pseudonym)) | Q(recipient_id__in=person.user_ids)
    if person.bsuids or person.emails:
        theirs |= Q(recipient_phone="") & elsewhere
    return Notification.objects.filter(theirs).order_by("pk")


def archived_of(person: Person) -> QuerySet[ArchivedNotification]:
    theirs = Q(recipient_phone__in=(person.phone, person.pseudonym)) | Q(recipient_id__in=person.user_ids)
    return ArchivedNotification.objects.filter(theirs).order_by("pk")


def shelved_of(person: Person) -> QuerySet[ShelvedStatus]:
    wamids = DeliveryAttempt.objects.filter(notification__in=messages_of(person)).exclude(wamid="").values("wamid")
    return ShelvedStatus.objects.filter(Q(wamid__in=wamids) | Q(details__recipient_user_id__in=person.bsuids)).order_by(
        "pk"
    )


def inbound_of(person: Person) -> QuerySet[InboundMessage]:
    """What they wrote to us, oldest first; what was blanked before is nobody's."""
    return InboundMessage.objects.filter(contact__in=contacts_of(person)).order_by("pk")
