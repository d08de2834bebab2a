"""System checks: what is missing or unwise is a warning, what cannot be used at all an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from integrations import conf, redis_address
from integrations.buckets import in_redis
from integrations.credentials import Credentials, environment_credentials
from integrations.models import WhatsAppConfig
from integrations.whatsapp.lint import lint
from integrations.whatsapp_templates import convert_template_to_meta_format, get_all_templates

WHERE = "the admin under WhatsApp Configurations, or in the environment as "
NAMES = {
    "waba_id": "WHATSAPP_WABA_ID",
    "phone_number_id": "WHATSAPP_PHONE_NUMBER_ID",
    "access_token": "WHATSAPP_ACCESS_TOKEN",
}


@register("integrations")
def check_values(**_: Any) -> list[CheckMessage]:
    """Values that nothing can work with."""
    return [*_version(settings.WHATSAPP_API_VERSION), *_graph_url(), *_encryption_keys()]


@register("integrations")
def check_credentials(**_: Any) -> list[CheckMessage]:
    """What sending, templates and webhooks lack.

    Before the first migrate there is no table, and a test run has no database yet: the environment counts.
    """
    try:
        in_force = WhatsAppConfig.objects.read_credentials
        credentials = environment_credentials() if settings.TESTING else in_force()
    except DatabaseError:
        credentials = environment_credentials()
    except ImproperlyConfigured as error:
        return [Warning(f"Stored credentials cannot be read: {error}", id="integrations.W007")]
    return [*_missing(credentials), *_app_secret(credentials)]


@register("integrations")
def check_limits(**_: Any) -> list[CheckMessage]:
    """Where rate limits are kept; Redis itself is not asked."""
    url = settings.RATE_LIMIT_URL
    if url and redis_address.database(url) is None:
        return [
            Error(
                "RATE_LIMIT_URL is no address of a Redis database.",
                hint="Write it like redis://redis.example.com:6379/1, or leave it empty to use the database.",
                id="integrations.E004",
            )
        ]
    if url and redis_address.same_database(url, settings.CELERY_BROKER_URL):
        return [
            Warning(
                "Broker and rate limits share one Redis database: whoever empties the queues empties the limits.",
                hint="Give RATE_LIMIT_URL another database number than CELERY_BROKER_URL.",
                id="integrations.W008",
            )
        ]
    return []


@register("integrations", deploy=True)
def check_eviction(**_: Any) -> list[CheckMessage]:
    """Whether that Redis keeps what it was given. One that does not answer, or may not be asked, is not judged."""
    if not settings.RATE_LIMIT_URL:
        return []
    try:
        policy = str(in_redis.client(settings.RATE_LIMIT_URL).info("memory").get("maxmemory_policy", "noeviction"))
    except in_redis.RedisBuckets.failures:
        return []
    if policy == "noeviction":
        return []
    return [
        Warning(
            f"The Redis of the rate limits has maxmemory-policy {policy}: a full one forgets limits and pauses.",
            hint="Set maxmemory-policy noeviction there.",
            id="integrations.W009",
        )
    ]


@register("templates")
def check_templates(**_: Any) -> list[CheckMessage]:
    """Our own definitions against Meta's rules."""
    return [
        Warning(f"{name}, {finding.where}: {finding.message}", id="integrations.W006")
        for name in get_all_templates()
        for finding in lint(convert_template_to_meta_format(name))
    ]


def _version(version: str) -> Iterator[CheckMessage]:
    if problem := conf.version_problem(version):
        yield Error(problem, hint="Correct WHATSAPP_API_VERSION.", id="integrations.E001")
    elif retired := conf.retired_version(version):
        yield Warning(retired, hint=f"Live: {', '.join(conf.LIVE_VERSIONS)}.", id="integrations.W003")


def _graph_url() -> Iterator[CheckMessage]:
    url = settings.WHATSAPP_GRAPH_URL
    if problem := conf.graph_url_problem(url):
        yield Error(problem, hint="Remove WHATSAPP_GRAPH_URL to use Meta's.", id="integrations.E002")
    elif not settings.DEBUG and not settings.TESTING and url.rstrip("/") != conf.META_GRAPH_URL:
        yield Warning(
            f"Messages go to {url}, not to Meta.",
            hint="Remove WHATSAPP_GRAPH_URL in production.",
            id="integrations.W005",
        )


def _encryption_keys() -> Iterator[CheckMessage]:
    for number, key in enumerate(settings.FIELD_ENCRYPTION_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield Error(
                f"Key {number} of FIELD_ENCRYPTION_KEYS is no Fernet key: 32 bytes in URL-safe base64.",
                hint="Make one: python -c 'from cryptography.fernet import Fernet; "
                "print(Fernet.generate_key().decode())'",
                id="integrations.E003",
            )


def _missing(credentials: Credentials) -> Iterator[CheckMessage]:
    missing = [name for name in NAMES if not getattr(credentials, name)]
    if not missing:
        return
    names = ", ".join(NAMES[name] for name in missing)
    if len(missing) == len(NAMES):
        yield Warning(
            "No WhatsApp credentials: messages wait.",
            hint=f"Enter them in {WHERE}{names}.",
            id="integrations.W001",
        )
    else:
        yield Warning(
            f"The WhatsApp credentials ({credentials.source}) are incomplete: {', '.join(missing)} missing.",
            hint=f"Enter it in {WHERE}{names}.",
            id="integrations.W002",
        )


def _app_secret(credentials: Credentials) -> Iterator[CheckMessage]:
    if credentials.complete and not credentials.app_secret:
        yield Warning(
            "No app secret: every webhook is refused, so no message is ever seen as delivered.",
            hint=f"Enter it in {WHERE}WHATSAPP_APP_SECRET.",
            id="integrations.W004",
        )
