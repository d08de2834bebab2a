from __future__ import annotations

from tenants.models import Tenant

DEFAULT_SLUG = "ovii"


def default_tenant() -> Tenant:
    """The tenant that messages belong to when no other is named; migrations create it."""
    return Tenant.objects.get(slug=DEFAULT_SLUG)
