from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


class DecryptionFailed(ImproperlyConfigured):
    """A stored secret opens with none of FIELD_ENCRYPTION_KEYS."""


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """The cipher of this installation: the first key encrypts, all of them decrypt."""
    if not settings.FIELD_ENCRYPTION_KEYS:
        raise ImproperlyConfigured("Set FIELD_ENCRYPTION_KEYS: stored secrets cannot be read or written.")
    try:
        return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))
    except ValueError as error:
        raise ImproperlyConfigured(
            "FIELD_ENCRYPTION_KEYS holds something that is no Fernet key: `manage.py check` says which."
        ) from error


class EncryptedTextField(models.TextField):
    """Text that the database holds only as a Fernet token. An empty string stays empty."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return cipher().encrypt(text.encode()).decode() if text else text

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value:
            return value
        try:
            return cipher().decrypt(value).decode()
        except InvalidToken as error:
            raise DecryptionFailed(
                f"{self.model.__name__}.{self.name} was encrypted under a key that FIELD_ENCRYPTION_KEYS "
                "no longer lists: add the old key behind the new one."
            ) from error
