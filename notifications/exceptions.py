from __future__ import annotations


class IdempotencyConflict(ValueError):
    """The key was used before, for another message. Answer 409; choose a key per fact."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Idempotency key {key!r} belongs to another message: use one key for one fact.")


class NotRetryable(ValueError):
    """The message is under way, arrived, or was a one-time code; the text says which."""


class PersonBusy(RuntimeError):
    """Messages to the person are on the wire: what becomes of them is not known yet."""

    def __init__(self, leaving: int) -> None:
        subject = "A message to this person is" if leaving == 1 else f"{leaving} messages to this person are"
        super().__init__(f"{subject} on the wire: try again in a minute.")


class NotUncertain(ValueError):
    """The outcome of the message is known, so there is nothing to decide; the text says what it is."""
