from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.options import Options
from sandbox.testing.account import Clock, Limits, Numbers
from sandbox.testing.control import PATIENCE_SECONDS, Control, wait_until
from sandbox.testing.faults import Faults
from sandbox.testing.messages import Messages
from sandbox.testing.person import Person
from sandbox.testing.templates import Templates
from sandbox.testing.webhooks import Webhooks

VERSION = "v25.0"


class CloudApi:
    """One running sandbox from a test's point of view.

    Everything goes over HTTP to the control API, so it may be used from any thread and against a sandbox in another
    process or on another machine. Whatever is read is looked up at that moment.
    """

    def __init__(self, url: str, options: Options | None = None) -> None:
        """`options` are those of a sandbox of our own: `reset` brings address and secrets back to them."""
        self.url, self._options = url.rstrip("/"), options
        self.control = Control(self.url)
        self.templates = Templates(self.control)
        self.faults = Faults(self.control)
        self.webhooks = Webhooks(self.control)
        self.clock = Clock(self.control)
        self.limits = Limits(self.control)
        self.numbers = Numbers(self.control)

    def __repr__(self) -> str:
        return f"<CloudApi {self.url}>"

    @property
    def graph_url(self) -> str:
        """In the place of `https://graph.facebook.com/v25.0`; `url` stands in that of the bare host."""
        return f"{self.url}/{VERSION}"

    @property
    def account(self) -> dict[str, Any]:
        """As `GET /sandbox/account` shows it."""
        found: dict[str, Any] = self.control.get("account")
        return found

    @property
    def phone_number_id(self) -> str:
        return str(self.account["numbers"][0]["id"])

    @property
    def waba_id(self) -> str:
        return str(self.account["waba_id"])

    @property
    def access_token(self) -> str:
        return str(self.account["access_token"])

    @property
    def app_secret(self) -> str:
        return str(self.account["app_secret"])

    @property
    def verify_token(self) -> str:
        return str(self.account["verify_token"])

    def environment(self, prefix: str = "WHATSAPP_") -> dict[str, str]:
        """The settings of a client, by name; rename what yours calls otherwise."""
        account = self.account
        values = {
            "GRAPH_URL": self.url,
            "API_VERSION": VERSION,
            "PHONE_NUMBER_ID": account["numbers"][0]["id"],
            "WABA_ID": account["waba_id"],
            "BUSINESS_ACCOUNT_ID": account["waba_id"],
            "ACCESS_TOKEN": account["access_token"],
            "APP_SECRET": account["app_secret"],
            "WEBHOOK_VERIFY_TOKEN": account["verify_token"],
        }
        return {prefix + name: str(value) for name, value in values.items()}

    @property
    def outbox(self) -> Messages:
        """What the business has sent, to whomever and whatever became of it."""
        return Messages(self.control, "The outbox", outbound=True, criteria={})

    def person(self, phone: str, name: str = "") -> Person:
        """The person with this number, in any spelling; `name` is what the business sees."""
        person = Person(self.control, phone)
        return person.set(name=name) if name else person

    def expire_token(self) -> None:
        """Calls are answered with code 190, subcode 463, until `renew_token`."""
        self.control.post("token", {"expired": True})

    def renew_token(self, access_token: str = "") -> None:
        """The token holds again; with a new one, only that."""
        self.control.post("token", {"expired": False, **({"access_token": access_token} if access_token else {})})

    def announces(self, field: str, **value: Any) -> None:
        """Lets Meta tell something of the account: `announces("account_update", event="…")`."""
        self.control.post("account", {"field": field, "value": value})

    def export(self) -> dict[str, Any]:
        """Everything as one document of plain JSON, for `import_`."""
        document: dict[str, Any] = self.control.get("export")
        return document

    def import_(self, document: dict[str, Any]) -> None:
        self.control.post("import", document)

    def wait_until(self, condition: Callable[[], object], timeout: float = PATIENCE_SECONDS) -> None:
        """Looks again and again till the condition is true; `timeout` in seconds. Raises `AssertionError`."""
        if wait_until(lambda: bool(condition()) or None, timeout) is None:
            raise AssertionError(f"it did not happen within {timeout:g} s. The outbox: {self.outbox!r}")

    def reset(self) -> None:
        """As new: no messages, people, templates, faults and deliveries; the clock and the limits as at the start.

        A sandbox of our own also gets its first webhook address and secrets back.
        """
        self.webhooks.stop_collecting()
        self.control.post("reset")
        if self._options is not None:
            self.webhooks.restore(self._options)
