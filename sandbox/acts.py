"""What a person does with the phone: each act is what Meta would tell of it."""

from __future__ import annotations

import base64
from typing import Any

from sandbox.callbacks import Callbacks
from sandbox.envelopes import number_changed_update, preference_update
from sandbox.lifecycle import Lifecycle
from sandbox.people import Person, new_person, wa_id_of
from sandbox.records import RECEIVED_LIVES_SECONDS, Message, Number
from sandbox.rendering import rendered
from sandbox.store import Store

#: Code of a failure to deliver to a number that nobody uses any more.
NOT_ON_WHATSAPP = 131026
DEFAULT_MIME = {
    "image": "image/jpeg",
    "video": "video/mp4",
    "audio": "audio/ogg; codecs=opus",
    "document": "application/pdf",
    "sticker": "image/webp",
}
#: What Meta always adds to these (Meta, Webhooks, messages).
ALWAYS: dict[str, dict[str, Any]] = {"audio": {"voice": True}, "sticker": {"animated": False}}


class BadAct(ValueError):
    """The person cannot do that; the text says why."""


class Acts:
    def __init__(self, store: Store, callbacks: Callbacks, lifecycle: Lifecycle) -> None:
        self.store, self.callbacks, self.lifecycle = store, callbacks, lifecycle

    def say(self, person: Person, number: Number, kind: str, content: Any, context: str = "") -> Message:
        """Send a message of `kind` to the business. Raises `BadAct`."""
        if person.blocked:
            raise BadAct("this person has blocked the business: unblock first")
        payload: dict[str, Any] = {kind: content}
        if kind in DEFAULT_MIME:
            payload[kind] = self._media(number, kind, content)
        elif kind == "reaction":
            payload[kind] = self._reaction(person, content)
        elif kind in {"edit", "revoke"}:
            self._mend(person, kind, content)
        elif kind == "unsupported":
            payload = {"errors": [UNKNOWN_TYPE], **({kind: content} if content else {})}
        if context:
            quoted = self.store.messages.get(context)
            own = quoted is not None and not quoted.outbound
            payload["context"] = {"from": person.wa_id if own else number.digits, "id": context}
        return self.lifecycle.received(person, number, kind, payload)

    def _known(self, person: Person, wamid: str) -> Message:
        message = self.store.messages.get(wamid)
        if message is None or message.person is not person:
            raise BadAct(f"{wamid}: this person has no such message")
        return message

    def _media(self, number: Number, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        given = {key: value for key, value in content.items() if key not in {"data", "id"}}
        if "id" in content:
            media = self.store.media.get(content["id"])
            if media is None:
                raise BadAct(f"{kind}.id: no media has this id")
        else:
            mime = content.get("mime_type", DEFAULT_MIME[kind])
            try:
                data = base64.b64decode(content.get("data", ""), validate=True)
            except ValueError:
                raise BadAct(f"{kind}.data: not base64") from None
            if not data:
                raise BadAct(f"{kind}: id or data is required")
            name = content.get("filename", "")
            media = self.store.add_media(number.id, mime, data, name, RECEIVED_LIVES_SECONDS)
        shown = {"mime_type": media.mime_type, "sha256": media.sha256, "id": media.id}
        if kind == "document":
            given.setdefault("filename", media.filename or "document")
        return {**given, **shown, **ALWAYS.get(kind, {})}

    def _reaction(self, person: Person, content: dict[str, Any]) -> dict[str, Any]:
        target = self._known(person, content["message_id"])
        self.lifecycle.react(target, "person", content.get("emoji", ""))
        return {key: value for key, value in content.items() if value}

    def _mend(self, person: Person, kind: str, content: dict[str, Any]) -> None:
        original = self._known(person, content["original_message_id"])
        if original.outbound:
            raise BadAct("only an own message can be edited or deleted")
        if kind == "edit":
            original.payload[original.type] = content["message"][original.type]
            original.edited = True
        else:
            original.deleted = True
        self.store.touch(original)

    def tap(self, person: Person, wamid: str, button: int | None, row: str | None) -> dict[str, Any]:
        """Press a button of a message, or a row of its list: `{"wamid"}` of the answer that goes to the
        business, or `{"copied"}`, `{"url"}`, `{"phone_number"}` where nothing is sent. Raises `BadAct`."""
        message = self._known(person, wamid)
        if row is not None:
            return self._choose(person, message, row)
        buttons = rendered(message)["buttons"]
        if button is None or not 0 <= button < len(buttons):
            raise BadAct(f"button: the message has {len(buttons)} button(s), counted from 0")
        pressed = buttons[button]
        for key, result in (("code", "copied"), ("url", "url"), ("phone_number", "phone_number")):
            if key in pressed:
                return {result: pressed[key]}
        if "id" in pressed:
            reply = {"id": pressed["id"], "title": pressed["text"]}
            content: dict[str, Any] = {"type": "button_reply", "button_reply": reply}
            return {"wamid": self.say(person, message.number, "interactive", content, wamid).wamid}
        if "payload" in pressed:
            content = {"payload": pressed["payload"], "text": pressed["text"]}
            return {"wamid": self.say(person, message.number, "button", content, wamid).wamid}
        raise BadAct(f"button {button} ({pressed['type']}) sends nothing")

    def _choose(self, person: Person, message: Message, row_id: str) -> dict[str, Any]:
        interactive = message.payload.get("interactive", {})
        sections = interactive.get("action", {}).get("sections", ())
        rows = {row["id"]: row for section in sections for row in section.get("rows", ())}
        if row_id not in rows:
            raise BadAct(f"row: one of {', '.join(rows) or 'none, the message has no list'}")
        reply = {key: rows[row_id][key] for key in ("id", "title", "description") if key in rows[row_id]}
        content = {"type": "list_reply", "list_reply": reply}
        return {"wamid": self.say(person, message.number, "interactive", content, message.wamid).wamid}

    def set_marketing(self, person: Person, number: Number, *, stopped: bool) -> None:
        """Stop or resume offers; Meta tells it with the field `user_preferences`."""
        if person.stopped_marketing == stopped:
            return
        person.stopped_marketing = stopped
        self.store.touch(person)
        self.callbacks.tell(preference_update(person, number, int(self.store.now())))

    def set_offline(self, person: Person, *, offline: bool) -> None:
        was, person.offline = person.offline, offline
        self.store.touch(person)
        if was and not offline:
            self.lifecycle.came_back(person)

    def change_number(self, person: Person, number: Number, digits: str) -> Message:
        """The chat moves to the new number, which has another user id; the old one is nobody's from now on.

        Raises `BadAct` when the new number has messages of its own.
        """
        store, old, new = self.store, person.wa_id, wa_id_of(digits)
        taken = store.people.get(new)
        if new == old or (taken is not None and taken.messages):
            raise BadAct(f"{new} is in use")
        successor = new_person(new)
        del store.people[old]
        store.by_user_id.pop(person.user_id, None)
        deserted = new_person(old)
        deserted.fail = NOT_ON_WHATSAPP
        store.people[old] = deserted
        person.wa_id, person.user_id, person.identity_hash = new, successor.user_id, successor.identity_hash
        store.people[new] = store.by_user_id[person.user_id] = person
        store.touch(deserted, person)
        text = f"User {person.name} changed from {old} to {new}"
        system = {"body": text, "wa_id": new, "user_id": person.user_id, "type": "user_changed_number"}
        message = store.add_inbound(person, number, "system", {"system": system}, by_person=False)
        self.callbacks.tell(number_changed_update(message, old))
        return message


UNKNOWN_TYPE = {
    "code": 131051,
    "title": "Message type unknown",
    "message": "Message type unknown",
    "error_data": {"details": "Message type is currently not supported."},
}
