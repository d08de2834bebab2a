"""HELP, STOP and START: commands that every business has."""

from __future__ import annotations

from integrations.whatsapp.interactive import BUTTONS, Button, Buttons
from notifications.commands import Asked, Command, all_commands, command
from notifications.content import Content, InteractiveContent, TextContent
from notifications.models import Contact
from notifications.phrases import FALLBACK, say


@command(
    "HELP",
    keywords={
        "en": ["help", "menu", "info"],
        "fr": ["aide", "aidez moi"],
        "es": ["ayuda"],
        "sn": ["rubatsiro", "batsiro"],
    },
)
def help_(asked: Asked) -> Content:
    offered = [one for one in all_commands() if one.titles]
    if not offered:
        return TextContent(say("help", asked.language, words="STOP, START"))
    words = ", ".join(_word(one, asked.language) for one in offered)
    buttons = [Button(one.payload, _title(one, asked.language)) for one in offered[:BUTTONS]]
    return InteractiveContent(say("help", asked.language, words=words), Buttons(buttons))


# One letter more or less in these words would cost somebody news of their money: no slip is forgiven.
@command(
    "STOP",
    keywords={
        "en": ["stop", "stop all", "stopall", "unsubscribe", "opt out", "optout"],
        "fr": ["arret", "arreter", "arretez", "desabonner"],
        "es": ["parar", "baja", "dar de baja"],
        "sn": ["regera"],
    },
    forgiving=False,
)
def stop(asked: Asked) -> str:
    """The first ends marketing; the second, or the first where the tenant wants it so, all but codes."""
    contact, at = asked.contact, asked.message.at
    everything = contact.stop_said_at is not None or asked.tenant.stop_ends_everything
    contact.stop_said_at = contact.stop_said_at or at
    contact.marketing_stopped_at = max(contact.marketing_stopped_at or at, at)
    if everything:
        contact.messages_stopped_at = contact.messages_stopped_at or at
    _save(contact)
    return say("stopped_messages" if everything else "stopped_marketing", asked.language, tenant=asked.tenant.name)


@command(
    "START",
    keywords={
        "en": ["start", "unstop", "subscribe", "resume"],
        "fr": ["reprendre", "commencer", "demarrer"],
        "es": ["empezar", "iniciar", "reanudar"],
        "sn": ["tanga", "tangazve"],
    },
    forgiving=False,
)
def start(asked: Asked) -> str:
    """Undoes every STOP. Who never agreed to marketing has not agreed to it by this."""
    asked.contact.stop_said_at = asked.contact.messages_stopped_at = asked.contact.marketing_stopped_at = None
    _save(asked.contact)
    return say("started", asked.language, tenant=asked.tenant.name)


def _save(contact: Contact) -> None:
    contact.save(update_fields=["stop_said_at", "messages_stopped_at", "marketing_stopped_at", "updated_at"])


def _title(one: Command, language: str) -> str:
    return one.titles.get(language) or one.titles[FALLBACK]


def _word(one: Command, language: str) -> str:
    """The keyword to write, in the language if it has one."""
    own = next((keyword.phrase for keyword in one.keywords if keyword.language == language), one.name)
    return own.upper()
