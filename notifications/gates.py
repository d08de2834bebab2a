"""What a message must pass before it may leave: one small pure function for each reason to keep it back.

A gate looks at a `Case` and returns None, or a verdict with a sentence for the operator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from integrations.models import PhoneNumber, WhatsAppTemplate
from integrations.whatsapp.parameters import Mismatch
from notifications.channels.base import Held, Skipped
from notifications.holds import template_ref
from notifications.models import Blockade, Contact, DeliveryAttempt, Notification
from notifications.states import Lane

if TYPE_CHECKING:
    from tenants.models import Tenant

WINDOW = timedelta(hours=24)
#: Our clock and Meta's differ, and the request takes its time.
WINDOW_MARGIN = timedelta(minutes=2)
#: Events of messages that answer somebody: a command's, an operator's.
REPLY, OPERATOR_REPLY = "reply", "operator_reply"
ANSWERS = frozenset({REPLY, OPERATOR_REPLY})
#: For so long bulk and marketing pass by somebody whom Meta could not reach.
UNREACHABLE_FOR = timedelta(days=7)

_Status = WhatsAppTemplate.Status
WHAT_TO_DO: dict[str, str] = {
    _Status.PENDING: "its messages wait until Meta approves it",
    _Status.IN_APPEAL: "its messages wait until Meta has decided",
    _Status.PAUSED: "Meta paused it for bad feedback: improve it, or wait for the end of the pause",
    _Status.REJECTED: "correct it as the reason says and submit it again",
    _Status.DISABLED: "Meta will not take it any more: create another under a new name",
    _Status.LIMIT_EXCEEDED: "the account holds too many templates: delete unused ones and submit it again",
    _Status.ARCHIVED: "take it out of the archive in WhatsApp Manager",
    _Status.PENDING_DELETION: "it is being deleted: create another under a new name",
    _Status.DELETED: "it was deleted: run manage.py sync_whatsapp_templates to create it anew",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One attempt with all that is known about it. `row` is the template's approved row in the language chosen,
    `rows` are all of its name; `wrote_at` is when the person last wrote to any of our numbers."""

    attempt: DeliveryAttempt
    now: datetime
    sender: str
    fingerprint: str = ""
    waba_id: str = ""
    problem: str = ""
    enabled: bool = True
    sender_is_ours: bool = True
    number: PhoneNumber | None = None
    contact: Contact | None = None
    wrote_at: datetime | None = None
    row: WhatsAppTemplate | None = None
    rows: Sequence[WhatsAppTemplate] = ()
    known_here: bool = True
    blockades: Mapping[str, Blockade] = field(default_factory=dict)

    @property
    def message(self) -> Notification:
        return self.attempt.notification

    @property
    def tenant(self) -> Tenant:
        return self.message.tenant

    @property
    def is_template(self) -> bool:
        return self.message.message_type == Notification.MessageType.TEMPLATE

    @property
    def is_marketing(self) -> bool:
        return self.row is not None and self.row.category == WhatsAppTemplate.Category.MARKETING

    @property
    def is_code(self) -> bool:
        return self.row is not None and self.row.category == WhatsAppTemplate.Category.AUTHENTICATION

    @property
    def window_is_open(self) -> bool:
        """Meta, Customer service windows: 24 hours from the person's last message."""
        return self.wrote_at is not None and self.now < self.wrote_at + WINDOW - WINDOW_MARGIN


Gate = Callable[[Case], Held | Skipped | None]


def channel_is_on(case: Case) -> Skipped | None:
    if case.enabled:
        return None
    return Skipped("WhatsApp is switched off: ENABLE_WHATSAPP_NOTIFICATIONS is false.")


def tenant_is_on(case: Case) -> Skipped | None:
    if case.tenant.is_active and case.tenant.whatsapp_enabled:
        return None
    return Skipped(f"WhatsApp is switched off for {case.tenant.name}.")


def credentials_are_there(case: Case) -> Held | None:
    return Held("credentials", case.fingerprint, case.problem) if case.problem else None


def sender_is_ours(case: Case) -> Skipped | None:
    if case.sender_is_ours:
        return None
    return Skipped(f"There are no credentials for the number {case.sender}.")


def number_is_connected(case: Case) -> Held | None:
    if case.number is None or case.number.can_send:
        return None
    return Held(
        "number",
        case.sender,
        f"The number {case.number} is {case.number.status} at Meta: mend it in WhatsApp Manager. "
        "Its messages go by themselves then.",
    )


def person_has_a_number(case: Case) -> Skipped | None:
    if case.message.recipient_phone:
        return None
    if case.message.recipient_bsuid and case.is_code:
        return Skipped("A login code needs the person's phone number; only an id within WhatsApp is known (131062).")
    if case.message.recipient_bsuid:
        return Skipped("Only an id within WhatsApp is known of this person: enter the phone number in the contact.")
    return Skipped("There is no phone number in E.164 to send to: correct the contact's number.")


def free_text_is_allowed(case: Case) -> Skipped | None:
    if case.is_template or case.window_is_open:
        return None
    last = f"last wrote at {case.wrote_at:%d %b %H:%M} UTC" if case.wrote_at else "never wrote to us"
    return Skipped(f"Free text reaches a person within 24 hours of their message, and they {last}: send a template.")


def template_is_approved(case: Case) -> Held | None:
    if not case.is_template or case.row is not None:
        return None
    name = case.message.template_name
    return Held("template", template_ref(name, case.waba_id, case.rows), _why_not(name, case.rows, case.known_here))


def _why_not(name: str, rows: Sequence[WhatsAppTemplate], known_here: bool) -> str:
    if not rows:
        known = "" if known_here else " and is not defined here"
        return f"Template {name} is not known at Meta{known}: run manage.py sync_whatsapp_templates."
    return f"Template {name} cannot be sent: {'; '.join(map(_state, rows))}."


def _state(row: WhatsAppTemplate) -> str:
    if row.is_usable:
        return f"it is approved only in {row.language}"
    if row.status == _Status.APPROVED:
        return f"Meta refuses it in {row.language}: {row.refused_reason.rstrip('.')}"
    reason = f" ({row.rejection_reason})" if row.rejection_reason else ""
    return f"it is {row.status} in {row.language}{reason}: {WHAT_TO_DO.get(row.status, 'look in WhatsApp Manager')}"


def messages_are_wanted(case: Case) -> Skipped | None:
    """A second STOP ends everything but codes and answers to what the person writes."""
    stopped = case.contact.messages_stopped_at if case.contact else None
    if stopped is None or case.is_code or case.attempt.lane == Lane.OTP or case.message.event in ANSWERS:
        return None
    return Skipped(
        f"The person ended our messages by STOP on {stopped:%d %b %Y}: only codes go until they write START."
    )


def marketing_is_wanted(case: Case) -> Skipped | None:
    if not case.is_marketing:
        return None
    contact = case.contact
    if contact is None or not contact.marketing_consent:
        return Skipped("A marketing template goes only to people who agreed to marketing messages.")
    stopped, agreed = contact.marketing_stopped_at, contact.marketing_consent_at
    if stopped and (agreed is None or agreed <= stopped):
        return Skipped(f"The person stopped marketing from us on {stopped:%d %b %Y}: only a new consent undoes it.")
    return None


def marketing_is_not_capped(case: Case) -> Skipped | None:
    until = case.contact.marketing_capped_until if case.contact else None
    if not case.is_marketing or until is None or until <= case.now:
        return None
    return Skipped(f"Meta lets no more marketing through to this person before {until:%d %b %H:%M} UTC (131049).")


def person_is_on_whatsapp(case: Case) -> Skipped | None:
    """Codes and transactional messages are always tried: Meta's reason may be gone, and they matter."""
    if not (case.is_marketing or case.attempt.lane == Lane.BULK):
        return None
    failed_at = case.contact.undeliverable_at if case.contact else None
    if failed_at is None or failed_at + UNREACHABLE_FOR <= case.now or (case.wrote_at and case.wrote_at > failed_at):
        return None
    until = failed_at + UNREACHABLE_FOR
    return Skipped(
        f"Meta could not reach this person on WhatsApp on {failed_at:%d %b} (131026): "
        f"bulk and marketing messages pass them by until {until:%d %b}."
    )


def meta_takes_what_we_send(case: Case) -> Held | None:
    for blockade in case.blockades.values():
        if blockade.recheck_at > case.now:
            again = f"One message tries again at {blockade.recheck_at:%H:%M} UTC."
        else:
            again = "One message is trying."
        since = f"{blockade.since:%d %b %H:%M} UTC"
        return Held("refused", blockade.ref, f"Meta has refused everything since {since}: {blockade.reason} {again}")
    return None


#: In this order; the first that objects decides.
GATES: tuple[Gate, ...] = (
    channel_is_on,
    tenant_is_on,
    credentials_are_there,
    sender_is_ours,
    number_is_connected,
    free_text_is_allowed,
    template_is_approved,
    person_has_a_number,
    messages_are_wanted,
    marketing_is_wanted,
    marketing_is_not_capped,
    person_is_on_whatsapp,
)


def objection(case: Case, gates: Sequence[Gate] = GATES) -> Held | Skipped | None:
    """The first gate's verdict that keeps the message back; None when it may be built."""
    return next((verdict for gate in gates if (verdict := gate(case))), None)


def values_fit(case: Case, found: Mismatch | None) -> Held | Skipped | None:
    """What `parameters.mismatch` found: for the template as a whole it waits, for this message it ends."""
    if found is None:
        return None
    name = case.message.template_name
    if not found.template:
        return Skipped(f"Template {name}: {found.sentence}, which Meta refuses.")
    ref = template_ref(name, case.waba_id, case.rows)
    return Held("template", ref, f"Template {name}: {found.sentence}. Sync, then compare both.")


def within_the_tier(case: Case, limit: str, room: int) -> Held | None:
    """Meta, Messaging limits: so many people a day may be written to outside their window. `room` is what is left
    of `limit` for bulk."""
    if case.attempt.lane != Lane.BULK or case.window_is_open or room > 0:
        return None
    return Held(
        "tier",
        limit,
        f"Meta lets this business write first to a number of people a day ({limit}), and it is reached: "
        "bulk messages go on as the day passes.",
    )
