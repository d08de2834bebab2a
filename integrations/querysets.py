from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.db import models
from django.db.models import Q

from integrations.credentials import Credentials, environment_credentials

_cached: tuple[float, Credentials] | None = None


def forget_credentials(**_: object) -> None:
    """The next reader asks the database again."""
    global _cached
    _cached = None


setting_changed.connect(forget_credentials)


class WhatsAppConfigQuerySet(models.QuerySet[Any]):
    def current_credentials(self) -> Credentials:
        """The credentials in force, at most CREDENTIALS_CACHE_SECONDS old.

        The active row wins over the environment. waba_id, phone_number_id and access_token come from one
        source together; app secrets, verify token and version fall back singly where the row is empty.
        """
        global _cached
        if _cached and time.monotonic() - _cached[0] < settings.CREDENTIALS_CACHE_SECONDS:
            return _cached[1]
        credentials = self.read_credentials()
        _cached = (time.monotonic(), credentials)
        return credentials

    def usable_credentials(self) -> Credentials:
        """The same; empty ones where no key opens the active row."""
        try:
            return self.current_credentials()
        except ImproperlyConfigured:
            return Credentials()

    def read_credentials(self) -> Credentials:
        """The same, straight from the database."""
        environment = environment_credentials()
        row = self.filter(is_active=True).first()
        if row is None:
            return environment
        return Credentials(
            waba_id=row.waba_id,
            phone_number_id=row.phone_number_id,
            access_token=row.access_token,
            app_secret=row.app_secret or environment.app_secret,
            previous_app_secrets=(row.app_secret_previous,)
            if row.app_secret_previous
            else environment.previous_app_secrets,
            webhook_verify_token=row.webhook_verify_token or environment.webhook_verify_token,
            api_version=row.api_version or environment.api_version,
            source="database",
        )


class WhatsAppTemplateQuerySet(models.QuerySet[Any]):
    def usable(self) -> WhatsAppTemplateQuerySet:
        """Those that Meta accepts a send of: approved, and not refused since."""
        return self.filter(status="APPROVED", refused_at=None)


class WebhookEventQuerySet(models.QuerySet[Any]):
    def undrained(self) -> WebhookEventQuerySet:
        """Everything that has not been understood and applied yet, parked ones included."""
        return self.exclude(status="DONE")

    def awaited(self) -> WebhookEventQuerySet:
        """What the drain will take now or later: without those that are parked for good."""
        return self.undrained().filter(Q(status="PENDING") | Q(next_attempt_at__isnull=False))

    def due(self, now: datetime) -> WebhookEventQuerySet:
        """What the drain takes: fresh rows, and parked ones whose time has come."""
        return self.undrained().filter(Q(status="PENDING") | Q(next_attempt_at__lte=now))

    def of_kind(self, kind: str) -> WebhookEventQuerySet:
        """Those that the drain found to hold this: a word of `webhook_kinds`."""
        return self.filter(kinds__contains=kind)

    def parked(self) -> WebhookEventQuerySet:
        return self.filter(status="PARKED")
