"""The story: two people sign in by code, money comes in and moves, and everybody hears of it once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, TypeVar

import requests

from ovii_backend.demo.cast import BAKERY, NAMES, OPERATOR, RUDO, TARIRO
from ovii_backend.demo.clients import App, Operator, Phone, Unexpected
from ovii_backend.demo.stage import Stage
from ovii_backend.terminal import Paint

T = TypeVar("T")
PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.1
# Beat sweeps every two seconds; whatever would send something a second time has done so by then.
SWEEP_SECONDS = 2.5


@dataclass(frozen=True, slots=True)
class Expected:
    """A message that somebody must get exactly once, and when its cause was asked for (Unix time)."""

    phone_number: str
    template: str
    asked_at: float


class Observer:
    """Looks at the operator's list again and again and notes when each status was first seen there."""

    STATUSES = ("SENT", "DELIVERED", "READ")

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.rows: list[dict[str, Any]] = []
        self.first_seen: dict[tuple[int, str], float] = {}
        self.problem = ""
        self._stopped = Event()
        self._thread = Thread(target=self._watch, name="observer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=5)

    def _watch(self) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            try:
                rows = self.operator.get("/api/notifications/")["results"]
            except (Unexpected, requests.RequestException) as error:
                self.problem = str(error)
                continue
            now = time.time()
            for row in rows:
                if row["status"] in self.STATUSES:
                    # Whoever has read a message has also got it: a step that came between two looks counts too.
                    for status in self.STATUSES[: self.STATUSES.index(row["status"]) + 1]:
                        self.first_seen.setdefault((row["id"], status), now)
            self.rows = rows


class Scenario:
    def __init__(self, stage: Stage, say: Callable[[str], None], paint: Paint) -> None:
        self.stage, self.say, self.paint = stage, say, paint
        self.phone = Phone(stage.sandbox)
        self.operator = Operator(stage.web)
        self.observer = Observer(self.operator)
        self.apps: dict[str, App] = {}
        self.expected: list[Expected] = []

    def step(self, sentence: str, action: Callable[[], T]) -> T:
        """Does it and prints the sentence with the seconds that it took."""
        begin = time.monotonic()
        result = action()
        took = f"{time.monotonic() - begin:6.2f} s"
        self.say(f"  {self.paint.good('✓')} {self.paint.dim(took)}  {sentence}")
        return result

    def until(self, what: str, found: Callable[[], T]) -> T:
        """Asks until there is something. Raises Unexpected when there is nothing after PATIENCE_SECONDS."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (result := found()):
            if time.monotonic() > deadline:
                raise Unexpected(f"{what}: not within {PATIENCE_SECONDS:.0f} s.")
            time.sleep(POLL_SECONDS / 2)
        return result

    def expect(self, template: str, *phone_numbers: str) -> None:
        now = time.time()
        self.expected += [Expected(phone_number, template, now) for phone_number in phone_numbers]

    def play(self) -> None:
        self.step("the operator signs in to the admin", lambda: self.operator.sign_in(OPERATOR, self.stage.password))
        self.step("all templates are approved", self.templates_are_approved)
        self.observer.start()
        try:
            self.people_sign_in()
            self.money_moves()
            self.step("every message is READ", self.everything_is_read)
            self.step("and none comes again in the next sweep", lambda: time.sleep(SWEEP_SECONDS))
        finally:
            self.observer.stop()

    def templates_are_approved(self) -> None:
        def approved() -> bool:
            counts = self.operator.get("/api/v1/whatsapp/health")["templates"]
            return set(counts) == {"APPROVED"}

        self.until("The templates are approved", approved)

    def people_sign_in(self) -> None:
        for phone_number in (TARIRO, RUDO, BAKERY):
            app = self.apps[phone_number] = App(self.stage.web, phone_number)
            self.sign_in(app, NAMES[phone_number])

    def sign_in(self, app: App, name: str) -> None:
        self.expect("otp_verification", app.phone_number)
        request_id = self.step(f"{name} asks for a code", app.ask_for_code)
        code = self.step(f"{name} reads it on the phone", lambda: self.code_of(app))
        self.step(f"{name} is signed in", lambda: app.sign_in(request_id, code))

    def code_of(self, app: App) -> str:
        name = NAMES[app.phone_number]
        return self.until(f"{name}'s code is on the phone", lambda: self.phone.code(app.phone_number))

    def money_moves(self) -> None:
        tariro, rudo, bakery = (app.wallet() for app in self.apps.values())
        self.expect("deposit_confirmed", TARIRO)
        self.step("the operator books 100.00 in cash for Tariro", lambda: self.operator.deposit(tariro, "100.00"))
        self.expect("transaction_sent", TARIRO)
        self.expect("transaction_received", RUDO)
        self.step("Tariro sends 25.00 to Rudo", lambda: self.apps[TARIRO].transfer(tariro, RUDO, "25.00"))
        self.expect("payment_sent", RUDO)
        self.expect("payment_received", BAKERY)
        self.step("Rudo pays 7.50 at the Corner Bakery", lambda: self.apps[RUDO].pay(rudo, bakery, "7.50"))
        self.expect("withdrawal_failed", RUDO)
        self.step("Rudo cannot withdraw 500.00", lambda: self.operator.cannot_withdraw(rudo, "500.00"))
        self.step("the balances are 75.00, 17.50 and 7.50", self.balances_are_right)

    def balances_are_right(self) -> None:
        balances = [app.balance() for app in self.apps.values()]
        if balances != ["75.00", "17.50", "7.50"]:
            raise Unexpected(f"The balances are {balances}.")

    def everything_is_read(self) -> None:
        def all_read() -> bool:
            rows = self.observer.rows
            return len(rows) >= len(self.expected) and all(row["status"] == "READ" for row in rows)

        try:
            self.until("Every message is READ", all_read)
        except Unexpected as error:
            statuses = Counter(row["status"] for row in self.observer.rows)
            raise Unexpected(f"{error} Seen: {dict(statuses)}. {self.observer.problem}") from None
