"""Forgetting a person: call off what has not left, blank what was said, tell the apps above, leave an audit line."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from integrations.forgetting import bodies_naming, forget_bodies_naming
from integrations.models import WebhookEvent
from integrations.phone import mask
from notifications.blanking import TELLING, blank_archived, blank_inbound, blank_messages
from notifications.exceptions import PersonBusy
from notifications.models import Contact, DeliveryAttempt, Erasure, Notification
from notifications.people import Person, archived_of, contacts_of, inbound_of, messages_of, shelved_of
from notifications.signals import answers, person_erased
from notifications.states import NOT_ON_THE_WIRE, State
from notifications.transitions import Move, apply

logger = logging.getLogger(__name__)

CHUNK = 500
ERASED = "erased"


def preview(person: Person) -> dict[str, int]:
    """What an erasure would find here, by kind; apps above count only when it happens."""
    messages = messages_of(person)
    return {
        "contacts": contacts_of(person).count(),
        "messages": messages.filter(TELLING).count(),
        "pending": _attempts(person, NOT_ON_THE_WIRE).count(),
        "archived_messages": archived_of(person).filter(blanked_at=None).count(),
        "inbound_messages": inbound_of(person).count(),
        "webhook_bodies": bodies_naming(person.digits).count(),
        "users": len(person.user_ids),
    }


def erase(person: Person, *, by: str = "") -> dict[str, int]:
    """Forget the person, in one transaction; returns what was changed, by kind. A second run finds nothing.

    Messages that have not left are cancelled. States, times and counters stay, under a pseudonym. `by` is for
    the audit line. Raises PersonBusy, with nothing changed, while a message is on the wire.
    """
    with transaction.atomic():
        counts = Counter(cancelled=_call_off(person))
        counts["shelved_statuses"], _ = shelved_of(person).delete()
        counts["messages"] = _blank_messages(person)
        counts["archived_messages"] = _blank_archived(person)
        counts["inbound_messages"] = _blank_inbound(person)
        counts["contacts"] = _delete_contacts(person)
        counts["webhook_bodies"] = forget_bodies_naming(person.digits)
        for changed in answers(person_erased, Person, person=person):
            counts.update(changed)
        found = {kind: count for kind, count in counts.items() if count}
        if found or not Erasure.objects.filter(pseudonym=person.pseudonym).exists():
            Erasure.objects.create(pseudonym=person.pseudonym, by=by[:150], counts=found)
    logger.info("Erased %s, now %s: %s", mask(person.phone), person.pseudonym, found)
    return dict(counts)


def undrained(person: Person) -> int:
    """Webhooks about the person that are not understood yet: what they say is written when they are."""
    return bodies_naming(person.digits).exclude(status=WebhookEvent.Status.DONE).count()


def _call_off(person: Person) -> int:
    # Locked first: from here on none of them can leave.
    messages = messages_of(person)
    list(messages.select_for_update(of=("self",)).values_list("pk", flat=True))
    waiting = list(_attempts(person, NOT_ON_THE_WIRE).values_list("pk", flat=True))
    cancelled = apply([Move(pk, "cancel", reason="The person is forgotten.") for pk in waiting])
    if leaving := _attempts(person, (State.SENDING,)).count():
        raise PersonBusy(leaving)
    # Neither an unknown outcome nor an operator may bring one back.
    now = timezone.now()
    messages.filter(expires_at__gt=now).update(expires_at=now)
    return len(cancelled)


def _attempts(person: Person, states: Sequence[State] | frozenset[State]) -> QuerySet[DeliveryAttempt]:
    return DeliveryAttempt.objects.filter(notification__in=messages_of(person), state__in=states)


def _blank_messages(person: Person) -> int:
    ids = list(messages_of(person).filter(TELLING).values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        blank_messages(list(Notification.objects.filter(pk__in=ids[start : start + CHUNK]).order_by("pk")))
    return len(ids)


def _blank_archived(person: Person) -> int:
    done = 0
    while rows := list(archived_of(person).filter(blanked_at=None).select_for_update(of=("self",))[:CHUNK]):
        blank_archived(rows)
        done += len(rows)
    return done


def _blank_inbound(person: Person) -> int:
    done = 0
    while rows := list(inbound_of(person).select_for_update(of=("self",))[:CHUNK]):
        blank_inbound(rows)
        done += len(rows)
    return done


def _delete_contacts(person: Person) -> int:
    ids = list(contacts_of(person).values_list("pk", flat=True))
    forget_log_entries(Contact, ids)
    Contact.objects.filter(pk__in=ids).delete()
    # Somebody who had the number before.
    Contact.objects.filter(previous_phone=person.phone).update(previous_phone="")
    return len(ids)


def forget_log_entries(model: type[Model], ids: Sequence[int]) -> int:
    """The admin's log names rows as they were called then: take those names out. Returns how many."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_id__in=[str(pk) for pk in ids]
    )
    return entries.exclude(object_repr=ERASED).update(object_repr=ERASED)
