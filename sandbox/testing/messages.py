from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from sandbox.people import wa_id_of
from sandbox.testing.control import PATIENCE_SECONDS, Control, wait_until

LISTED = 20
SHOWN_TEXT = 60


@dataclass(frozen=True, slots=True)
class Status:
    """One step of a message: `at` is Unix seconds of the sandbox's clock, `code` the reason of a failure, else 0."""

    name: str
    at: float
    code: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the person sees it; `phone` is the person's number with its plus.

    `text` is header, body and footer as filled in, `parameters` what the business gave for the body, `code` what
    the copy-code button copies (a one-time password or a coupon) or "", `error` the code of the failure or 0.
    `rendered`, `payload` and `record` are the sandbox's own records.
    """

    wamid: str
    phone: str
    outbound: bool
    type: str
    template: str
    language: str
    text: str
    body: str
    parameters: tuple[str, ...]
    buttons: tuple[str, ...]
    code: str
    status: str
    history: tuple[Status, ...]
    callback_data: str
    phone_number_id: str
    at: float
    payload: dict[str, Any] = field(repr=False)
    rendered: dict[str, Any] = field(repr=False)
    record: dict[str, Any] = field(repr=False)

    @property
    def to(self) -> str:
        return self.phone

    @property
    def statuses(self) -> tuple[str, ...]:
        return tuple(status.name for status in self.history)

    @property
    def error(self) -> int:
        return next((status.code for status in reversed(self.history) if status.code), 0)

    def __str__(self) -> str:
        what = f"template {self.template!r} ({self.language}) " if self.template else f"{self.type} "
        text = " ".join(self.text.split())
        shown = text if len(text) <= SHOWN_TEXT else f"{text[: SHOWN_TEXT - 1]}…"
        steps = ", ".join(f"{step.name} {step.code}" if step.code else step.name for step in self.history)
        return f"{'to' if self.outbound else 'from'} {self.phone}: {what}{shown!r} [{steps or 'accepted'}]"


def read_message(record: dict[str, Any]) -> Message:
    rendered, template = record["rendered"], record["template"] or {}
    codes = [button["code"] for button in rendered["buttons"] if button.get("code")]
    history = [Status(step["status"], step["at"], (step["error"] or {}).get("code", 0)) for step in record["statuses"]]
    return Message(
        wamid=record["wamid"],
        phone="+" + str(record.get("to") or record.get("from")),
        outbound=record["direction"] == "out",
        type=record["type"],
        template=template.get("name", ""),
        language=template.get("language", ""),
        text=record["text"],
        body=rendered["body"],
        parameters=body_parameters(record["payload"]),
        buttons=tuple(button["text"] for button in rendered["buttons"]),
        code=codes[0] if codes else "",
        status=record["status"],
        history=tuple(history),
        callback_data=record["callback_data"] or "",
        phone_number_id=record["phone_number_id"],
        at=record["at"],
        payload=record["payload"],
        rendered=rendered,
        record=record,
    )


def body_parameters(payload: dict[str, Any]) -> tuple[str, ...]:
    components = (payload.get("template") or {}).get("components") or ()
    bodies = [component for component in components if str(component.get("type")).lower() == "body"]
    return tuple(value_of(parameter) for body in bodies for parameter in body.get("parameters", ()))


def value_of(parameter: dict[str, Any]) -> str:
    kind = parameter.get("type", "text")
    held = parameter.get(kind)
    return str(held.get("fallback_value", "") if isinstance(held, dict) else held or "")


def same_person(one: str, other: str) -> bool:
    """Whether two spellings are the same number at WhatsApp."""
    return wa_id_of(re.sub(r"\D", "", one)) == wa_id_of(re.sub(r"\D", "", other))


#: What a message can be looked for by, and how the wish is put into words.
CRITERIA: dict[str, tuple[Callable[[Message, Any], bool], str]] = {
    "to": (lambda message, phone: same_person(message.phone, phone), "to {}"),
    "type": (lambda message, kind: message.type == kind, "of type {}"),
    "template": (lambda message, name: message.template == name, "with template {!r}"),
    "language": (lambda message, code: message.language == code, "in language {!r}"),
    "text": (lambda message, part: part in message.text, "with text {!r}"),
    "parameters": (lambda message, given: message.parameters == tuple(given), "with parameters {!r}"),
    "code": (lambda message, code: message.code == code, "with code {!r}"),
    "status": (lambda message, status: status in ("accepted", *message.statuses), "that was {}"),
    "error": (lambda message, code: message.error == code, "that failed with {}"),
    "callback_data": (lambda message, data: message.callback_data == data, "with callback data {!r}"),
    "phone_number_id": (lambda message, number_id: message.phone_number_id == number_id, "from number {}"),
}


class Messages(Sequence[Message]):
    """The messages that fit, oldest first, looked up at every use.

    Every method that takes criteria takes the names of `CRITERIA`: `to` in any spelling, `text` as a part of the
    whole, `status` as one that the message has had. What does not hold raises `AssertionError` with a list of what
    is there.
    """

    def __init__(self, control: Control, title: str, *, outbound: bool, criteria: dict[str, Any]) -> None:
        unknown = sorted(set(criteria) - set(CRITERIA))
        if unknown:
            raise TypeError(f"{unknown[0]}: not known; look by {', '.join(CRITERIA)}")
        self._control, self._title, self._outbound, self._criteria = control, title, outbound, criteria

    def where(self, **criteria: Any) -> Messages:
        return Messages(self._control, self._title, outbound=self._outbound, criteria=self._criteria | criteria)

    def to(self, phone: str) -> Messages:
        return self.where(to=phone)

    def _found(self) -> list[Message]:
        return [message for message in self._all() if self._fits(message)]

    def _all(self) -> list[Message]:
        query = {"to": self._criteria["to"]} if "to" in self._criteria else {}
        records = self._control.get("messages", **query)["messages"]
        messages = [read_message(record) for record in records]
        return [message for message in messages if message.outbound == self._outbound]

    def _fits(self, message: Message) -> bool:
        return all(CRITERIA[name][0](message, wanted) for name, wanted in self._criteria.items())

    @overload
    def __getitem__(self, place: int) -> Message: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Message]: ...
    def __getitem__(self, place: int | slice) -> Message | Sequence[Message]:
        return self._found()[place]

    def __iter__(self) -> Iterator[Message]:
        return iter(self._found())

    def __len__(self) -> int:
        return len(self._found())

    def __repr__(self) -> str:
        return f"<{self._title}: {self._listed(self._found())}>"

    @property
    def last(self) -> Message:
        """The latest that fits."""
        return self.assert_sent()

    def one(self, **criteria: Any) -> Message:
        """The only one that fits."""
        return self.assert_sent(1, **criteria)

    def assert_sent(self, count: int | None = None, **criteria: Any) -> Message:
        """The latest that fits; `count` says how many there must be, else at least one."""
        wanted = self.where(**criteria)
        found = wanted._found()
        if found if count is None else len(found) == count:
            return found[-1]
        raise AssertionError(wanted._missing(len(found), count))

    def assert_nothing(self, **criteria: Any) -> None:
        wanted = self.where(**criteria)
        found = wanted._found()
        if found:
            raise AssertionError(f"expected no message{wanted._wish()}, but there are {self._listed(found)}")

    def wait_for(self, count: int = 1, *, timeout: float = PATIENCE_SECONDS, **criteria: Any) -> Message:
        """The latest that fits, as soon as at least `count` do; `timeout` in seconds."""
        wanted = self.where(**criteria)
        found = wait_until(lambda: found if len(found := wanted._found()) >= count else None, timeout)
        if found is None:
            raise AssertionError(f"after {timeout:g} s: {wanted._missing(len(wanted), count)}")
        return found[-1]

    def _wish(self) -> str:
        words = [CRITERIA[name][1].format(wanted) for name, wanted in self._criteria.items()]
        return "".join(f" {word}" for word in words)

    def _missing(self, found: int, count: int | None) -> str:
        there = self.__class__(self._control, self._title, outbound=self._outbound, criteria={})
        wanted = "a message" if count is None else f"{count} message{'' if count == 1 else 's'}"
        return f"expected {wanted}{self._wish()}, found {found or 'none'}. {self._title}: {self._listed(there._all())}"

    @staticmethod
    def _listed(messages: Sequence[Message]) -> str:
        if not messages:
            return "nothing"
        lines = [f"  {place}. {message}" for place, message in enumerate(messages[-LISTED:], 1)]
        more = [f"  … and {len(messages) - LISTED} before these"] if len(messages) > LISTED else []
        return "\n".join([f"{len(messages)}", *more, *lines])
