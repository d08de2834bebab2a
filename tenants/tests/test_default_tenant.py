from __future__ import annotations

from django.db import IntegrityError, transaction
from django.test import TestCase

from tenants.models import Tenant
from tenants.services import default_tenant


class DefaultTenantTests(TestCase):
    def test_ovii_is_there_after_migrate(self) -> None:
        tenant = default_tenant()
        self.assertEqual((tenant.name, tenant.slug, tenant.default_language), ("Ovii", "ovii", "en_US"))
        self.assertTrue(tenant.is_active and tenant.whatsapp_enabled)

    def test_two_tenants_never_share_a_slug(self) -> None:
        with self.assertRaises(IntegrityError), transaction.atomic():
            Tenant.objects.create(name="Another", slug="ovii")
