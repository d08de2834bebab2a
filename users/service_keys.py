"""Keys of other systems: made once, shown once, checked by hash."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from tenants.models import Tenant
from tenants.services import default_tenant
from users.models import ServiceKey

_SCOPE = re.compile(r"[a-z_]+:[a-z_]+")
_SECRET_BYTES = 32
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


def create_service_key(
    name: str, scopes: Sequence[str], *, tenant: Tenant | None = None, expires_at: datetime | None = None
) -> tuple[ServiceKey, str]:
    """A new key and its text `prefix.secret`, which is not kept and cannot be shown again.

    Raises ValueError for a scope that is not spelled like `wallet:cash`, and for none at all.
    """
    if not scopes:
        raise ValueError("A key needs at least one scope, such as wallet:cash.")
    for scope in scopes:
        if not _SCOPE.fullmatch(scope):
            raise ValueError(f"{scope!r} is not a scope: write it like wallet:cash.")
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(_SECRET_BYTES)
    key = ServiceKey.objects.create(
        tenant=tenant or default_tenant(),
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    return key, f"{prefix}.{secret}"


def find_service_key(text: str) -> ServiceKey | None:
    """The key that `prefix.secret` belongs to, unless it is wrong, revoked or expired; notes its use."""
    prefix, _, secret = text.strip().partition(".")
    key = ServiceKey.objects.select_related("tenant").filter(prefix=prefix, revoked_at=None).first()
    if key is None or not hmac.compare_digest(key.secret_hash, _hash(secret)):
        return None
    now = timezone.now()
    if key.expires_at and key.expires_at <= now:
        return None
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _USE_IS_NOTED_EVERY)
    ServiceKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    return key


def _hash(secret: str) -> str:
    # A fast hash is enough for 256 random bits.
    return hashlib.sha256(secret.encode()).hexdigest()
