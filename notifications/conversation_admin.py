"""The page on which an operator reads a conversation and answers."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_datetime

from integrations.models import WhatsAppTemplate
from integrations.phone import mask
from integrations.whatsapp_templates import get_template_structure
from notifications.content import Address, Content, TemplateContent, TextContent
from notifications.conversation import bubbles, preview, variables_of, window_of
from notifications.gates import OPERATOR_REPLY
from notifications.models import Contact, InboundMessage
from notifications.services import notify

READ, ANSWER = "notifications.read_conversation", "notifications.answer_person"
OPERATOR_TEMPLATE = "operator_message"


class ConversationPages(admin.ModelAdmin):
    """Mixed into the admin of contacts: `…/contact/<id>/conversation/` and where its answers go."""

    def get_urls(self) -> list[URLPattern]:
        views = (("conversation", self.conversation_view), ("answer", self.answer_view))
        own = [
            path(f"<int:pk>/{word}/", self.admin_site.admin_view(view), name=f"notifications_contact_{word}")
            for word, view in views
        ]
        return own + super().get_urls()

    def conversation_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm(READ):
            raise PermissionDenied
        contact = get_object_or_404(Contact.objects.select_related("tenant"), pk=pk)
        before = _moment(request.GET.get("before", ""))
        found, earlier = bubbles(contact, before)
        window, template = window_of(contact), request.GET.get("template", "")
        context = self.admin_site.each_context(request) | {
            "title": contact.name or "Conversation",
            "opts": self.opts,
            "contact": contact,
            "number": mask(contact.phone) if contact.phone else "",
            "bubbles": found,
            "earlier": earlier,
            "before": before,
            "window": window,
            "may_answer": request.user.has_perm(ANSWER),
            "templates": _templates(),
            "template": template if template in _templates() else "",
            "variables": variables_of(template),
            "wording": preview(template),
            "nonce": uuid4(),
        }
        return TemplateResponse(request, "admin/notifications/contact/conversation.html", context)

    def answer_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST" or not request.user.has_perm(ANSWER):
            raise PermissionDenied
        contact = get_object_or_404(Contact.objects.select_related("tenant"), pk=pk)
        template = request.POST.get("template", "")
        if problem := _send(contact, template, request.POST):
            self.message_user(request, problem, messages.ERROR)
        else:
            self.log_change(request, contact, f"Sent {template}." if template else "Answered.")
        return HttpResponseRedirect(reverse("admin:notifications_contact_conversation", args=(pk,)))


def _send(contact: Contact, template: str, form: Any) -> str:
    """Write the answer; why not, in words, else nothing."""
    if not template and not window_of(contact).is_open:
        return "The window has closed: choose an approved template instead."
    content: Content = TextContent(form.get("text", "").strip())
    if template:
        content = TemplateContent(template, {name: form.get(f"variable-{name}", "") for name in variables_of(template)})
    latest = InboundMessage.objects.filter(contact=contact).exclude(number="").first()
    try:
        notify(
            OPERATOR_TEMPLATE if template else OPERATOR_REPLY,
            tenant=contact.tenant,
            to=Address(phone=contact.phone or ""),
            content=content,
            recipient=contact.user,
            sender=latest.number if latest else "",
            # The button pressed twice.
            idempotency_key=f"operator:{form.get('nonce', uuid4())}"[:200],
        )
    except ValueError as refusal:
        return str(refusal)
    return ""


def _templates() -> list[str]:
    """Approved templates that an operator may fill in: ours, and no codes."""
    rows = WhatsAppTemplate.objects.filter(status=WhatsAppTemplate.Status.APPROVED)
    rows = rows.exclude(category=WhatsAppTemplate.Category.AUTHENTICATION).order_by("name")
    return [name for name in dict.fromkeys(rows.values_list("name", flat=True)) if get_template_structure(name)]


def _moment(raw: str) -> Any:
    try:
        return parse_datetime(raw)
    except ValueError:
        return None
