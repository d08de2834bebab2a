from __future__ import annotations

from users.exceptions import Refusal


class IdempotencyConflict(Refusal):
    """The key was used for another movement. The caller must take a new key; trying again does not help."""

    http_status = 409
    code = "idempotency_conflict"
    sentence = "This Idempotency-Key was used for another movement. Use a new one."


class NoSuchWallet(Refusal):
    """The wallet is not there, or not one that this caller may know of."""

    http_status = 404
    code = "no_such_wallet"
    sentence = "There is no such wallet."
