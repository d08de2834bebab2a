"""The turn of a management call: templates and numbers of one account share Meta's calls of an hour."""

from __future__ import annotations

import time
from collections.abc import Mapping

from integrations import buckets, limits
from integrations.exceptions import Outcome, Throttled, WhatsAppError
from integrations.whatsapp.usage import rest_of_account

# Somebody looks at the page that waits, or a task's slot is taken.
PATIENCE_SECONDS = 2.0


def await_turn(waba_id: str, *, registered: bool, creates: bool = False) -> None:
    """Take a token for one call, and one for a template that it creates. Call it outside of transactions.

    Raises Throttled when there is none within PATIENCE_SECONDS; its `retry_after` says when there is.
    """
    wishes = [limits.waba_wish(waba_id, registered=registered), limits.app_wish()]
    if creates:
        wishes.append(limits.creation_wish(waba_id))
    until = time.monotonic() + PATIENCE_SECONDS
    while not (grant := buckets.take_all(wishes)).granted:
        if time.monotonic() + grant.wait > until:
            raise Throttled(
                "The calls that Meta allows this account are used up: they go on by themselves.",
                bucket="waba",
                retry_after=grant.wait,
                outcome=Outcome.NOT_SENT,
            )
        time.sleep(grant.wait)


def heed(waba_id: str, headers: Mapping[str, str]) -> None:
    """Let the account rest where an answer's headers say that its calls are, or soon will be, used up."""
    buckets.pause(limits.waba_key(waba_id), rest_of_account(headers))


def heed_error(waba_id: str, error: WhatsAppError) -> None:
    """The same for a refusal, which may name the bucket that is throttled."""
    limits.pause_for(error, waba_id=waba_id)
    heed(waba_id, error.headers)
