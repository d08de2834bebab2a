"""What happens to a message after its acceptance, and what a person's message brings about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox import outcomes
from sandbox.callbacks import Callbacks
from sandbox.envelopes import inbound_update, status_update
from sandbox.options import Options
from sandbox.people import Person
from sandbox.records import Message, Number
from sandbox.rules.refusal import webhook_error
from sandbox.store import Store

STEPS = ("sent", "delivered", "read")


class Lifecycle:
    def __init__(self, store: Store, callbacks: Callbacks) -> None:
        self.store, self.callbacks = store, callbacks

    @property
    def options(self) -> Options:
        return self.store.options

    def _later(self, seconds: float, step: Callable[..., None], *arguments: Any) -> None:
        self.store.clock.later(seconds, step, *arguments)

    def accepted(self, message: Message) -> None:
        code = outcomes.failure(self.store, message)
        first = self.options.status_delays[0]
        if code:
            self._later(first, self.fail, message, code)
        else:
            self._later(first, self._step, message, 0)

    def fail(self, message: Message, code: int) -> None:
        event = self.store.record_status(message, "failed", webhook_error(code))
        self.callbacks.tell(status_update(message, event))

    def _step(self, message: Message, step: int) -> None:
        """`sent`, `delivered`, `read`; of a reaction only `sent` is told (Meta, Cloud API, Reaction messages)."""
        person, now = message.person, self.store.now()
        if len(message.statuses) != step or message.expired:
            return  # a phone that came back has taken this step already
        if (step > 0 and outcomes.is_unreachable(person)) or (step == 2 and not person.reads):
            return
        if step == 1 and now - message.at > outcomes.lifetime(message):
            message.expired = True
            self.store.touch(message)
            return
        if step == 0:
            message.pricing = outcomes.pricing(self.store, message, now)
            message.into_a_block = person.blocked
            self._act(message)
        event = self.store.record_status(message, STEPS[step])
        self.callbacks.tell(status_update(message, event))
        if step < 2 and message.type != "reaction":
            delays = self.options.status_delays
            self._later(delays[step + 1] - delays[step], self._step, message, step + 1)

    def _act(self, message: Message) -> None:
        """What the person's phone does with it beyond showing it."""
        message.person.typing_until = 0.0
        if message.type == "reaction":
            reaction = message.payload["reaction"]
            target = self.store.messages.get(reaction["message_id"])
            if target is not None:
                self.react(target, "business", reaction.get("emoji", ""))

    def react(self, target: Message, who: str, emoji: str) -> None:
        """An empty emoji takes the reaction back."""
        if emoji:
            target.reactions[who] = emoji
        else:
            target.reactions.pop(who, None)
        self.store.touch(target)

    def came_back(self, person: Person) -> None:
        """The phone is on again: what had only been sent arrives now, unless its time is over.

        What was sent while the person blocked the business never arrives.
        """
        for message in person.messages:
            if message.outbound and message.status == "sent" and not message.into_a_block:
                self._later(0, self._step, message, 1)

    def read_up_to_now(self, person: Person) -> None:
        """The person opens the chat: what was delivered is read."""
        for message in person.messages:
            if message.outbound and message.status == "delivered":
                self._later(0, self._step, message, 2)

    def received(self, person: Person, number: Number, kind: str, body: dict[str, Any]) -> Message:
        message = self.store.add_inbound(person, number, kind, body)
        self.callbacks.tell(inbound_update(message))
        return message
