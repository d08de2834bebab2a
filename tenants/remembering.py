from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.conf import settings
from django.core.signals import setting_changed

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """What a function reads, at most CREDENTIALS_CACHE_SECONDS old in each process; a decorator.

    For what is asked at every turn and changed by an operator now and then.
    """

    def __init__(self, read: Callable[[], Value]) -> None:
        self._read = read
        self._known: tuple[float, Value] | None = None
        self.__doc__ = read.__doc__
        setting_changed.connect(self.forget)

    def __call__(self) -> Value:
        known = self._known
        if known is None or time.monotonic() - known[0] >= settings.CREDENTIALS_CACHE_SECONDS:
            known = self._known = (time.monotonic(), self._read())
        return known[1]

    def forget(self, **_: object) -> None:
        """The next reader asks anew."""
        self._known = None
