"""The facts that this app tells, inside the money's transaction, as `(sender=Transaction, transaction)`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from django.db import transaction
from django.dispatch import Signal


class SavepointSignal(Signal):
    """A signal whose receivers each run in their own savepoint.

    What a receiver wrote before it raised is taken back, and the transaction around it stays usable; together
    with `send_robust`, which logs the traceback, no receiver can touch the money. `transaction.on_commit` works
    as ever. Receivers are plain functions: one that is a coroutine would run outside the transaction.
    """

    def connect(self, receiver: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        if iscoroutinefunction(receiver):
            raise TypeError(f"{receiver!r} is a coroutine: it cannot take part in the transaction.")
        super().connect(receiver, *args, **kwargs)

    def _live_receivers(self, sender: Any) -> tuple[list[Callable[..., Any]], list[Callable[..., Any]]]:
        receivers, coroutines = super()._live_receivers(sender)
        return [_in_savepoint(receiver) for receiver in receivers], coroutines


def _in_savepoint(receiver: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(receiver)
    def run(*args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            return receiver(*args, **kwargs)

    return run


transaction_completed = SavepointSignal()
transaction_failed = SavepointSignal()
