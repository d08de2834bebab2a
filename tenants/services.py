from __future__ import annotations

from tenants.alerts import raise_alert, resolve_alert
from tenants.models import Tenant
from tenants.remembering import Remembered

__all__ = ("DEFAULT_SLUG", "default_tenant", "raise_alert", "resolve_alert", "send_rates")

DEFAULT_SLUG = "ovii"


def default_tenant() -> Tenant:
    """The tenant that messages belong to when no other is named; migrations create it."""
    return Tenant.objects.get(slug=DEFAULT_SLUG)


@Remembered
def send_rates() -> dict[int, float]:
    """Messages per second by tenant, for those that have a limit of their own."""
    rates = Tenant.objects.filter(messages_per_second__isnull=False).values_list("pk", "messages_per_second")
    return {tenant_id: rate for tenant_id, rate in rates if rate}
