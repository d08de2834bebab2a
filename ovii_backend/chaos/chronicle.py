"""The sandbox's record: what it took, what it told of it, and what came of the telling."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from ovii_backend.chaos.plan import OTP_TEMPLATE, Planned

SECONDS = 120
PAGE = 500
LOOK_SECONDS = 1.0
KEY = re.compile(r"CH\d+-\d{6}")
CODE = re.compile(r"\b\d{4,10}\b")


@dataclass(frozen=True, slots=True)
class Told:
    """One status in one POST to the webhook; `arrived` when it was answered with 2xx."""

    at: float
    status: str
    arrived: bool
    outcome: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that Meta took. `key` is what its text says, or whose code it is; empty where that is unknown."""

    wamid: str
    key: str
    phone: str
    at: float
    status: str
    callback_data: str = ""
    code: str = ""
    told: tuple[Told, ...] = ()

    def arrived(self) -> list[str]:
        """The statuses that reached us."""
        return [told.status for told in self.told if told.arrived]


class Meta:
    """The sandbox's control over HTTP."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Raises requests.RequestException."""
        answer = self.session.request(method, f"{self.base}/sandbox/{path}", json=body, timeout=SECONDS)
        answer.raise_for_status()
        return answer.json()

    def prepare(self, faults: Iterable[Mapping[str, Any]], people: Mapping[str, Mapping[str, Any]]) -> None:
        for phone, fields in people.items():
            self.call("POST", f"people/{phone.removeprefix('+')}", dict(fields))
        for fault in faults:
            self.call("POST", "faults", dict(fault))

    def at_rest(self) -> bool:
        """Nothing is still to be told."""
        state = self.call("GET", "webhooks?limit=1&brief=1")
        planned = self.call("GET", "clock")["planned"]
        return not (state["waiting"] or state["again"] or planned)

    def lost_webhooks(self) -> int:
        return self.call("GET", "webhooks?limit=1&brief=1")["lost"]


class Chronicle:
    """Reads the log of webhooks while it is written, for the sandbox forgets its oldest entries."""

    def __init__(self, base: str) -> None:
        self.meta = Meta(base)
        self.told: dict[str, list[Told]] = defaultdict(list)
        self.posts = 0
        self._last_id = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="chronicle", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Reads what came since the last look. Raises requests.RequestException."""
        self._over.set()
        self._thread.join(timeout=SECONDS)
        self.look()

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            try:
                self.look()
            except requests.RequestException:
                continue  # the sandbox is busy: the next look finds the same entries

    def look(self) -> None:
        fresh: list[dict[str, Any]] = []
        before: int | None = None
        while True:
            page = self.meta.call("GET", f"webhooks?limit={PAGE}&brief=1" + (f"&before={before}" if before else ""))
            fresh += [entry for entry in page["deliveries"] if entry["id"] > self._last_id]
            before = page["next"]
            if before is None or before <= self._last_id + 1:
                break
        for entry in reversed(fresh):
            self._keep(entry)

    def _keep(self, entry: Mapping[str, Any]) -> None:
        events = entry["events"]
        if entry["updates"] > len(events):
            events = self.meta.call("GET", f"webhooks/{entry['id']}")["events"]
        for status, subject in events:
            told = Told(entry["at"], status, entry["outcome"] == "delivered", entry["outcome"])
            self.told[subject].append(told)
        self.posts += 1
        self._last_id = entry["id"]

    def taken(self, planned: Iterable[Planned]) -> list[Taken]:
        """Everything that Meta took, in its order."""
        of_code = {one.phone: one.key for one in planned if one.lane == "otp"}
        records = self.meta.call("GET", "messages")["messages"]
        return [self._taken(record, of_code) for record in records if record["direction"] == "out"]

    def _taken(self, record: Mapping[str, Any], of_code: Mapping[str, str]) -> Taken:
        phone, text = f"+{record['to']}", record["text"]
        code, key = "", ""
        if record["template"] and record["template"]["name"] == OTP_TEMPLATE:
            code, key = _found(CODE, text), of_code.get(phone, "")
        return Taken(
            record["wamid"],
            key or _found(KEY, text),
            phone,
            record["at"],
            record["status"],
            record["callback_data"] or "",
            code,
            tuple(self.told.get(record["wamid"], ())),
        )


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match.group() if match else ""
