from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sandbox.testing.control import Control
from sandbox.testing.messages import Message, Messages

#: The smallest picture: one grey dot as PNG.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
DOCUMENT = b"%PDF-1.4\n%%EOF\n"


@dataclass(frozen=True, slots=True)
class Tap:
    """What a button did: `wamid` of the answer that went to the business, or what it copied, opened or dialled."""

    wamid: str = ""
    copied: str = ""
    url: str = ""
    phone_number: str = ""


class Person:
    """Somebody with a phone. What is said goes to the business at once; every act returns when the sandbox took it.

    Acts raise `ControlError` where a person could not do that, and `AssertionError` where the message that they are
    about is not there.
    """

    def __init__(self, control: Control, phone: str) -> None:
        self._control, self.phone = control, phone

    def __repr__(self) -> str:
        return f"<Person {self.phone}>"

    @property
    def inbox(self) -> Messages:
        """What has arrived on the phone, as the person sees it."""
        criteria = {"to": self.phone, "status": "delivered"}
        return Messages(self._control, f"The inbox of {self.phone}", outbound=True, criteria=criteria)

    @property
    def said(self) -> Messages:
        """What the person has sent."""
        title = f"What {self.phone} said"
        return Messages(self._control, title, outbound=False, criteria={"to": self.phone})

    @property
    def record(self) -> dict[str, Any]:
        """As `GET /sandbox/people/{phone}` shows it."""
        found: dict[str, Any] = self._control.get(self._path)
        return found

    @property
    def user_id(self) -> str:
        """The business-scoped user id."""
        return str(self.record["user_id"])

    @property
    def _path(self) -> str:
        return f"people/{quote(self.phone)}"

    def says(self, text: str, *, reply_to: Message | str = "", name: str = "") -> str:
        """Sends a text; the wamid."""
        return self._say(text=text, reply_to=reply_to, name=name)

    def reacts(self, emoji: str, to: Message | str = "") -> str:
        """To the latest message of the inbox unless `to` names another; an empty emoji takes it back."""
        return self._say(reaction={"message_id": self._wamid(to), "emoji": emoji})

    def sends_picture(self, data: bytes = PICTURE, *, mime_type: str = "image/png", caption: str = "") -> str:
        return self._say(image=media(data, mime_type=mime_type, caption=caption))

    def sends_document(
        self, data: bytes = DOCUMENT, *, filename: str = "document.pdf", mime_type: str = "application/pdf"
    ) -> str:
        return self._say(document=media(data, mime_type=mime_type, filename=filename))

    def sends_voice(self, data: bytes = b"OggS", *, mime_type: str = "audio/ogg; codecs=opus") -> str:
        return self._say(audio=media(data, mime_type=mime_type))

    def sends_location(self, latitude: float, longitude: float, *, name: str = "", address: str = "") -> str:
        place = {"name": name, "address": address}
        given = {key: value for key, value in place.items() if value}
        return self._say(location={"latitude": latitude, "longitude": longitude, **given})

    def sends_contact(self, name: str, phone: str) -> str:
        return self._say(contacts=[{"name": {"formatted_name": name}, "phones": [{"phone": phone}]}])

    def sends(self, *, reply_to: Message | str = "", **content: Any) -> str:
        """Anything that `POST /sandbox/reply` takes, for example `sends(unsupported={})`."""
        return self._say(reply_to=reply_to, **content)

    def edits(self, wamid: str, text: str) -> str:
        message = {"type": "text", "text": {"body": text}}
        return self._say(edit={"original_message_id": wamid, "message": message})

    def deletes(self, wamid: str) -> str:
        return self._say(revoke={"original_message_id": wamid})

    def _say(self, *, reply_to: Message | str = "", name: str = "", **content: Any) -> str:
        body: dict[str, Any] = {"from": self.phone, **content}
        if reply_to:
            body["context"] = self._wamid(reply_to)
        if name:
            body["name"] = name
        return str(self._control.post("reply", body)["wamid"])

    def _wamid(self, message: Message | str) -> str:
        if isinstance(message, Message):
            return message.wamid
        return message or self.inbox.last.wamid

    def taps(self, button: str, on: Message | None = None) -> Tap:
        """Presses the button with this text, on the latest message that has it unless `on` names another."""
        message = on or self._with(button, lambda message: message.buttons)
        place = message.buttons.index(button)
        return Tap(**self._control.post(f"{self._path}/tap", {"wamid": message.wamid, "button": place}))

    def chooses(self, row: str, on: Message | None = None) -> Tap:
        """Chooses the row with this title or id from a list."""
        message = on or self._with(row, lambda message: [*rows_of(message), *rows_of(message).values()])
        found = rows_of(message).get(row, row)
        return Tap(**self._control.post(f"{self._path}/tap", {"wamid": message.wamid, "row": found}))

    def _with(self, wanted: str, choices: Any) -> Message:
        inbox = list(self.inbox)
        found = [message for message in inbox if wanted in choices(message)]
        if not found:
            there = [choice for message in inbox for choice in choices(message)]
            raise AssertionError(
                f"no message of {self.phone} has {wanted!r}; there is {', '.join(map(repr, there)) or 'nothing'}"
            )
        return found[-1]

    def set(self, **fields: Any) -> Person:
        """Any field of `POST /sandbox/people/{phone}`."""
        self._control.post(self._path, fields)
        return self

    def reads(self) -> Person:
        """Opens the chat: what arrived and what arrives from now on is read."""
        return self.set(reads=True)

    def does_not_read(self) -> Person:
        return self.set(reads=False)

    def goes_offline(self) -> Person:
        return self.set(offline=True)

    def comes_back(self) -> Person:
        return self.set(offline=False)

    def blocks(self) -> Person:
        return self.set(blocked=True)

    def unblocks(self) -> Person:
        return self.set(blocked=False)

    def stops_marketing(self) -> Person:
        return self.set(stopped_marketing=True)

    def resumes_marketing(self) -> Person:
        return self.set(stopped_marketing=False)

    def hides_number(self) -> Person:
        """Is known by a username from now on: webhooks name the user id alone."""
        return self.set(hides_number=True)

    def shows_number(self) -> Person:
        return self.set(hides_number=False)

    def opens_window(self) -> Person:
        """As if something had just been said: free-form messages arrive for 24 hours."""
        return self.set(window_open=True)

    def closes_window(self) -> Person:
        return self.set(window_open=False)

    def refuses_with(self, code: int) -> Person:
        """Sends to this person are answered with the error `code`; 0 takes them again."""
        return self.set(refuse=code)

    def fails_with(self, code: int) -> Person:
        """Accepted messages to this person fail with `code`; 0 delivers them again."""
        return self.set(fail=code)

    def changes_number(self, to: str) -> Person:
        self._control.post(f"{self._path}/change-number", {"to": to})
        self.phone = to
        return self


def media(data: bytes, **more: str) -> dict[str, str]:
    given = {key: value for key, value in more.items() if value}
    return {"data": base64.b64encode(data).decode(), **given}


def rows_of(message: Message) -> dict[str, str]:
    """The ids of a list's rows by their titles."""
    sections = (message.rendered["list"] or {}).get("sections", ())
    return {row["title"]: row["id"] for section in sections for row in section.get("rows", ())}
