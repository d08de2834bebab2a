from __future__ import annotations


class IdempotencyConflict(ValueError):
    """The key was used before, for another message. Answer 409; choose a key per fact."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Idempotency key {key!r} belongs to another message: use one key for one fact.")


class NotRetryable(ValueError):
    """The message is under way, arrived, or was a one-time code; the text says which."""


class NotUncertain(ValueError):
    """The outcome of the message is known, so there is nothing to decide; the text says what it is."""
