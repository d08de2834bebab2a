"""Meta's verdicts on templates, brought by webhooks, written to the rows."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations.latest_word import in_order
from integrations.models import WhatsAppTemplate
from integrations.template_refusals import CLEARED
from integrations.whatsapp.webhooks import TemplateReview

logger = logging.getLogger(__name__)

_Status = WhatsAppTemplate.Status
# Meta, WhatsApp Business Platform, Webhooks, "message_template_status_update".
STATUS_OF_EVENT: dict[str, str] = {status.value: status.value for status in _Status} | {
    "REINSTATED": _Status.APPROVED,
    "UNARCHIVED": _Status.APPROVED,
}
# A flagged template may still be sent; a locked one cannot be edited, which is no status of ours.
WITHOUT_STATUS = frozenset({"FLAGGED", "LOCKED"})
_GONE = frozenset({_Status.DELETED, _Status.PENDING_DELETION, _Status.ARCHIVED})
_WITH_REASON = frozenset({_Status.REJECTED, _Status.PAUSED, _Status.DISABLED})


def apply_reviews(reviews: Sequence[TemplateReview]) -> Sequence[TemplateReview]:
    """Bring the rows of these templates to the status that Meta announced, oldest first. Returns all in that order."""
    reviews = in_order(reviews)
    for review in reviews:
        status = STATUS_OF_EVENT.get(review.event)
        if status:
            _write(review, status)
        elif review.event not in WITHOUT_STATUS:
            logger.warning("WhatsApp template event %r of %s is unknown: ignored", review.event, review.name)
    return reviews


def _write(review: TemplateReview, status: str) -> None:
    changes: dict[str, object] = {"status": status, "updated_at": timezone.now()}
    if status == _Status.APPROVED:
        changes |= CLEARED
    if review.category in WhatsAppTemplate.Category.values:
        # It may be approved in another category than was asked for, and consent hangs on that.
        changes["category"] = review.category
    changes["rejection_reason"] = review.reason[:255] if status in _WITH_REASON else ""
    if not review.template_id:
        moved = _by_name(review).update(**changes)
    else:
        moved = WhatsAppTemplate.objects.filter(template_id=review.template_id).update(**changes)
        if not moved:
            others = _by_name(review)
            # A template that was deleted and made anew has another id: its end is not the new one's.
            others = others.filter(template_id="") if status in _GONE else others
            moved = others.update(template_id=review.template_id[:32], **changes)
    if not moved and status not in _GONE and review.name and review.language:
        _keep(review, status)
    logger.info("WhatsApp template %s (%s) is %s at Meta", review.name, review.language, review.event)


def _keep(review: TemplateReview, status: str) -> None:
    """A template made elsewhere, or whose verdict overtook the answer to its submission."""
    WhatsAppTemplate.objects.create(
        waba_id=review.waba_id[:32],
        name=review.name[:512],
        language=review.language[:15],
        category=review.category[:20],
        template_id=review.template_id[:32],
        status=status,
        rejection_reason=review.reason[:255] if status in _WITH_REASON else "",
    )


def _by_name(review: TemplateReview) -> QuerySet[WhatsAppTemplate]:
    return _named(review.name, review.language, review.waba_id)


def rows_of(template_id: str, name: str, language: str, waba_id: str) -> QuerySet[WhatsAppTemplate]:
    """The rows of a template that Meta speaks of: by its id, else by name, language and account."""
    known = WhatsAppTemplate.objects.filter(template_id=template_id)
    if template_id and known.exists():
        return known
    return _named(name, language, waba_id)


def _named(name: str, language: str, waba_id: str) -> QuerySet[WhatsAppTemplate]:
    rows = WhatsAppTemplate.objects.filter(name=name, language=language)
    return rows.filter(Q(waba_id=waba_id) | Q(waba_id="")) if waba_id else rows
