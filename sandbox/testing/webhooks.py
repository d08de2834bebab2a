from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from sandbox.options import Options
from sandbox.testing.control import PATIENCE_SECONDS, Control, wait_until
from sandbox.testing.receiver import Receiver, receiving

LARGEST_PAGE = 1000
#: What falls due so soon counts as under way.
SOON_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST to the webhook: `body` are its exact bytes, `outcome` is delivered, refused, failed or dropped.

    `events` are pairs of what is told (a status, `received`, `APPROVED`) and the id that it is about; `record` is the
    sandbox's own.
    """

    id: int
    outcome: str
    http_status: int | None
    attempt: int
    events: tuple[tuple[str, str], ...]
    signature: str
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    record: dict[str, Any] = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def changes(self) -> list[Any]:
        return [change for entry in self.json["entry"] for change in entry["changes"]]

    def __str__(self) -> str:
        told = ", ".join(event for event, _ in self.events[:5])
        return f"{self.id}. {told} → {self.outcome} {self.record['problem'] or self.http_status or ''}".strip()


def read_delivery(record: dict[str, Any]) -> Delivery:
    return Delivery(
        id=record["id"],
        outcome=record["outcome"],
        http_status=record["http_status"],
        attempt=record["attempt"],
        events=tuple((event, subject) for event, subject in record["events"]),
        signature=record["signature"],
        body=record["body"].encode(),
        headers=record["request_headers"],
        record=record,
    )


class Webhooks:
    """Where webhooks go, what was posted, and what came of it."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._receivers = ExitStack()

    @property
    def state(self) -> dict[str, Any]:
        """As `GET /sandbox/webhooks` shows it, without the deliveries."""
        shown = self._control.get("webhooks", limit=1, brief=1)
        return {name: value for name, value in shown.items() if name not in ("deliveries", "next")}

    @property
    def url(self) -> str:
        return str(self.state["url"])

    @url.setter
    def url(self, url: str) -> None:
        """The address is verified in the background; `verify` waits for the answer. Empty: nothing is posted."""
        self.set(url=url)

    def set(self, **settings: Any) -> None:
        """Any of `url`, `app_secret`, `verify_token`, `escape_slashes`."""
        self._control.post("webhook", settings)

    def verify(self) -> None:
        """Puts the challenge to the address. Raises `AssertionError` with what is wrong."""
        asked = self._control.post("webhook/verify")
        if not asked["verified"]:
            raise AssertionError(asked["problem"])

    def collect(self) -> Receiver:
        """A receiver of its own that takes all webhooks till the test ends, for tests without a server.

        Hand what it got to your own view: `client.post(path, post.body, headers=post.headers)`.
        """
        receiver = self._receivers.enter_context(receiving(str(self.state["verify_token"])))
        self.url = receiver.url
        return receiver

    def stop_collecting(self) -> None:
        self._receivers.close()

    def restore(self, options: Options) -> None:
        """Address and secrets as at the start."""
        secrets = {"app_secret": options.app_secret, "verify_token": options.verify_token}
        self.set(url=options.webhook_url, escape_slashes=False, **secrets)

    @property
    def deliveries(self) -> list[Delivery]:
        """Oldest first, the attempts that failed among them."""
        return self.where()

    def where(self, **query: Any) -> list[Delivery]:
        """Those that fit `outcome`, `event`, `wamid` or `first`, oldest first."""
        records = list(self._records(query))
        return [read_delivery(record) for record in reversed(records)]

    def _records(self, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        more: dict[str, Any] = {}
        while more is not None:
            page = self._control.get("webhooks", limit=LARGEST_PAGE, **query, **more)
            for record in page["deliveries"]:
                shown = bool(record["body"]) or not record["size"]
                yield record if shown else self._control.get(f"webhooks/{record['id']}")
            if page["next"] is None:
                return
            more = {"before": page["next"]}

    def resend(self, delivery: Delivery | int) -> Delivery:
        """The same bytes again; what came back."""
        delivery_id = delivery if isinstance(delivery, int) else delivery.id
        return read_delivery(self._control.post(f"webhooks/{delivery_id}/resend"))

    def raw(self, body: Any, *, sign: bool | str = True, headers: dict[str, str] | None = None) -> Delivery:
        """Posts anything: JSON is written as Meta does, text goes as it is; `sign` is True, False or "wrong"."""
        wish = {"body": body, "sign": sign, "headers": headers or {}}
        return read_delivery(self._control.post("webhooks/raw", wish))

    def settled(self, timeout: float = PATIENCE_SECONDS) -> list[Delivery]:
        """Waits until all that is due was posted and answered; the deliveries. `timeout` in seconds.

        Raises `AssertionError` that says what is still under way.
        """
        if wait_until(self._is_settled, timeout) is None:
            raise AssertionError(self._unsettled(timeout))
        return self.deliveries

    def _is_settled(self) -> bool | None:
        # The plan first: what it brings forth meanwhile stands in the state that is read after it.
        if self._coming():
            return None
        state = self.state
        return None if state["waiting"] or state["under_way"] or state["again"] else True

    def _coming(self) -> list[str]:
        """What will happen soon by itself; on a manual clock nothing does."""
        clock = self._control.get("clock")
        last = clock["now"] + SOON_SECONDS
        return [step["what"] for step in clock["coming"] if step["at"] <= last and not clock["manual"]]

    def _unsettled(self, timeout: float) -> str:
        state, coming = self.state, ", ".join(self._coming()) or "nothing"
        last = "".join(f"\n  {delivery}" for delivery in self.deliveries[-5:])
        return (
            f"webhooks are not settled after {timeout:g} s: {state['waiting']} wait, {state['under_way']} are under "
            f"way, {state['again']} come again, planned is {coming}. The address is {state['url'] or 'empty'}; "
            f"{state['outcome']}. The last deliveries:{last or ' none'}"
        )
