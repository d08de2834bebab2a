from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.rules.variables import placeholders
from sandbox.testing.control import Control


@dataclass(frozen=True, slots=True)
class Template:
    """`record` is the sandbox's whole record of it."""

    id: str
    name: str
    language: str
    category: str
    status: str
    rejected_reason: str
    quality: str
    components: list[dict[str, Any]] = field(repr=False)
    record: dict[str, Any] = field(repr=False)


def read_template(record: dict[str, Any]) -> Template:
    names = ("id", "name", "language", "category", "status", "rejected_reason", "quality", "components")
    return Template(**{name: record[name] for name in names}, record=record)


class Templates:
    """The account's templates. Raises `ControlError` for what Meta would refuse and for a name that is not there."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def __iter__(self) -> Iterator[Template]:
        return (read_template(record) for record in self._control.get("templates")["templates"])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return any(template.name == name for template in self)

    def get(self, name: str, language: str | None = None) -> Template:
        """Raises `AssertionError` that lists what there is."""
        known = list(self)
        for template in known:
            if template.name == name and language in (None, template.language):
                return template
        there = ", ".join(f"{each.name} ({each.language}, {each.status})" for each in known) or "none"
        raise AssertionError(f"no template {name!r}{f' in {language}' if language else ''}; there is {there}")

    def add(
        self,
        name: str,
        body: str = "",
        *,
        category: str = "UTILITY",
        language: str = "en_US",
        examples: Sequence[str] = (),
        header: str = "",
        footer: str = "",
        buttons: Sequence[dict[str, Any]] = (),
        components: Sequence[dict[str, Any]] | None = None,
        **more: Any,
    ) -> Template:
        """Add an approved template, from its texts or from `components` as Meta takes them; `buttons` too are Meta's.

        Variables need examples at Meta: what `examples` lacks is made up. `more` goes into the creation as it is.
        """
        parts = composed(body, examples, header, footer, buttons) if components is None else list(components)
        wish = {"name": name, "language": language, "category": category, "components": parts, **more}
        return read_template(self._control.post("templates", wish))

    def add_login(
        self, name: str = "login_code", *, language: str = "en_US", minutes: int = 5, button: str = "Copy code"
    ) -> Template:
        """Add an approved authentication template with a copy-code button and Meta's own text."""
        components: list[dict[str, Any]] = [
            {"type": "BODY", "add_security_recommendation": True},
            {"type": "FOOTER", "code_expiration_minutes": minutes},
            {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": button}]},
        ]
        return self.add(name, category="AUTHENTICATION", language=language, components=components)

    def approve(self, name: str, language: str | None = None) -> Template:
        return self.act(name, "approve", language=language)

    def reject(self, name: str, reason: str = "INVALID_FORMAT", language: str | None = None) -> Template:
        return self.act(name, "reject", language=language, reason=reason)

    def pause(self, name: str, language: str | None = None) -> Template:
        """For low quality: three hours, then six; a third time it is disabled."""
        return self.act(name, "pause", language=language)

    def unpause(self, name: str, language: str | None = None) -> Template:
        return self.act(name, "unpause", language=language)

    def disable(self, name: str, language: str | None = None) -> Template:
        return self.act(name, "disable", language=language)

    def flag(self, name: str, language: str | None = None) -> Template:
        return self.act(name, "flag", language=language)

    def archive(self, name: str, language: str | None = None) -> Template:
        return self.act(name, "archive", language=language)

    def unarchive(self, name: str, language: str | None = None) -> Template:
        return self.act(name, "unarchive", language=language)

    def delete(self, name: str, language: str | None = None) -> Template:
        return self.act(name, "delete", language=language)

    def change_category(self, name: str, category: str, *, announced: bool = False) -> Template:
        return self.act(name, "category", category=category, announced=announced)

    def change_quality(self, name: str, score: str) -> Template:
        """`score` is GREEN, YELLOW, RED or UNKNOWN."""
        return self.act(name, "quality", score=score)

    def act(self, name: str, action: str, **body: Any) -> Template:
        """Any action of `POST /sandbox/templates/{name}/{action}`, in all languages unless one is named."""
        given = {key: value for key, value in body.items() if value is not None}
        return read_template(self._control.post(f"templates/{name}/{action}", given)["templates"][0])


def composed(
    body: str, examples: Sequence[str], header: str, footer: str, buttons: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if header:
        parts.append({"type": "HEADER", "format": "TEXT", "text": header})
    parts.append({"type": "BODY", "text": body})
    names = placeholders(body)
    values = [*examples, *(f"Example {place + 1}" for place in range(len(examples), len(names)))]
    if names and all(name.isdigit() for name in names):
        parts[-1]["example"] = {"body_text": [values]}
    elif names:
        named = [{"param_name": name, "example": value} for name, value in zip(names, values, strict=True)]
        parts[-1]["example"] = {"body_text_named_params": named}
    if footer:
        parts.append({"type": "FOOTER", "text": footer})
    if buttons:
        parts.append({"type": "BUTTONS", "buttons": list(buttons)})
    return parts
