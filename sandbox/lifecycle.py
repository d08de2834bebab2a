"""What happens to a message after its acceptance and to a template after its creation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sandbox.callbacks import Callbacks
from sandbox.envelopes import inbound_update, status_update, template_update
from sandbox.options import Options
from sandbox.people import Person
from sandbox.rules.refusal import webhook_error
from sandbox.rules.template_texts import rejection_reason
from sandbox.store import Message, Number, Store, Template

STEPS = ("sent", "delivered", "read")
RECOMMENDATION = "Edit the template and submit it again."


class Lifecycle:
    def __init__(self, store: Store, callbacks: Callbacks) -> None:
        self.store, self.callbacks = store, callbacks
        self._era = 0

    @property
    def options(self) -> Options:
        return self.store.options

    def forget(self) -> None:
        """Steps that are still to come belong to the time before and do not happen."""
        self._era += 1

    def _later(self, seconds: float, step: Callable[..., None], *arguments: Any) -> None:
        asyncio.get_running_loop().call_later(seconds, self._if_current, self._era, step, arguments)

    def _if_current(self, era: int, step: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        if era == self._era:
            step(*arguments)

    def accepted(self, message: Message) -> None:
        failure = message.person.fail
        if not failure and message.template is None and not message.person.window_open(message.number.id, message.at):
            failure = 131047
        first = self.options.status_delays[0]
        if failure:
            self._later(first, self._fail, message, failure)
        else:
            self._later(first, self._step, message, 0)

    def _fail(self, message: Message, code: int) -> None:
        event = self.store.record_status(message, "failed", webhook_error(code))
        self.callbacks.tell(status_update(message, event))

    def _step(self, message: Message, step: int) -> None:
        person = message.person
        if len(message.statuses) != step:
            return  # a phone that came back has taken this step already
        if (step > 0 and person.offline) or (step == 2 and not person.reads):
            return
        event = self.store.record_status(message, STEPS[step])
        self.callbacks.tell(status_update(message, event))
        if step < 2:
            delays = self.options.status_delays
            self._later(delays[step + 1] - delays[step], self._step, message, step + 1)

    def came_back(self, person: Person) -> None:
        """The phone is on again: what had only been sent arrives now."""
        for message in person.messages:
            if message.outbound and message.status == "sent":
                self._later(0, self._step, message, 1)

    def received(self, person: Person, number: Number, kind: str, body: dict[str, Any]) -> Message:
        message = self.store.add_inbound(person, number, kind, body)
        self.callbacks.tell(inbound_update(message))
        return message

    def created(self, template: Template) -> None:
        self._later(self.options.review_seconds, self._review, template)

    def _review(self, template: Template) -> None:
        if template.status != "PENDING" or template.id not in self.store.templates_by_id:
            return
        reason = rejection_reason(template.components)
        if reason:
            self.reject(template, reason)
        else:
            self.approve(template)

    def approve(self, template: Template) -> None:
        self._set(template, "APPROVED", "NONE", {})

    def reject(self, template: Template, reason: str) -> None:
        details = {"reason": reason, "recommendation": RECOMMENDATION}
        self._set(template, "REJECTED", reason, {"reason": reason, "rejection_info": details})

    def pause(self, template: Template) -> None:
        info = {"title": "FIRST_PAUSE", "description": "Paused for 3 hours."}
        self._set(template, "PAUSED", "NONE", {"reason": None, "other_info": info})

    def disable(self, template: Template) -> None:
        details = {
            "other_info": {"title": "DISABLED", "description": "Disabled for low quality."},
            "disable_info": {"disable_date": str(int(self.store.now()))},
        }
        self._set(template, "DISABLED", "NONE", details)

    def _set(self, template: Template, status: str, reason: str, details: dict[str, Any]) -> None:
        template.status, template.rejected_reason = status, reason
        self.store.touch()
        self.callbacks.tell(template_update(template, status, details))
