"""A message as the person sees it."""

from __future__ import annotations

from typing import Any

from sandbox.rules.variables import fill, placeholders
from sandbox.store import Message

OTP_ADDRESS = "https://www.whatsapp.com/otp/code/"


def rendered(message: Message) -> dict[str, Any]:
    """`{"header", "body", "footer", "buttons"}`: texts are "" where there is none; a button is
    `{"type", "text"}` and its `code`, `url`, `phone_number`, `payload` or `id`."""
    if message.template is not None:
        return render_template(message)
    content = message.payload.get(message.type)
    if message.type == "interactive" and message.outbound and isinstance(content, dict):
        return render_interactive(content)
    return seen(plain_text(message.type, content))


def plain_text(kind: str, content: Any) -> str:
    if not isinstance(content, dict):
        return ""
    if kind == "text":
        return str(content.get("body", ""))
    if kind == "button":
        return str(content.get("text", ""))
    reply = content.get("button_reply") or content.get("list_reply") or {}
    return str(reply.get("title", ""))


def seen(body: str, header: str = "", footer: str = "", buttons: Any = ()) -> dict[str, Any]:
    return {"header": header, "body": body, "footer": footer, "buttons": list(buttons)}


def render_template(message: Message) -> dict[str, Any]:
    template = message.template
    assert template is not None
    sent = message.payload["template"].get("components") or []
    header = body = footer = ""
    buttons: list[dict[str, Any]] = []
    for component in template.components:
        kind, text = component["type"], component.get("text", "")
        if kind == "HEADER":
            header = substituted(text, parameters(sent, "header")) or f"[{component['format'].title()}]"
        elif kind == "BODY":
            body = substituted(text, parameters(sent, "body"))
        elif kind == "FOOTER":
            footer = text
        elif kind == "BUTTONS":
            buttons = [
                render_button(button, parameters(sent, "button", index))
                for index, button in enumerate(component["buttons"])
            ]
    return seen(body, header, footer, buttons)


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
    action = content["action"]
    if content["type"] == "button":
        replies = [button["reply"] for button in action["buttons"]]
        buttons = [{"type": "REPLY", "text": reply["title"], "id": reply["id"]} for reply in replies]
    elif content["type"] == "list":
        rows = [row for section in action["sections"] for row in section.get("rows", ())]
        buttons = [{"type": "ROW", "text": row["title"], "id": row["id"]} for row in rows]
    else:
        link = action["parameters"]
        buttons = [{"type": "URL", "text": link["display_text"], "url": link["url"]}]
    header = content.get("header", {}).get("text", "")
    return seen(content["body"]["text"], header, content.get("footer", {}).get("text", ""), buttons)
