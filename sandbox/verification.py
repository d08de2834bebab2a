"""The challenge that Meta puts to a callback address (Meta, Graph API, Webhooks, Verification requests)."""

from __future__ import annotations

import asyncio
import sys
from urllib.parse import urlencode

import aiohttp

PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)


class Verification:
    """Asks until the receiver gives the challenge back; `outcome` is a sentence for a person."""

    def __init__(self) -> None:
        self.verified = False
        self.outcome = "no webhook address"
        self._task: asyncio.Task[None] | None = None

    def begin(self, session: aiohttp.ClientSession, url: str, token: str, challenge: str) -> None:
        self.cancel()
        if not url:
            self.verified, self.outcome = False, "no webhook address"
            return
        self.verified, self.outcome = False, f"{url} was not asked yet"
        self._task = asyncio.get_running_loop().create_task(self._ask(session, url, token, challenge))

    def cancel(self) -> None:
        if self._task:
            self._task.cancel()

    async def _ask(self, session: aiohttp.ClientSession, url: str, token: str, challenge: str) -> None:
        attempt = 0
        while not self.verified:
            before = self.outcome
            self.outcome = await ask(session, url, token, challenge)
            self.verified = not self.outcome
            if self.verified:
                self.outcome = f"{url} is verified"
            if self.outcome != before:
                print(f"Webhook: {self.outcome}", file=sys.stderr, flush=True)
            if not self.verified:
                await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1


async def ask(session: aiohttp.ClientSession, url: str, token: str, challenge: str) -> str:
    """Empty when the receiver answered rightly, else what was wrong and what to do."""
    query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": challenge}
    address = f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
    try:
        async with session.get(address) as answer:
            text = (await answer.content.read(1024)).decode(errors="replace")
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return f"{url} cannot be reached yet ({type(error).__name__}); asking again"
    if answer.status == 403:
        return f"{url} refused the verify token (403); compare --verify-token with the receiver's"
    if answer.status != 200:
        return f"{url} answered the challenge with HTTP {answer.status}; 200 is needed"
    if text != challenge:
        return f"{url} did not give back the bare challenge as text"
    return ""
