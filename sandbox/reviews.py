"""What Meta does to a template: reviews it, pauses it, moves it to another category (Meta, Message templates)."""

from __future__ import annotations

from typing import Any

from sandbox.callbacks import Callbacks
from sandbox.records import Template
from sandbox.rules.template_send import read_shape
from sandbox.rules.template_texts import rejection_reason
from sandbox.store import Store
from sandbox.template_envelopes import category_update, components_update, quality_update, template_update

RECOMMENDATION = "Edit the template and submit it again."
#: Title and hours of the pauses for low quality, in order; after them the template is disabled.
PAUSES = (("FIRST_PAUSE", 3), ("SECOND_PAUSE", 6))
#: An announced change of category takes place after this time.
NOTICE_SECONDS = 24 * 3600


class Reviews:
    def __init__(self, store: Store, callbacks: Callbacks) -> None:
        self.store, self.callbacks = store, callbacks

    def submitted(self, template: Template) -> None:
        """A new or edited template: the review comes after the configured time."""
        template.updated = self.store.now()
        self.store.clock.later(self.store.options.review_seconds, self._review, template, template.updated)

    def _review(self, template: Template, version: float) -> None:
        known = template.id in self.store.templates_by_id
        if not known or template.status != "PENDING" or template.updated != version:
            return
        reason = rejection_reason(template.components)
        if reason:
            self.reject(template, reason)
        else:
            self.approve(template)

    def approve(self, template: Template) -> None:
        self._set(template, "APPROVED", {})

    def reject(self, template: Template, reason: str) -> None:
        details = {"reason": reason, "recommendation": RECOMMENDATION}
        self._set(template, "REJECTED", {"reason": reason, "rejection_info": details}, rejected=reason)

    def pause(self, template: Template) -> None:
        """3 hours, then 6; a third time it is disabled (Meta, Template pausing)."""
        if template.pauses >= len(PAUSES):
            self.disable(template)
            return
        title, hours = PAUSES[template.pauses]
        template.pauses += 1
        template.paused_at = self.store.now()
        info = {"title": title, "description": f"Paused for {hours} hours."}
        self._set(template, "PAUSED", {"reason": None, "other_info": info})
        self.store.clock.later(hours * 3600, self._end_of_pause, template, template.pauses)

    def _end_of_pause(self, template: Template, pause: int) -> None:
        known = template.id in self.store.templates_by_id
        if known and template.status == "PAUSED" and template.pauses == pause:
            self.unpause(template)

    def unpause(self, template: Template) -> None:
        info = {"title": "UNPAUSE", "description": "The template can be sent again."}
        self._set(template, "APPROVED", {"other_info": info})

    def disable(self, template: Template) -> None:
        details = {
            "other_info": {"title": "DISABLED", "description": "Disabled for low quality."},
            "disable_info": {"disable_date": str(int(self.store.now()))},
        }
        self._set(template, "DISABLED", details)

    def appeal(self, template: Template) -> None:
        self._set(template, "IN_APPEAL", {})

    def reinstate(self, template: Template) -> None:
        self._set(template, "APPROVED", {}, event="REINSTATED")

    def flag(self, template: Template) -> None:
        """A warning before a pause; the template is still sent."""
        self.callbacks.tell(template_update(template, "FLAGGED", {}))

    def archive(self, template: Template) -> None:
        self._set(template, "ARCHIVED", {})

    def unarchive(self, template: Template) -> None:
        self._set(template, "APPROVED", {}, event="UNARCHIVED")

    def delete(self, templates: list[Template]) -> None:
        """What is deleted says so; `reason` is null then, and only then."""
        self.store.remove_templates(templates)
        for template in templates:
            self.callbacks.tell(template_update(template, "DELETED", {"reason": None}))

    def change_category(self, template: Template, category: str, *, announced: bool = False) -> None:
        """At once, or announced a day before (Meta, Template categorisation)."""
        if not announced:
            template.previous_category, template.category = template.category, category
            template.correct_category = None
            self.store.touch(template)
            self.callbacks.tell(category_update(template, previous_category=template.previous_category))
            return
        template.correct_category = category
        at = self.store.now() + NOTICE_SECONDS
        self.store.touch(template)
        self.callbacks.tell(category_update(template, correct_category=category, category_update_timestamp=int(at)))
        self.store.clock.later(NOTICE_SECONDS, self._change_announced, template, category)

    def _change_announced(self, template: Template, category: str) -> None:
        if template.id in self.store.templates_by_id and template.correct_category == category:
            self.change_category(template, category)

    def change_quality(self, template: Template, score: str) -> None:
        previous, template.quality = template.quality, score
        self.store.touch(template)
        self.callbacks.tell(quality_update(template, previous))

    def change_components(self, template: Template, components: list[dict[str, Any]]) -> None:
        """Somebody edited it in Meta's own manager."""
        template.components = components
        template.shape = read_shape(template.category, template.parameter_format, components)
        self.store.touch(template)
        self.callbacks.tell(components_update(template))

    def _set(
        self, template: Template, status: str, details: dict[str, Any], *, rejected: str = "NONE", event: str = ""
    ) -> None:
        template.status, template.rejected_reason = status, rejected
        self.store.touch(template)
        self.callbacks.tell(template_update(template, event or status, details))
