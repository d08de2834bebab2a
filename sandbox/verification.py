"""The challenge that Meta puts to a callback address (Meta, Graph API, Webhooks, Verification requests)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
SHOWN_ANSWER = 1024
NO_ADDRESS = "no webhook address"


@dataclass(slots=True)
class Challenge:
    """One GET and what came back; `problem` is empty when the receiver answered rightly, else says what to do."""

    url: str
    challenge: str
    at: float
    http_status: int | None = None
    answer: str = ""
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Verification:
    """Asks until the receiver gives the challenge back; `outcome` is a sentence for a person; when it becomes
    another, `changed` is called and `say` gets it."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self.changed = changed
        self.say: Callable[[str], None] = lambda outcome: None
        self.verified = False
        self.outcome = NO_ADDRESS
        self.last: Challenge | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self, session: aiohttp.ClientSession, challenge: Challenge, token: str) -> None:
        self.cancel()
        self.verified, self.last = False, None
        self.outcome = f"{challenge.url} was not asked yet" if challenge.url else NO_ADDRESS
        if challenge.url:
            self._task = asyncio.get_running_loop().create_task(self._insist(session, challenge, token))

    def cancel(self) -> None:
        if self._task:
            self._task.cancel()

    async def again(self, session: aiohttp.ClientSession, challenge: Challenge, token: str) -> Challenge:
        """Asks now and shows what came; goes on asking in the background if it was wrong."""
        self.cancel()
        asked = await self._ask(session, challenge, token)
        if asked.problem:
            self._task = asyncio.get_running_loop().create_task(self._insist(session, challenge, token, PAUSES[0]))
        return asked

    async def _ask(self, session: aiohttp.ClientSession, challenge: Challenge, token: str) -> Challenge:
        before = self.outcome
        self.last = await ask(session, challenge, token)
        self.verified = not self.last.problem
        self.outcome = self.last.problem or f"{challenge.url} is verified"
        if self.outcome != before:
            self.changed()
            self.say(self.outcome)
        return self.last

    async def _insist(
        self, session: aiohttp.ClientSession, challenge: Challenge, token: str, pause: float = 0.0
    ) -> None:
        await asyncio.sleep(pause)
        attempt = 0
        while (await self._ask(session, challenge, token)).problem:
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1


async def ask(session: aiohttp.ClientSession, challenge: Challenge, token: str) -> Challenge:
    """The same challenge with the receiver's answer."""
    url, text = challenge.url, challenge.challenge
    asked = Challenge(url, text, challenge.at)
    query = urlencode({"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": text})
    try:
        async with session.get(f"{url}{'&' if '?' in url else '?'}{query}") as answer:
            asked.answer = (await answer.content.read(SHOWN_ANSWER)).decode(errors="replace")
            asked.http_status = answer.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        asked.problem = f"{url} cannot be reached yet ({type(error).__name__}); asking again"
    else:
        asked.problem = problem_of(asked)
    return asked


def problem_of(asked: Challenge) -> str:
    if asked.http_status == 403:
        return f"{asked.url} refused the verify token (403); compare --verify-token with the receiver's"
    if asked.http_status != 200:
        return f"{asked.url} answered the challenge with HTTP {asked.http_status}; 200 is needed"
    if asked.answer != asked.challenge:
        return f"{asked.url} did not give back the bare challenge as text"
    return ""
