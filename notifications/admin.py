from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from integrations.phone import InvalidPhoneNumber, mask, to_e164
from integrations.pills import pill
from integrations.read_only import ReadOnlyAdmin
from notifications import (  # noqa: F401 (some register pages)
    archive_admin,
    blockades,
    decisions,
    inbound_admin,
    story,
    strangers,
)
from notifications.conversation_admin import ConversationPages
from notifications.exceptions import NotRetryable, NotUncertain
from notifications.filters import HoldFilter, ProofFilter, TemplateFilter
from notifications.forms import ContactForm
from notifications.holds import release_ref
from notifications.models import Blockade, Contact, DeliveryAttempt, Notification, ShelvedStatus
from notifications.pseudonyms import is_pseudonym
from notifications.services import retry
from notifications.states import CALLED_OFF, Lane, State
from tenants.services import default_tenant

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Decision:
    """What an operator may do with messages, and how the pages and the log put it."""

    act: Callable[[Notification], object]
    logged: str
    one: str
    many: str


AGAIN = Decision(retry, "Tried again.", "The message goes again.", "{} messages go again.")
SENT = Decision(
    decisions.treat_as_sent, "Treated as sent.", "The message counts as sent.", "{} messages count as sent."
)
GIVEN_UP = Decision(decisions.give_up, "Given up.", "The message is given up.", "{} messages are given up.")


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "status_pill", "created", "to", "content", "reason", "sent", "delivered", "read", "lane",
    )  # fmt: skip
    list_display_links = ("id", "content")
    list_filter = ("status", HoldFilter, ProofFilter, "lane", TemplateFilter, "tenant", "created_at")
    list_select_related = ("tenant",)
    search_fields = ("id",)
    search_help_text = "A whole number in any spelling, a wamid, or an id."
    ordering = ("-id",)
    sortable_by = ("id",)
    fields = ("event",)
    actions = ("try_again", "treat_as_sent", "give_up")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Notification], search_term: str
    ) -> tuple[QuerySet[Notification], bool]:
        """Exact matches alone: each of them has an index."""
        return (queryset.filter(_sought(term)) if (term := search_term.strip()) else queryset), False

    @admin.display(description="Created")
    def created(self, row: Notification) -> str:
        moment = timezone.localtime(row.created_at)
        return f"{moment:%H:%M}" if moment.date() == timezone.localdate() else f"{moment:%d %b %H:%M}"

    @admin.display(description="To")
    def to(self, row: Notification) -> str:
        return mask(row.recipient_phone) if row.recipient_phone else _hidden(row.recipient_email or row.recipient_bsuid)

    @admin.display(description="Message")
    def content(self, row: Notification) -> str:
        return row.template_name or Truncator(row.body).chars(40)

    @admin.display(description="Status")
    def status_pill(self, row: Notification) -> SafeString:
        return pill(story.TONES[State(row.status)], row.get_status_display())

    @admin.display(description="Reason")
    def reason(self, row: Notification) -> SafeString | str:
        if not row.error_message:
            return ""
        short = Truncator(row.error_message).chars(90)
        return format_html('<span class="reason" title="{}">{}</span>', row.error_message, short)

    @admin.display(description="Sent")
    def sent(self, row: Notification) -> str:
        return _clock(row.sent_at)

    @admin.display(description="Delivered")
    def delivered(self, row: Notification) -> str:
        return _clock(row.delivered_at)

    @admin.display(description="Read")
    def read(self, row: Notification) -> str:
        return _clock(row.read_at)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<int:pk>/{word}/", self.admin_site.admin_view(view), name=f"notifications_notification_{word}")
            for word, view in (("retry", self.retry_view), ("sent", self.sent_view), ("given-up", self.given_up_view))
        ]
        return own + super().get_urls()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return super().get_queryset(request).select_related("tenant", "recipient")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        message = kwargs.get("obj")
        if message:
            may = self.has_act_permission(request)
            context |= _page(message) | {
                "may_retry": may and _retryable(message),
                "may_release": may and message.attempts.held().exists(),
                "may_decide": may and message.status == State.UNCERTAIN,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._press(request, pk, AGAIN)

    def sent_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._press(request, pk, SENT)

    def given_up_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._press(request, pk, GIVEN_UP)

    @admin.action(description="Try again", permissions=["act"])
    def try_again(self, request: HttpRequest, rows: QuerySet[Notification]) -> None:
        self._decide(request, rows, AGAIN)

    @admin.action(description="Treat uncertain ones as sent: they do not go again", permissions=["act"])
    def treat_as_sent(self, request: HttpRequest, rows: QuerySet[Notification]) -> None:
        self._decide(request, rows, SENT)

    @admin.action(description="Give uncertain ones up: they do not go again", permissions=["act"])
    def give_up(self, request: HttpRequest, rows: QuerySet[Notification]) -> None:
        self._decide(request, rows, GIVEN_UP)

    def _press(self, request: HttpRequest, pk: int, decision: Decision) -> HttpResponse:
        if answer := self.refuse_unless_act(request):
            return answer
        self._decide(request, Notification.objects.filter(pk=pk), decision)
        return HttpResponseRedirect(reverse("admin:notifications_notification_change", args=(pk,)))

    def _decide(self, request: HttpRequest, rows: Iterable[Notification], decision: Decision) -> None:
        done = 0
        for message in rows:
            try:
                decision.act(message)
            except (NotRetryable, NotUncertain) as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
            else:
                done += 1
                self.log_change(request, message, decision.logged)
        if done:
            self.message_user(request, decision.one if done == 1 else decision.many.format(done), messages.SUCCESS)


@admin.register(Contact)
class ContactAdmin(ConversationPages):
    form = ContactForm
    list_display = ("name", "number", "language", "marketing_consent", "last_inbound_at", "tenant", "conversation")
    list_display_links = ("name", "number")
    list_filter = ("marketing_consent", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("name", "=phone", "email")
    raw_id_fields = ("user",)
    fields = (
        "tenant", "name", "phone", "bsuid", "email", "language", "marketing_consent", "marketing_consent_at",
        "marketing_stopped_at", "stop_said_at", "messages_stopped_at", "marketing_capped_until", "undeliverable_at",
        "last_inbound_at", "previous_phone", "phone_changed_at", "user",
    )  # fmt: skip
    readonly_fields = (
        "marketing_consent_at", "marketing_stopped_at", "stop_said_at", "messages_stopped_at",
        "marketing_capped_until", "undeliverable_at", "last_inbound_at", "previous_phone", "phone_changed_at",
    )  # fmt: skip

    @admin.display(description="Number", ordering="phone")
    def number(self, row: Contact) -> str:
        return mask(row.phone) if row.phone else "none"

    @admin.display(description="Conversation")
    def conversation(self, row: Contact) -> SafeString:
        return format_html('<a href="{}">Open</a>', reverse("admin:notifications_contact_conversation", args=(row.pk,)))

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        if "marketing_consent" in form.changed_data:
            obj.marketing_consent_at = timezone.now() if obj.marketing_consent else None
        super().save_model(request, obj, form, change)


@admin.register(Blockade)
class BlockadeAdmin(ReadOnlyAdmin):
    list_display = ("code", "reason", "since", "recheck_at", "probes", "waiting")
    list_display_links = ("code", "reason")
    fields = ("code", "reason", "since", "recheck_at", "probes", "waiting", "by_webhook", "ref")
    readonly_fields = ("waiting",)
    actions = ("probe", "lift")

    @admin.display(description="Messages waiting")
    def waiting(self, row: Blockade) -> int:
        return DeliveryAttempt.objects.held().filter(hold="refused", hold_ref=row.ref).count()

    @admin.action(description="Let one message try now", permissions=["act"])
    def probe(self, request: HttpRequest, rows: QuerySet[Blockade]) -> None:
        for row in rows:
            blockades.probe_soon(row.ref)
        self.message_user(request, "One message tries within seconds.", messages.SUCCESS)

    @admin.action(description="It is mended: let all messages go", permissions=["act"])
    def lift(self, request: HttpRequest, rows: QuerySet[Blockade]) -> None:
        for ref in blockades.lift(list(rows), by=request.user.get_username()):
            release_ref("refused", ref)
        self.message_user(request, "Their messages go now.", messages.SUCCESS)


class OwnerFilter(admin.SimpleListFilter):
    title = "whose message"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        counts = strangers.shelf_by_owner()
        return [(owner or "-", f"{strangers.label(owner)} ({count})") for owner, count in counts.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if (value := self.value()) is None:
            return queryset
        return strangers.with_owner(queryset).filter(owner="" if value == "-" else value)


@admin.register(ShelvedStatus)
class ShelvedStatusAdmin(ReadOnlyAdmin):
    list_display = ("kind", "wamid", "whose", "phone_number_id", "at", "received_at")
    list_filter = (OwnerFilter, "kind")
    search_fields = ("=wamid",)
    fields = ("kind", "whose", "at", "received_at", "wamid", "callback_data", "phone_number_id")
    readonly_fields = ("whose",)

    @admin.display(description="Whose")
    def whose(self, row: ShelvedStatus) -> str:
        return strangers.whose(row.callback_data)


def _page(message: Notification) -> dict[str, Any]:
    return {
        "title": f"Message {message.pk}",
        "subtitle": None,
        "banner": story.banner(message),
        "chapters": story.chapters(message),
        "variables": story.variables(message),
        "wording": [] if is_pseudonym(message.recipient_phone) else story.wording(message),
        "number": mask(message.recipient_phone) if message.recipient_phone else "",
        "tone": story.TONES[State(message.status)],
    }


def _retryable(message: Notification) -> bool:
    again = message.status in {State.FAILED, State.UNCERTAIN, *CALLED_OFF}
    return again and message.lane != Lane.OTP


def _sought(term: str) -> Q:
    if term.startswith("wamid."):
        return Q(pk__in=DeliveryAttempt.objects.filter(wamid=term).values("notification_id"))
    digits = term.removeprefix("#")
    found = Q(pk=int(digits)) if digits.isdecimal() and int(digits) <= LARGEST_ID else Q(pk=None)
    for spelling in (term, f"+{term}"):
        try:
            found |= Q(recipient_phone=to_e164(spelling, default_tenant().country))
        except InvalidPhoneNumber:
            continue
    return found


def _hidden(address: str) -> str:
    """An e-mail address or id that the list need not show whole."""
    return f"{address[:2]}…{address[-4:]}" if len(address) > 8 else address


def _clock(moment: Any) -> str:
    return f"{timezone.localtime(moment):%H:%M:%S}" if moment else ""
