"""Settings of this app, read when used; what they must look like; warnings that are said once."""

from __future__ import annotations

import logging
import os
import re
from urllib.parse import urlsplit

import certifi
from django.conf import settings

from integrations.exceptions import Misconfigured

logger = logging.getLogger(__name__)

META_GRAPH_URL = "https://graph.facebook.com"
# Meta, Graph API, Changelog: the versions that answered in November 2026.
LIVE_VERSIONS = ("v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0")
# Pooled connections that rested longer may have been dropped by something in between.
IDLE_SECONDS = 20.0
POOL_SIZE = 256

_VERSION = re.compile(r"v(\d{1,3})\.\d{1,2}")
_warned: set[tuple[int, str]] = set()


def warn_once(key: str, message: str, *args: object) -> None:
    """Log a WARNING the first time that this process meets `key`."""
    mark = (os.getpid(), key)
    if mark not in _warned:
        _warned.add(mark)
        logger.warning(message, *args)


def forget_warnings() -> None:
    """Say everything once more; a test begins so."""
    _warned.clear()


def version_problem(version: str) -> str:
    """Why `version` cannot be used at all; empty when it can."""
    if _VERSION.fullmatch(version):
        return ""
    return f"{version!r} is not a Graph API version: write it like {LIVE_VERSIONS[-2]}."


def retired_version(version: str) -> str:
    """What to tell about a well-formed version that Meta no longer serves; empty for live and newer ones."""
    match = _VERSION.fullmatch(version)
    oldest = int(LIVE_VERSIONS[0][1:].split(".")[0])
    if not match or int(match[1]) >= oldest:
        return ""
    return (
        f"Graph API {version} is retired: Meta answers it with a version of its choice or refuses it. "
        f"Set WHATSAPP_API_VERSION, or API Version in the admin, to one of {', '.join(LIVE_VERSIONS)}."
    )


def graph_url_problem(url: str) -> str:
    """Why the base URL cannot be used; empty when it can."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if usable and not (parts.query or parts.fragment):
        return ""
    return f"WHATSAPP_GRAPH_URL {url!r} is not an http(s) address: write it like {META_GRAPH_URL}."


def graph_base(version: str) -> str:
    """`https://graph.facebook.com/v25.0`. Raises Misconfigured; a retired version is warned of once."""
    problem = graph_url_problem(settings.WHATSAPP_GRAPH_URL) or version_problem(version)
    if problem:
        raise Misconfigured(problem)
    if retired := retired_version(version):
        warn_once(f"retired {version}", retired)
    return f"{settings.WHATSAPP_GRAPH_URL.rstrip('/')}/{version}"


def timeouts() -> tuple[float, float]:
    """Seconds to connect and seconds to wait for an answer."""
    return settings.WHATSAPP_CONNECT_TIMEOUT_SECONDS, settings.WHATSAPP_READ_TIMEOUT_SECONDS


def ca_bundle() -> str:
    """The roots that Graph's certificate must chain to; WHATSAPP_CA_BUNDLE replaces certifi's."""
    return getattr(settings, "WHATSAPP_CA_BUNDLE", "") or certifi.where()
