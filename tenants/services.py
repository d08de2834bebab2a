from __future__ import annotations

from tenants.alerts import raise_alert, resolve_alert
from tenants.models import Tenant

__all__ = ("DEFAULT_SLUG", "default_tenant", "raise_alert", "resolve_alert")

DEFAULT_SLUG = "ovii"


def default_tenant() -> Tenant:
    """The tenant that messages belong to when no other is named; migrations create it."""
    return Tenant.objects.get(slug=DEFAULT_SLUG)
