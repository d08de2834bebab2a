"""A message as the person sees it."""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox.records import Message
from sandbox.rules.media import KINDS
from sandbox.rules.variables import fill, placeholders
from sandbox.store import Store

OTP_ADDRESS = "https://www.whatsapp.com/otp/code/"
QUOTED_LENGTH = 120
#: Words for what has no text of its own, in the list of chats.
NAMES = {
    "image": "Photo",
    "video": "Video",
    "audio": "Voice message",
    "document": "Document",
    "sticker": "Sticker",
    "location": "Location",
    "contacts": "Contact",
    "unsupported": "Unsupported message",
    "system": "Number changed",
}
#: What such a thing is called by, where it has no text.
TITLED_BY = {"document": "filename", "location": "name"}
#: Type -> what is said of it, with its text and without one.
SAID_OF = {
    "reaction": ("Reacted {}", "Took a reaction back"),
    "edit": ("Edited: {}", "Edited a message"),
    "revoke": ("", "Deleted a message"),
}


def rendered(message: Message) -> dict[str, Any]:
    """`{"header", "body", "footer", "buttons", "media", "location", "contacts", "list"}`: texts are "" and the
    rest is null or empty where there is none; a button is `{"type", "text"}` and its `code`, `url`,
    `phone_number`, `payload` or `id`; media is `{"kind"}` and its `id`, `link`, `mime_type` or `filename`."""
    if message.template is not None:
        return render_template(message)
    content = message.payload.get(message.type)
    if message.type == "interactive" and message.outbound and isinstance(content, dict):
        return render_interactive(content)
    if message.type in KINDS and isinstance(content, dict):
        return seen(str(content.get("caption") or ""), media=media_of(message.type, content))
    if message.type == "location":
        return seen("", location=content)
    if message.type == "contacts":
        return seen("", contacts=contact_cards(content))
    return seen(plain_text(message.type, content))


class Digest(NamedTuple):
    """One line: `kind` is that of media, a place or a contact, else ""; `text` always says something of it."""

    kind: str
    text: str


def digest(message: Message) -> Digest:
    """For the list of chats and for quotations."""
    if message.deleted:
        return Digest("", "This message was deleted")
    look = rendered(message)
    if message.type in SAID_OF:
        with_text, without = SAID_OF[message.type]
        return Digest("", with_text.format(look["body"]) if look["body"] else without)
    if look["contacts"]:
        return Digest("contacts", look["contacts"][0]["name"])
    kind = look["media"]["kind"] if look["media"] else "location" if look["location"] else ""
    name = (look["media"] or look["location"] or {}).get(TITLED_BY.get(kind, ""))
    return Digest(kind, look["body"] or look["header"] or name or NAMES.get(kind or message.type, message.type))


def quoted(store: Store, message: Message) -> dict[str, Any] | None:
    """What the message answers: `{"wamid", "kind", "text", "outbound"}`, null where nothing or it is gone."""
    context = message.payload.get("context") or {}
    original = store.messages.get(context.get("message_id") or context.get("id") or "")
    if original is None:
        return None
    kind, text = digest(original)
    return {"wamid": original.wamid, "kind": kind, "text": text[:QUOTED_LENGTH], "outbound": original.outbound}


def plain_text(kind: str, content: Any) -> str:
    if not isinstance(content, dict):
        return ""
    if kind in {"text", "system"}:
        return str(content.get("body", ""))
    if kind == "reaction":
        return str(content.get("emoji") or "")
    if kind == "button":
        return str(content.get("text", ""))
    if kind == "edit":
        return str(content.get("message", {}).get("text", {}).get("body", ""))
    reply = content.get("button_reply") or content.get("list_reply") or content.get("nfm_reply") or {}
    return str(reply.get("title") or reply.get("body") or "")


def seen(
    body: str,
    header: str = "",
    footer: str = "",
    buttons: Any = (),
    *,
    media: dict[str, Any] | None = None,
    location: dict[str, Any] | None = None,
    contacts: list[dict[str, str]] | None = None,
    rows: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "header": header,
        "body": body,
        "footer": footer,
        "buttons": list(buttons),
        "media": media,
        "location": location,
        "contacts": contacts or [],
        "list": rows,
    }


def media_of(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "link", "mime_type", "filename", "voice", "animated")
    return {"kind": kind, **{name: content[name] for name in names if content.get(name)}}


def contact_cards(contacts: Any) -> list[dict[str, str]]:
    cards = []
    for contact in contacts if isinstance(contacts, list) else ():
        phones = contact.get("phones") or [{}]
        name = contact.get("name", {}).get("formatted_name", "")
        cards.append({"name": str(name), "phone": str(phones[0].get("phone", ""))})
    return cards


def render_template(message: Message) -> dict[str, Any]:
    template = message.template
    assert template is not None
    sent = message.payload["template"].get("components") or []
    header = body = footer = ""
    media = location = None
    buttons: list[dict[str, Any]] = []
    for component in template.components:
        kind, text = component["type"], component.get("text", "")
        if kind == "HEADER":
            given = parameters(sent, "header")
            header = substituted(text, given)
            form = component["format"].lower()
            if form in KINDS and given:
                media = media_of(form, given[0].get(form, {}))
            elif form == "location" and given:
                location = given[0].get("location")
        elif kind == "BODY":
            body = substituted(text, parameters(sent, "body"))
        elif kind == "FOOTER":
            footer = text
        elif kind == "BUTTONS":
            buttons = [
                render_button(button, parameters(sent, "button", index))
                for index, button in enumerate(component["buttons"])
            ]
    return seen(body, header, footer, buttons, media=media, location=location)


def parameters(sent: list[dict[str, Any]], kind: str, index: int | None = None) -> list[dict[str, Any]]:
    for component in sent:
        if component["type"].lower() == kind and (index is None or int(component.get("index", -1)) == index):
            found: list[dict[str, Any]] = component.get("parameters", [])
            return found
    return []


def substituted(text: str, given: list[dict[str, Any]]) -> str:
    names = placeholders(text)
    values = {}
    for place, parameter in enumerate(given[: len(names)]):
        holder = parameter if parameter["type"] == "text" else parameter.get(parameter["type"], {})
        value = holder.get("text") or holder.get("fallback_value") or ""
        values[parameter.get("parameter_name", names[place])] = value
    return fill(text, values)


def render_button(button: dict[str, Any], given: list[dict[str, Any]]) -> dict[str, Any]:
    kind, parameter = button["type"], given[0] if given else {}
    if kind == "URL" and button["url"].startswith(OTP_ADDRESS):
        return {"type": "COPY_CODE", "text": button["text"], "code": parameter.get("text", "")}
    if kind == "URL":
        return {"type": "URL", "text": button["text"], "url": substituted(button["url"], given)}
    if kind == "COPY_CODE":
        return {"type": "COPY_CODE", "text": "Copy offer code", "code": parameter.get("coupon_code", "")}
    if kind == "PHONE_NUMBER":
        return {"type": kind, "text": button["text"], "phone_number": button["phone_number"]}
    return {"type": kind, "text": button["text"], "payload": parameter.get("payload", button["text"])}


def render_interactive(content: dict[str, Any]) -> dict[str, Any]:
    action, rows = content["action"], None
    buttons: list[dict[str, Any]] = []
    if content["type"] == "button":
        replies = [button["reply"] for button in action["buttons"]]
        buttons = [{"type": "REPLY", "text": reply["title"], "id": reply["id"]} for reply in replies]
    elif content["type"] == "list":
        rows = {"button": action["button"], "sections": action["sections"]}
    elif content["type"] == "cta_url":
        link = action["parameters"]
        buttons = [{"type": "URL", "text": link["display_text"], "url": link["url"]}]
    elif content["type"] == "flow":
        buttons = [{"type": "FLOW", "text": action["parameters"]["flow_cta"]}]
    elif content["type"] == "location_request_message":
        buttons = [{"type": "LOCATION_REQUEST", "text": "Send location"}]
    elif content["type"] == "request_contact_info":
        buttons = [{"type": "CONTACT_REQUEST", "text": "Share contact info"}]
    header = content.get("header") or {}
    form = header.get("type", "")
    media = media_of(form, header[form]) if form in KINDS else None
    footer = (content.get("footer") or {}).get("text", "")
    return seen(content["body"]["text"], header.get("text", ""), footer, buttons, media=media, rows=rows)
