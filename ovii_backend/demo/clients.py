"""The demo's only ways into the system: HTTP as an app or an operator's browser speaks it, and the phone."""

from __future__ import annotations

import re
from typing import Any

import requests

SECONDS = 15


class Unexpected(RuntimeError):
    """An answer that the story does not allow; the message holds the call and what came back."""


class Http:
    def __init__(self, base: str) -> None:
        self.base = base
        self.session = requests.Session()
        # Everything is on this machine: no proxy, no .netrc.
        self.session.trust_env = False

    def call(self, method: str, path: str, body: Any = None, expect: tuple[int, ...] = (200, 201, 202)) -> Any:
        answer = self.session.request(method, self.base + path, json=body, timeout=SECONDS)
        if answer.status_code not in expect:
            raise Unexpected(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json()

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any, expect: tuple[int, ...] = (200, 201, 202)) -> Any:
        return self.call("POST", path, body, expect)


class App(Http):
    """The app of one person, signed in by a one-time code."""

    def __init__(self, base: str, phone_number: str) -> None:
        super().__init__(base)
        self.phone_number = phone_number

    def ask_for_code(self) -> str:
        """The request's id."""
        return self.post("/api/users/otp/request/", {"phone_number": self.phone_number})["request_id"]

    def sign_in(self, request_id: str, code: str) -> None:
        tokens = self.post("/api/users/otp/verify/", {"request_id": request_id, "code": code})
        self.session.headers["Authorization"] = f"Bearer {tokens['access']}"

    def wallet(self) -> int:
        return self._wallet()["id"]

    def balance(self) -> str:
        return self._wallet()["balance"]

    def _wallet(self) -> dict[str, Any]:
        wallets = self.get("/api/wallets/")
        if len(wallets) != 1:
            raise Unexpected(f"{self.phone_number} has {len(wallets)} wallets, not one.")
        return wallets[0]

    def transfer(self, wallet: int, phone_number: str, amount: str) -> None:
        self.post("/api/wallets/transfer/", {"wallet": wallet, "phone_number": phone_number, "amount": amount})

    def pay(self, wallet: int, merchant: int, amount: str) -> None:
        self.post("/api/wallets/pay/", {"wallet": wallet, "merchant": merchant, "amount": amount})


class Operator(Http):
    """The operator's browser: signed in at the admin with a password."""

    def sign_in(self, phone_number: str, password: str) -> None:
        page = f"{self.base}/admin/login/"
        self.session.get(page, timeout=SECONDS)
        form = {"username": phone_number, "password": password, "csrfmiddlewaretoken": self._csrf()}
        answer = self.session.post(page + "?next=/admin/", data=form, timeout=SECONDS, allow_redirects=False)
        if answer.status_code != 302:
            raise Unexpected(f"The admin did not let the operator in: {answer.status_code}.")
        self.session.headers["X-CSRFToken"] = self._csrf()

    def deposit(self, wallet: int, amount: str) -> None:
        self.post("/api/wallets/deposit/", {"wallet": wallet, "amount": amount})

    def cannot_withdraw(self, wallet: int, amount: str) -> None:
        """Raises Unexpected unless it is refused for want of money."""
        answer = self.post("/api/wallets/withdraw/", {"wallet": wallet, "amount": amount}, expect=(422,))
        if answer["code"] != "insufficient_funds":
            raise Unexpected(f"The withdrawal was refused for another reason: {answer['detail']}")

    def _csrf(self) -> str:
        return self.session.cookies["csrftoken"]


class Phone(Http):
    """What stands on the phones: the sandbox's record."""

    def messages(self, phone_number: str) -> list[dict[str, Any]]:
        return self.get(f"/sandbox/messages?to={phone_number.removeprefix('+')}")["messages"]

    def code(self, phone_number: str) -> str:
        """The digits of the latest code on this phone, or nothing."""
        for message in reversed(self.messages(phone_number)):
            if message["template"] and message["template"]["name"] == "otp_verification":
                found = re.search(r"\b\d{4,10}\b", message["text"])
                return found.group() if found else ""
        return ""
