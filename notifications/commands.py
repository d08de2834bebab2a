"""Commands: what a person writes or taps, and the function that answers.

    @command("BALANCE", keywords={"en": ["balance"], "fr": ["solde"]}, titles={"en": "Balance"})
    def balance(asked: Asked) -> str: ...

An app registers its own in its `commands.py` and imports that when it is ready.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from notifications.content import Content
from notifications.keywords import Keyword, folded, match
from notifications.models import Contact, InboundMessage
from notifications.phrases import FALLBACK, LANGUAGES
from tenants.models import Tenant

PAYLOAD = "command:"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what. `language` is `en`, `fr`, `es` or `sn`; `argument` what followed the keyword."""

    message: InboundMessage
    contact: Contact
    language: str = FALLBACK
    argument: str = ""

    @property
    def tenant(self) -> Tenant:
        return self.message.tenant

    @property
    def phone(self) -> str:
        """The sender's number in E.164; empty for people known by an id alone."""
        return self.contact.phone or ""

    @property
    def number_changed_at(self) -> datetime | None:
        """When Meta told that this person moved to this number: what was verified before says nothing of it."""
        return self.contact.phone_changed_at


Handler = Callable[[Asked], Content | str | None]


@dataclass(frozen=True, slots=True)
class Command:
    """`titles` are what its button is called, by language; without them it is in no menu."""

    name: str
    handler: Handler
    keywords: Sequence[Keyword] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    takes_argument: bool = False

    @property
    def payload(self) -> str:
        return f"{PAYLOAD}{self.name}"


@dataclass(frozen=True, slots=True)
class Call:
    """A command that was asked for. `language` is empty where the words tell none."""

    command: Command
    language: str = ""
    argument: str = ""


_registry: dict[str, Command] = {}


def command(
    name: str,
    *,
    keywords: Mapping[str, Sequence[str]] | None = None,
    titles: Mapping[str, str] | None = None,
    forgiving: bool = True,
    takes_argument: bool = False,
) -> Callable[[Handler], Handler]:
    """Register the decorated function under `name`. Raises ValueError for a name or a keyword that is taken.

    Keywords by language match whatever their case, accents and punctuation, and with one slip in words of five
    letters or more, unless `forgiving` is off. A button or row whose payload is the name, with or without
    `command:` before it and `:argument` behind it, calls it too. With `takes_argument` the keyword may be followed
    by words. The function returns a text, a content, or None for no answer.
    """

    def register(handler: Handler) -> Handler:
        own = folded(name, keywords or {}, forgiving=forgiving)
        taken = {keyword.phrase for keyword in known_keywords()}
        if name in _registry or any(keyword.phrase in taken for keyword in own):
            raise ValueError(f"The command {name} or one of its keywords is registered already.")
        _registry[name] = Command(name, handler, own, titles or {}, takes_argument)
        return handler

    return register


def unregister(name: str) -> None:
    _registry.pop(name, None)


def all_commands() -> list[Command]:
    return list(_registry.values())


def known_keywords() -> list[Keyword]:
    return [keyword for one in _registry.values() for keyword in one.keywords]


def find(message: InboundMessage) -> Call | None:
    """The command that a message calls: by the payload of what was tapped, else by its words."""
    if message.choice and (call := _by_payload(message.choice)):
        return call
    if message.type not in ("text", "button", "interactive") or not message.text:
        return None
    with_argument = [one.name for one in _registry.values() if one.takes_argument]
    found = match(message.text, known_keywords(), with_argument)
    if found is None:
        return None
    language = found.keyword.language
    # English keywords are known everywhere.
    return Call(_registry[found.keyword.command], "" if language == FALLBACK else language, found.argument)


def _by_payload(payload: str) -> Call | None:
    name, _, argument = payload.removeprefix(PAYLOAD).partition(":")
    called = _registry.get(name)
    return Call(called, argument=argument) if called else None


def language_of(call: Call | None, contact: Contact, tenant: Tenant) -> str:
    """The language of an answer: of the keyword, else the contact's, else the tenant's, as far as we speak it."""
    wanted = (call.language if call else "", contact.language[:2], tenant.default_language[:2])
    return next((language for language in wanted if language in LANGUAGES), FALLBACK)
