"""`manage.py test integrations.tests` finds every module; the class answers to its name here as well."""

from typing import Any


def __getattr__(name: str) -> Any:
    # Imported lazily: a class bound here would be all that the test loader sees of the package.
    if name == "WhatsAppClientTestCase":
        from integrations.tests.test_client import WhatsAppClientTestCase

        return WhatsAppClientTestCase
    raise AttributeError(name)
